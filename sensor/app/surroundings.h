// SPDX-License-Identifier: Apache-2.0
// What a live run finds around itself: the pod that it may run in, and the
// Context, which is what this node says of itself and the settings.
#ifndef NAMEWARD_APP_SURROUNDINGS_H_
#define NAMEWARD_APP_SURROUNDINGS_H_

#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "model/context.h"

namespace nameward {

// What a pod is told of itself by the downward API; empty: not told.
struct PodEnvironment {
  std::string node_name;     // NODE_NAME: spec.nodeName
  std::string host_ip;       // HOST_IP: status.hostIP, or hostIPs with commas
  std::string pod_ip;        // POD_IP: status.podIP
  std::string pod_uid;       // POD_UID: metadata.uid
  std::string api_host;      // KUBERNETES_SERVICE_HOST
  bool has_account = false;  // a service account's token and CA are mounted
};
PodEnvironment ReadPodEnvironment();
// Kubernetes started this process.
bool InPod();
// In a pod it should have been asked, but something that it needs is not there.
bool LacksKubelet(const Settings& settings);

// The defaults that a pod has and another process has not.
Status ApplyEnvironment(const PodEnvironment& pod, Settings& settings);

// machine-id(5): 32 hex digits, lower case.
bool IsMachineId(std::string_view text);

// Reads machine id and boot id and, unless they are configured, the node's
// addresses, and the resolv.conf of sensor and node: before the rights are
// dropped.  What can't be read is left empty, as is `attached`.
Context LiveContext(const Settings& settings);

}  // namespace nameward

#endif  // NAMEWARD_APP_SURROUNDINGS_H_
