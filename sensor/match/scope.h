// SPDX-License-Identifier: Apache-2.0
// Whether a rule speaks of a workload: in, out, or not to be known yet.
#ifndef NAMEWARD_MATCH_SCOPE_H_
#define NAMEWARD_MATCH_SCOPE_H_

#include "match/policy.h"
#include "model/workload.h"

namespace nameward {

enum class InScope : uint8_t { kNo, kUnknown, kYes };

// `workload` may be null: not known yet.  With `kubernetes` a container without
// a pod is one whose pod is not known yet; without, it is in none.
InScope Decide(const Scope& scope, const Workload* workload, bool kubernetes);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_SCOPE_H_
