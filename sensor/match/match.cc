// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"

#include <utility>

#include "match/compiled_rules.h"
#include "match/rule_parser.h"
#include "match/rule_tests.h"

namespace nameward {

RuleLoad::RuleLoad() = default;
RuleLoad::~RuleLoad() = default;
RuleLoad::RuleLoad(RuleLoad&&) noexcept = default;
RuleLoad& RuleLoad::operator=(RuleLoad&&) noexcept = default;

RuleSet::RuleSet(std::unique_ptr<CompiledRules> rules)
    : rules_(std::move(rules)) {}
RuleSet::~RuleSet() = default;

void RuleSet::Match(const Event& event, const MatchContext& context,
                    std::vector<Finding>& out) const {
  rules_->Match(event, context, out);
}

const std::string& RuleSet::set_id() const { return rules_->set_id(); }
size_t RuleSet::rule_count() const { return rules_->rules().size(); }
MatchStats RuleSet::stats() const { return rules_->stats(); }
std::vector<RuleCounters> RuleSet::counters() const {
  return rules_->counters();
}

RuleLoad LoadRules(const std::vector<RuleSource>& files,
                   const RuleLoadOptions& options) {
  ParsedPolicy parsed = ParsePolicy(files, options);
  RuleLoad load;
  load.diagnostics = std::move(parsed.diagnostics);
  Sort(load.diagnostics);
  load.tests = std::move(parsed.policy.tests);
  if (HasErrors(load.diagnostics)) return load;
  load.set = std::make_shared<RuleSet>(std::make_unique<CompiledRules>(
      std::move(parsed.policy), std::move(parsed.set_id)));
  return load;
}

}  // namespace nameward
