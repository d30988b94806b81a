// SPDX-License-Identifier: Apache-2.0
#include "match/compiled_rules.h"

#include <algorithm>
#include <utility>

namespace nameward {
namespace {

constexpr uint32_t kNoGate = UINT32_MAX;

// In the order of what a leaf costs.
int CostOf(const MatchNode& node) {
  if (node.kind != MatchNode::Kind::kLeaf) return 5;
  switch (node.leaf.field->type) {
    case ValueType::kDomain:
      return 2;
    case ValueType::kString:
      return 3;
    case ValueType::kIp:
    case ValueType::kPort:
      return 1;
    default:
      // These ask the public suffix list.
      return node.leaf.field->id == FieldId::kQnameSubLength ||
                     node.leaf.field->id == FieldId::kQnameEntropy
                 ? 4
                 : 0;
  }
}

Truth Not(Truth truth) {
  return static_cast<Truth>(2 - static_cast<int>(truth));
}
Truth FromBool(bool value) { return value ? Truth::kTrue : Truth::kFalse; }

}  // namespace

CompiledRules::CompiledRules(PolicyTree policy, std::string set_id)
    : set_id_(std::move(set_id)),
      rules_(std::move(policy.rules)),
      nodes_(std::move(policy.nodes)),
      domains_(policy.lists) {
  lists_.reserve(policy.lists.size());
  for (const ValueList& list : policy.lists) lists_.emplace_back(list);
  OrderByCost();
  gated_.resize(rules_.size());
  for (uint32_t i = 0; i < rules_.size(); ++i) {
    Rule& rule = rules_[i];
    rule.info->set_id = set_id_;
    counters_.push_back({rule.info->id, 0, 0, 0});
    if (rule.info->mode == RuleMode::kOff) continue;
    by_kind_[static_cast<size_t>(rule.event)].push_back(i);
    const uint32_t gate = GateOf(rule);
    if (gate == kNoGate) continue;
    gated_[i] = true;
    for (const uint32_t list : nodes_[gate].leaf.lists)
      gated_by_list_[list].push_back(i);
  }
}

void CompiledRules::OrderByCost() {
  for (MatchNode& node : nodes_)
    std::stable_sort(node.children.begin(), node.children.end(),
                     [&](uint32_t a, uint32_t b) {
                       return CostOf(nodes_[a]) < CostOf(nodes_[b]);
                     });
}

// A leaf `qname in …` without which the rule can't fire: events whose name
// stands in none of its lists need not ask the rule at all.
uint32_t CompiledRules::GateOf(const Rule& rule) const {
  if (!rule.match) return kNoGate;
  const auto is_gate = [&](uint32_t index) {
    const MatchNode& node = nodes_[index];
    return node.kind == MatchNode::Kind::kLeaf &&
           node.leaf.field->id == FieldId::kQname && !node.leaf.negated;
  };
  if (is_gate(*rule.match)) return *rule.match;
  const MatchNode& root = nodes_[*rule.match];
  if (root.kind != MatchNode::Kind::kAll) return kNoGate;
  for (const uint32_t child : root.children)
    if (is_gate(child)) return child;
  return kNoGate;
}

const CompiledRules::WorkloadScopes& CompiledRules::ScopesOf(
    const WorkloadRef& workload, bool kubernetes) {
  const bool outdated = kubernetes != kubernetes_;
  if (outdated || workloads_.size() >= kMaxWorkloads) workloads_.clear();
  kubernetes_ = kubernetes;
  const auto [found, is_new] = workloads_.try_emplace(workload.get());
  WorkloadScopes& scopes = found->second;
  if (!is_new) return scopes;
  scopes.keep = workload;
  scopes.scopes.reserve(rules_.size());
  for (const Rule& rule : rules_)
    scopes.scopes.push_back(Decide(rule.scope, workload.get(), kubernetes));
  for (size_t kind = 0; kind < kEventKinds; ++kind)
    for (const uint32_t rule : by_kind_[kind])
      if (!gated_[rule] && scopes.scopes[rule] != InScope::kNo)
        scopes.open[kind].push_back(rule);
  return scopes;
}

void CompiledRules::CollectCandidates(EventKind kind,
                                      const WorkloadScopes& scopes) {
  const auto& open = scopes.open[static_cast<size_t>(kind)];
  candidates_.assign(open.begin(), open.end());
  if (gated_by_list_.empty() || kind > EventKind::kDnsAnswer) return;
  const NameHits& hits = HitsOf(FieldId::kQname);
  const auto add = [&](uint32_t rule) {
    if (rules_[rule].event == kind && scopes.scopes[rule] != InScope::kNo)
      candidates_.push_back(rule);
  };
  if (!hits.present) {  // then a gate is unknown, not false
    for (const uint32_t rule : by_kind_[static_cast<size_t>(kind)])
      if (gated_[rule]) add(rule);
  }
  for (const uint32_t list : hits.lists) {
    const auto found = gated_by_list_.find(list);
    if (found == gated_by_list_.end()) continue;
    for (const uint32_t rule : found->second) add(rule);
  }
  std::sort(candidates_.begin(), candidates_.end());
  candidates_.erase(std::unique(candidates_.begin(), candidates_.end()),
                    candidates_.end());
}

void CompiledRules::Match(const Event& event, const MatchContext& context,
                          std::vector<Finding>& out) {
  const auto kind = RuleEventKind(event);
  if (!kind || by_kind_[static_cast<size_t>(*kind)].empty()) return;
  ++event_number_;
  event_ = &event;
  context_ = &context;
  fields_.Reset(event, context);
  const WorkloadScopes& scopes =
      ScopesOf(event.origin.workload, context.kubernetes);
  CollectCandidates(*kind, scopes);
  for (const uint32_t rule : candidates_) MatchRule(rule, scopes, out);
}

void CompiledRules::MatchRule(uint32_t index, const WorkloadScopes& scopes,
                              std::vector<Finding>& out) {
  const Rule& rule = rules_[index];
  const Truth truth = rule.match ? Evaluate(*rule.match) : Truth::kTrue;
  RuleCounters& counters = counters_[index];
  if (truth == Truth::kUnknown) ++counters.unknown;
  if (truth != Truth::kTrue) return;
  if (Excepted(rule)) {
    ++counters.excepted;
    return;
  }
  ++counters.fired;
  ++stats_.findings;
  out.push_back(MakeFinding(rule, scopes.scopes[index] == InScope::kUnknown));
}

bool CompiledRules::Excepted(const Rule& rule) {
  for (const RuleException& exception : rule.exceptions) {
    if (Evaluate(exception.match) != Truth::kTrue) continue;
    const WallTime now = context_->offset.ToWall(event_->time);
    if (!exception.expires || now < *exception.expires) return true;
    ++stats_.expired_exceptions;
  }
  return false;
}

Truth CompiledRules::Evaluate(uint32_t index) {
  const MatchNode& node = nodes_[index];
  switch (node.kind) {
    case MatchNode::Kind::kLeaf:
      return EvaluateLeaf(node.leaf);
    case MatchNode::Kind::kNot:
      return Not(Evaluate(node.children[0]));
    default:
      break;
  }
  // `all` is the least of its children, `any` the greatest.
  const bool all = node.kind == MatchNode::Kind::kAll;
  Truth result = all ? Truth::kTrue : Truth::kFalse;
  const Truth decided = Not(result);
  for (const uint32_t child : node.children) {
    const Truth truth = Evaluate(child);
    if (truth == decided) return decided;
    if (truth == Truth::kUnknown) result = Truth::kUnknown;
  }
  return result;
}

CompiledRules::NameHits& CompiledRules::HitsOf(FieldId field) {
  NameHits& hits = name_hits_[static_cast<size_t>(field)];
  if (hits.event == event_number_) return hits;
  hits.event = event_number_;
  hits.lists.clear();
  hits.seen.resize(lists_.size());
  const auto names = fields_.Names(field);
  hits.present = !names.empty();
  domains_.Find(names, hits.lists);
  for (const uint32_t list : hits.lists) hits.seen[list] = event_number_;
  return hits;
}

Truth CompiledRules::EvaluateNames(const Leaf& leaf) {
  const NameHits& hits = HitsOf(leaf.field->id);
  if (!hits.present) return Truth::kUnknown;
  return FromBool(std::any_of(
      leaf.lists.begin(), leaf.lists.end(),
      [&](uint32_t list) { return hits.seen[list] == event_number_; }));
}

// True if any value is in any list; `not_in` is its negation: none is.
Truth CompiledRules::EvaluateLeaf(const Leaf& leaf) {
  const auto any = [&](auto values, auto&& holds) {
    if (values.empty()) return Truth::kUnknown;
    for (const auto& value : values)
      for (const uint32_t list : leaf.lists)
        if (holds(lists_[list], value)) return Truth::kTrue;
    return Truth::kFalse;
  };
  Truth truth = Truth::kUnknown;
  const FieldId id = leaf.field->id;
  switch (leaf.field->type) {
    case ValueType::kDomain:
      truth = EvaluateNames(leaf);
      break;
    case ValueType::kIp:
      truth = any(fields_.Addresses(id), [](const auto& list, const auto& ip) {
        return list.HoldsAddress(ip);
      });
      break;
    case ValueType::kPort:
      truth = any(fields_.Numbers(id), [&](const auto& list, int64_t port) {
        return list.HoldsPort(port, fields_.Protocol());
      });
      break;
    case ValueType::kString:
      truth = any(fields_.Texts(id), [](const auto& list, const auto& text) {
        return list.HoldsText(text);
      });
      break;
    default:
      truth = any(fields_.Numbers(id), [](const auto& list, int64_t number) {
        return list.HoldsNumber(number);
      });
  }
  return leaf.negated ? Not(truth) : truth;
}

MatchStats CompiledRules::stats() const {
  MatchStats stats = stats_;
  stats.events = event_number_;
  stats.pattern_out_of_memory = domains_.out_of_memory();
  for (const CompiledList& list : lists_)
    stats.pattern_out_of_memory += list.out_of_memory();
  return stats;
}

}  // namespace nameward
