// SPDX-License-Identifier: Apache-2.0
// Rule files into a PolicyTree.  All files are read before a word is said, so a
// rule may use a list of another file and its author sees every error at once.
#ifndef NAMEWARD_MATCH_RULE_PARSER_H_
#define NAMEWARD_MATCH_RULE_PARSER_H_

#include <string>
#include <vector>

#include "match/match.h"
#include "match/policy.h"

namespace nameward {

// Of one policy: a cluster's worth, and a bound on what a mistake can ask for.
inline constexpr size_t kMaxRules = 20'000;
// Named and inline: the domain table counts a name's lists in 16 bits.
inline constexpr size_t kMaxLists = 65'000;

struct ParsedPolicy {
  PolicyTree policy;
  Diagnostics diagnostics;
  std::string set_id;
};

ParsedPolicy ParsePolicy(const std::vector<RuleSource>& files,
                         const RuleLoadOptions& options);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_RULE_PARSER_H_
