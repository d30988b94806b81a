// SPDX-License-Identifier: Apache-2.0
// What `nameward doctor` says beside what the kernel offers (node_probe.h):
// the process's confinement, the pod that it runs in, its files, its port, the
// kubelet.
//
// Each fact comes from trying, not from what a manifest says, and nothing is
// changed by it.  None ever fails.
#ifndef NAMEWARD_APP_DOCTOR_FACTS_H_
#define NAMEWARD_APP_DOCTOR_FACTS_H_

#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "app/surroundings.h"
#include "base/result.h"
#include "kube/pod_list_json.h"
#include "source/node_probe.h"

namespace nameward {

// Seccomp, Landlock, the clock.
std::vector<NodeFact> ConfinementFacts();
// The downward API's variables and the service account; none outside a pod.
std::vector<NodeFact> PodEnvironmentFacts(const PodEnvironment& pod,
                                          bool in_pod);
// resolvers, policy, whether a changed policy will be seen, metrics.listen.
std::vector<NodeFact> SettingFacts(const Settings& settings);
// One look at the pods, as a run would take it.
std::vector<NodeFact> PodFacts(const Settings& settings, bool in_pod);

// The parts, pure: of what was read or tried.
// `status`: text of /proc/self/status; `bpf_errno`: of an allowed bpf(2).
NodeFact SeccompFact(std::string_view status, int bpf_errno);
NodeFact LandlockFact(int abi);
// `own_uid`: of the sensor's own pod; empty: not told.
NodeFact PodListFact(const PodSnapshot& pods, const std::string& own_uid);

}  // namespace nameward

#endif  // NAMEWARD_APP_DOCTOR_FACTS_H_
