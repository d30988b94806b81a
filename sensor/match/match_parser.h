// SPDX-License-Identifier: Apache-2.0
// A rule's `match:` and its exceptions' into trees of typed leaves.
#ifndef NAMEWARD_MATCH_MATCH_PARSER_H_
#define NAMEWARD_MATCH_MATCH_PARSER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "match/policy.h"
#include "match/report.h"
#include "match/yaml_tree.h"

namespace nameward {

using ListIndex = std::unordered_map<std::string, uint32_t>;

class MatchParser {
 public:
  MatchParser(PolicyTree& policy, const ListIndex& lists, EventKind event,
              Reporter& reporter)
      : policy_(policy), lists_(lists), event_(event), reporter_(reporter) {}

  // The root's index in policy.nodes; nullopt: reported.
  std::optional<uint32_t> Parse(const YamlNode& node);

 private:
  using Children = std::vector<uint32_t>;

  void ParseMember(const YamlMember& member, const std::string& prefix,
                   Children& out);
  void ParseBranch(const YamlMember& member, MatchNode::Kind kind,
                   Children& out);
  void ParseNot(const YamlNode& node, Children& out);
  void ParseField(const YamlMember& member, const std::string& name,
                  Children& out);
  void ParseOperators(const Field& field, const YamlNode& map, Children& out);
  void AddLeaf(const Field& field, const YamlNode& values, bool negated,
               Children& out);
  void AddPatternLeaf(const Field& field, const YamlNode& map, Children& out);
  void AddReference(const Field& field, const YamlNode& item, Leaf& leaf);
  std::optional<uint32_t> Join(MatchNode::Kind kind, Children children,
                               Place place);
  bool KnownHere(const Field* field, const std::string& name, Place place);

  PolicyTree& policy_;
  const ListIndex& lists_;
  EventKind event_;
  Reporter& reporter_;
};

// What a field's values are kept as.
ListType ListTypeOf(const Field& field);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_MATCH_PARSER_H_
