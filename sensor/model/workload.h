// SPDX-License-Identifier: Apache-2.0
// The names of who did it: pod and container where Kubernetes knows them, else
// the container id or systemd unit that the cgroup path carries.  Immutable
// once published; shared between snapshots and the events that hold it.
#ifndef NAMEWARD_MODEL_WORKLOAD_H_
#define NAMEWARD_MODEL_WORKLOAD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace nameward {

struct Pod {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string workload;  // Kind/name
  std::map<std::string, std::string> labels;
  bool host_network = false;
};

struct Container {
  std::string id;
  std::string name;   // empty: not known (yet)
  std::string image;  // empty: not known (yet)
};

struct Workload {
  uint64_t cgroup_id = 0;
  std::string cgroup_path;  // in the v2 tree, "/" is the root; empty: not known
  std::string unit;         // systemd service or scope, if the path names one
  std::optional<Pod> pod;
  std::optional<Container> container;

  // What dedup keys, Kafka keys and people call it: Kind/name of the pod's
  // workload, the container id, the unit, the cgroup path, or the cgroup id.
  std::string DisplayName() const;
  bool IsHost() const { return cgroup_path == "/"; }
};
using WorkloadRef = std::shared_ptr<const Workload>;

}  // namespace nameward

#endif  // NAMEWARD_MODEL_WORKLOAD_H_
