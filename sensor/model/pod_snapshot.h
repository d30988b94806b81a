// SPDX-License-Identifier: Apache-2.0
// What is known of the pods of this node at one moment: made by a pod source
// (kubelet, file), carried to the worker as a record (RecordType::kPods),
// joined with the events in enrich.  A value; never changed once made.
#ifndef NAMEWARD_MODEL_POD_SNAPSHOT_H_
#define NAMEWARD_MODEL_POD_SNAPSHOT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/workload.h"

namespace nameward {

enum class ContainerKind : uint8_t { kRegular, kInit, kSidecar, kEphemeral };

struct PodContainer {
  std::string name;
  std::string image;
  ContainerKind kind = ContainerKind::kRegular;
  // Runtime ids without "containerd://": the current one first, then those that
  // ended (a restart's late events).  Empty: not told yet.
  std::vector<std::string> ids;
  std::string image_id;  // of the current one, without "docker-pullable://"

  bool operator==(const PodContainer&) const = default;
};

struct PodState {
  PodRef pod;
  std::vector<PodContainer> containers;
  std::vector<IpAddress> addresses;  // status.podIPs; the node's if hostNetwork
  bool finished = false;             // phase Succeeded or Failed
};

struct PodSnapshot {
  std::vector<PodState> pods;
  std::vector<IpAddress> node_addresses;  // status.hostIPs of all of them
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_POD_SNAPSHOT_H_
