// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "match/lint.h"

namespace nameward {
namespace {

bool IsEmpty(const ValueList& list) {
  return list.domains.items().empty() && list.domains.patterns().empty() &&
         list.networks.empty() && list.ports.empty() && list.numbers.empty() &&
         list.strings.empty();
}

// Whether the tree can never be true: a value is asked for from empty lists.
bool IsDead(const PolicyTree& policy, uint32_t index) {
  const MatchNode& node = policy.nodes[index];
  const auto dead = [&](uint32_t child) { return IsDead(policy, child); };
  const auto& children = node.children;
  switch (node.kind) {
    case MatchNode::Kind::kLeaf:
      return !node.leaf.negated &&
             std::all_of(
                 node.leaf.lists.begin(), node.leaf.lists.end(),
                 [&](uint32_t list) { return IsEmpty(policy.lists[list]); });
    case MatchNode::Kind::kAll:
      return std::any_of(children.begin(), children.end(), dead);
    case MatchNode::Kind::kAny:
      return std::all_of(children.begin(), children.end(), dead);
    case MatchNode::Kind::kNot:
      break;
  }
  return false;
}

void LintException(const RuleException& exception, WallTime now,
                   Reporter& reporter) {
  const std::string what = "exception '" + exception.name + "'";
  if (exception.expires && *exception.expires <= now)
    reporter.Warn(exception.place, "R106",
                  {what, "it has expired and excepts nothing any more",
                   "remove it, or give it a later day"});
  if (exception.owner.empty() || !exception.expires)
    reporter.Warn(
        exception.place, "R111",
        {what, exception.owner.empty() ? "nobody owns it" : "it holds for ever",
         exception.owner.empty() ? "add 'owner: team'"
                                 : "add 'expires: 2026-12-31'"});
}

}  // namespace

void LintRules(const PolicyTree& policy, WallTime now, Diagnostics& out) {
  for (const Rule& rule : policy.rules) {
    Reporter reporter(rule.path, out);
    const std::string what = "rule '" + rule.info->id + "'";
    if (!rule.tested)
      reporter.Warn(rule.place, "R107",
                    {what, "no test shows that it fires", "add 'tests:'"});
    if (rule.info->mode == RuleMode::kOff)
      reporter.Warn(rule.place, "R108",
                    {what, "it is off", "use dry_run, or remove it"});
    else if (rule.match && IsDead(policy, *rule.match))
      reporter.Warn(rule.place, "R108",
                    {what, "it can never fire: a list that it asks is empty",
                     "fill the list, or remove the rule"});
    for (const RuleException& exception : rule.exceptions)
      LintException(exception, now, reporter);
  }
}

}  // namespace nameward
