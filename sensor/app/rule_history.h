// SPDX-License-Identifier: Apache-2.0
// What a rule's test knows of the past: each gets a history of its own, where
// the DNS events before a connect explain it, as on a node of a cluster
// (cluster.local) that has watched the pod since its birth.
#ifndef NAMEWARD_APP_RULE_HISTORY_H_
#define NAMEWARD_APP_RULE_HISTORY_H_

#include "match/rule_tests.h"

namespace nameward {

PrepareEvent FreshHistory(const RuleTest& test);

}  // namespace nameward

#endif  // NAMEWARD_APP_RULE_HISTORY_H_
