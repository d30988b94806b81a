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
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/domain_name.h"

namespace nameward {

// How a pod's program finds names (pod spec: dnsPolicy, dnsConfig).
struct PodDns {
  enum class Policy : uint8_t {
    kClusterFirst,
    kClusterFirstWithHostNet,
    kDefault,
    kNone,
  };
  Policy policy = Policy::kClusterFirst;
  std::vector<IpAddress> nameservers;  // attacker-made: evidence, never trust
  std::vector<DomainName> searches;    // of dnsConfig alone
  std::optional<uint32_t> ndots;

  bool operator==(const PodDns&) const = default;
};

// All that is kept of a pod's object; the rest, env values above all, is
// dropped while it is parsed.
struct Pod {
  std::string namespace_name;
  std::string name;
  std::string uid;       // 8-4-4-4-12, or a static pod's: 32 hex or any string
  std::string workload;  // Kind/name
  std::map<std::string, std::string> labels;
  bool host_network = false;
  std::string service_account;
  PodDns dns;
  std::vector<IpAddress> host_aliases;   // spec.hostAliases[].ip
  std::vector<IpAddress> service_hosts;  // literal *_SERVICE_HOST values of env

  bool operator==(const Pod&) const = default;
};
using PodRef = std::shared_ptr<const Pod>;

struct Container {
  std::string id;
  std::string name;   // empty: not known (yet)
  std::string image;  // empty: not known (yet)
  // As the runtime calls what it pulled: registry.example/app@sha256:…, or
  // sha256:… of an image that no registry gave.  Empty: not known (yet).
  std::string image_id;
};

// How far a workload's names can be relied on.
enum class Naming : uint8_t {
  kNone,     // no pod is expected: the host, a bare container, no Kubernetes
  kNamed,    // pod and, where the cgroup is a container's, container are known
  kSandbox,  // of the pod's own sandbox: there is no container to name
  kNoContainer,  // the pod is known, the container was not told in time
  kMissing,      // the cgroup carries a pod uid that nobody has named in time
};
inline constexpr size_t kNamings = 5;
// "none", "named", "sandbox", "no_container", "missing".
std::string_view ToString(Naming naming);

struct Workload {
  uint64_t cgroup_id = 0;
  std::string cgroup_path;  // in the v2 tree, "/" is the root; see KnowsPath
  std::string unit;         // systemd service or scope, if the path names one
  std::string pod_uid;      // that the path carries, also where `pod` is null
  PodRef pod;               // null: no pod, or not known
  std::optional<Container> container;
  Naming naming = Naming::kNone;

  // Of a path longer than a record (NW_PATH_LEN) only the end is known.
  bool KnowsPath() const { return cgroup_path.starts_with('/'); }
  // What dedup keys, Kafka keys and people call it: Kind/name of the pod's
  // workload, the container id, the unit, the cgroup path, or the cgroup id.
  std::string DisplayName() const;
  bool IsHost() const { return cgroup_path == "/"; }
};
using WorkloadRef = std::shared_ptr<const Workload>;

}  // namespace nameward

#endif  // NAMEWARD_MODEL_WORKLOAD_H_
