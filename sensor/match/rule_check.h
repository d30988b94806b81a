// SPDX-License-Identifier: Apache-2.0
// `nameward rules check`: all errors of a policy, and what is legal but most
// likely not meant (R101 …, docs/rules.md).  A comment of the same line or of
// the line above silences one, with a reason:
//
//   - .github.io   # lint:ignore R103 every project page is fine
//
// Cost: 2,000 rules and 100,000 items in less than 2 s.
#ifndef NAMEWARD_MATCH_RULE_CHECK_H_
#define NAMEWARD_MATCH_RULE_CHECK_H_

#include <vector>

#include "match/match.h"

namespace nameward {

// `now`: for exceptions that have expired.
Diagnostics RunRuleCheck(const std::vector<RuleSource>& files,
                         const RuleLoadOptions& options, WallTime now);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_RULE_CHECK_H_
