// SPDX-License-Identifier: Apache-2.0
// What is legal in a policy but most likely not meant: warnings R101 ….
#ifndef NAMEWARD_MATCH_LINT_H_
#define NAMEWARD_MATCH_LINT_H_

#include "match/policy.h"

namespace nameward {

void LintRules(const PolicyTree& policy, WallTime now, Diagnostics& out);
void LintLists(const PolicyTree& policy, Diagnostics& out);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_LINT_H_
