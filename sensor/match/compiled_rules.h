// SPDX-License-Identifier: Apache-2.0
// What a PolicyTree becomes: rules by kind of event, trees in flat arrays with
// the cheapest leaves first, lists ready to be asked.  Behind RuleSet.
#ifndef NAMEWARD_MATCH_COMPILED_RULES_H_
#define NAMEWARD_MATCH_COMPILED_RULES_H_

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "match/compiled_list.h"
#include "match/domain_index.h"
#include "match/event_fields.h"
#include "match/match.h"
#include "match/policy.h"
#include "match/scope.h"

namespace nameward {

enum class Truth : uint8_t { kFalse, kUnknown, kTrue };

class CompiledRules {
 public:
  // Workloads whose scopes are remembered: ten times a full node's pods.
  static constexpr size_t kMaxWorkloads = 2'560;

  CompiledRules(PolicyTree policy, std::string set_id);

  void Match(const Event& event, const MatchContext& context,
             std::vector<Finding>& out);

  const std::string& set_id() const { return set_id_; }
  const std::vector<Rule>& rules() const { return rules_; }
  MatchStats stats() const;
  const std::vector<RuleCounters>& counters() const { return counters_; }

 private:
  // Which lists the names of one field stand in, for the event at hand.
  struct NameHits {
    uint64_t event = 0;  // when it was drawn
    bool present = false;
    std::vector<uint32_t> lists;
    std::vector<uint64_t> seen;  // by list: the event that hit it
  };
  // What is known of one workload.
  struct WorkloadScopes {
    WorkloadRef keep;             // so that the pointer stays its own
    std::vector<InScope> scopes;  // by rule
    // Rules in scope that a name alone can't rule out, by kind of event.
    std::array<std::vector<uint32_t>, kEventKinds> open;
  };

  void OrderByCost();
  uint32_t GateOf(const Rule& rule) const;
  const WorkloadScopes& ScopesOf(const WorkloadRef& workload, bool kubernetes);
  void CollectCandidates(EventKind kind, const WorkloadScopes& scopes);
  void MatchRule(uint32_t rule, const WorkloadScopes& scopes,
                 std::vector<Finding>& out);
  bool Excepted(const Rule& rule);
  Truth Evaluate(uint32_t node);
  Truth EvaluateLeaf(const Leaf& leaf);
  Truth EvaluateNames(const Leaf& leaf);
  NameHits& HitsOf(FieldId field);
  Finding MakeFinding(const Rule& rule, bool scope_unknown);
  std::string Cause(uint32_t node) const;
  std::string Reason(const Rule& rule);

  std::string set_id_;
  std::vector<Rule> rules_;
  std::vector<MatchNode> nodes_;
  std::vector<CompiledList> lists_;
  DomainIndex domains_;
  std::array<std::vector<uint32_t>, kEventKinds> by_kind_;
  std::vector<bool> gated_;  // by rule: needs a hit of qname
  std::unordered_map<uint32_t, std::vector<uint32_t>> gated_by_list_;

  // Of the event at hand.
  const Event* event_ = nullptr;
  const MatchContext* context_ = nullptr;
  uint64_t event_number_ = 0;
  EventFields fields_;
  // By FieldId: names come first.
  std::array<NameHits, static_cast<size_t>(FieldId::kLastName) + 1> name_hits_;
  std::vector<uint32_t> candidates_;

  std::unordered_map<const Workload*, WorkloadScopes> workloads_;
  bool kubernetes_ = false;
  MatchStats stats_;
  std::vector<RuleCounters> counters_;
};

}  // namespace nameward

#endif  // NAMEWARD_MATCH_COMPILED_RULES_H_
