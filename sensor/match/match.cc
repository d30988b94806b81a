// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"

#include "match/rule_tests.h"

namespace nameward {

class CompiledRules {
 public:
  std::string set_id;
};

RuleLoad::RuleLoad() = default;
RuleLoad::~RuleLoad() = default;
RuleLoad::RuleLoad(RuleLoad&&) noexcept = default;
RuleLoad& RuleLoad::operator=(RuleLoad&&) noexcept = default;

RuleSet::RuleSet(std::unique_ptr<CompiledRules> rules)
    : rules_(std::move(rules)) {}
RuleSet::~RuleSet() = default;

void RuleSet::Match(const Event&, const MatchContext&,
                    std::vector<Finding>&) const {}

const std::string& RuleSet::set_id() const { return rules_->set_id; }
size_t RuleSet::rule_count() const { return 0; }
MatchStats RuleSet::stats() const { return {}; }
std::vector<RuleCounters> RuleSet::counters() const { return {}; }

RuleLoad LoadRules(const std::vector<RuleSource>&, const RuleLoadOptions&) {
  RuleLoad load;
  load.set = std::make_shared<RuleSet>(std::make_unique<CompiledRules>());
  return load;
}

}  // namespace nameward
