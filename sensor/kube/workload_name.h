// SPDX-License-Identifier: Apache-2.0
// Which workload a pod belongs to, told from the pod's object alone: the API
// server is never asked.  Pure.
#ifndef NAMEWARD_KUBE_WORKLOAD_NAME_H_
#define NAMEWARD_KUBE_WORKLOAD_NAME_H_

#include <map>
#include <string>
#include <string_view>

namespace nameward {

struct PodOwner {
  std::string kind;
  std::string name;
};

// What of a pod's object tells its workload.
struct PodOrigin {
  std::string_view pod_name;
  std::string_view node_name;  // spec.nodeName
  bool is_static = false;      // from a file or URL of the kubelet's
  PodOwner owner;              // the controlling one; empty if there is none
};

// Kind/name: the owner, seen through the object between where that tells its
// own owner's name (a ReplicaSet's Deployment, a Job's CronJob); the pod itself
// if nobody owns it, a static pod without its node's name.
std::string WorkloadName(const PodOrigin& origin,
                         const std::map<std::string, std::string>& labels);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_WORKLOAD_NAME_H_
