// SPDX-License-Identifier: Apache-2.0
// Lists, and the values that stand in a leaf: one syntax for both.
#ifndef NAMEWARD_MATCH_LIST_PARSER_H_
#define NAMEWARD_MATCH_LIST_PARSER_H_

#include <string_view>

#include "match/match.h"
#include "match/policy.h"
#include "match/report.h"
#include "match/yaml_tree.h"

namespace nameward {

// A list's file: 2 million domains.
inline constexpr size_t kMaxListBytes = size_t{64} << 20;

// One entry of `lists:`.  Appends to policy.lists unless it has no name.
void ParseList(const YamlNode& node, const RuleLoadOptions& options,
               PolicyTree& policy, Reporter& reporter, uint64_t& content_hash);

// One item of a list or a leaf; `field` for kNumber, else null.
void ParseItem(const YamlNode& node, const Field* field, ValueList& list,
               Reporter& reporter);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_LIST_PARSER_H_
