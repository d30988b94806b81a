// SPDX-License-Identifier: Apache-2.0
// Rule files as read and checked, before they are compiled: what the parser
// yields, what `rules check` looks at.  Lists and inline values are one thing:
// a leaf names the ValueLists whose union it tests.
#ifndef NAMEWARD_MATCH_POLICY_H_
#define NAMEWARD_MATCH_POLICY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "match/domain_item.h"
#include "match/fields.h"
#include "match/rule_tests.h"
#include "match/values.h"
#include "model/finding.h"

namespace nameward {

enum class ListType : uint8_t {
  kDomain,
  kCidr,
  kPort,
  kProcess,
  kString,
  kNumber,  // inline values only
};
std::string_view ToString(ListType type);

struct ValueList {
  std::string name;  // empty: inline in a leaf
  ListType type = ListType::kString;
  std::string path;  // of the items: the rule file, or the list's own
  Place place;
  DomainItems domains;
  std::vector<NetworkItem> networks;
  std::vector<PortRange> ports;
  std::vector<NumberRange> numbers;
  std::vector<StringItem> strings;
  bool used = false;
};

struct Leaf {
  const Field* field = nullptr;
  bool negated = false;         // not_in
  std::vector<uint32_t> lists;  // in PolicyTree::lists
  std::string text;             // as an author would write it, for the reason
};

// Nodes of all trees of a policy lie in PolicyTree::nodes, children by index.
struct MatchNode {
  enum class Kind : uint8_t { kLeaf, kAll, kAny, kNot };
  Kind kind = Kind::kLeaf;
  Place place;
  Leaf leaf;
  std::vector<uint32_t> children;
};

struct Requirement {  // Kubernetes' matchExpressions
  enum class Operator : uint8_t { kIn, kNotIn, kExists, kDoesNotExist };
  std::string key;
  Operator op = Operator::kExists;
  std::vector<std::string> values;
};

enum class HostScope : uint8_t { kExclude, kInclude, kOnly };

// AND of what is set, OR inside each.
struct Scope {
  std::vector<WildcardText> namespaces;
  std::vector<Requirement> namespace_selector;
  std::vector<Requirement> pod_selector;
  std::vector<WildcardText> workloads;
  std::vector<WildcardText> containers;
  std::vector<WildcardText> excluded_containers;
  std::vector<WildcardText> cgroups;
  std::vector<WildcardText> units;
  HostScope host = HostScope::kExclude;
};

struct RuleException {
  std::string name;
  std::string reason;
  std::string owner;
  Place place;
  std::optional<WallTime> expires;  // the first moment it no longer holds
  uint32_t match = 0;               // in PolicyTree::nodes
};

struct Rule {
  std::shared_ptr<RuleInfo> info;
  std::string path;
  Place place;
  EventKind event = EventKind::kDnsQuery;
  Scope scope;
  std::optional<uint32_t> match;  // none: every event of the kind in scope
  std::vector<RuleException> exceptions;
  std::vector<const Field*> dedup_key;
  bool tested = false;
};

struct PolicyTree {
  std::vector<ValueList> lists;
  std::vector<MatchNode> nodes;
  std::vector<Rule> rules;
  std::vector<RuleTest> tests;
};

}  // namespace nameward

#endif  // NAMEWARD_MATCH_POLICY_H_
