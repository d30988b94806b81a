// SPDX-License-Identifier: Apache-2.0
// What a cgroup path says of who runs in it: pod uid, container, runtime, QoS
// class of Kubernetes, or the systemd unit of a plain machine.
//
// Understands kubelet's cgroupfs and systemd drivers, containerd, CRI-O,
// dockershim, Docker, Podman, nerdctl, kind, minikube, k3s and paths seen from
// another cgroup namespace; the test holds 42 real ones.  A path is written by
// whoever makes the cgroup: a claim to be joined with the kubelet's list, not
// proof.  What lies in a pod's container was made by it, so the outermost pod,
// and the outermost container in it, are the ones.  Views point into the given
// path.  Any thread, O(length), no allocation.  Sources: Kubernetes
// pkg/kubelet/cm/cgroup_manager_linux.go, runc libcontainer/cgroups,
// systemd.unit(5).
#ifndef NAMEWARD_ENRICH_CGROUP_PATH_H_
#define NAMEWARD_ENRICH_CGROUP_PATH_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace nameward {

enum class PodQos : uint8_t { kNone, kGuaranteed, kBurstable, kBestEffort };
std::string_view ToString(PodQos qos);  // "", "Guaranteed" …

struct CgroupPath {
  std::string_view container_id;  // 64 hex digits; empty: none
  std::string_view runtime;       // "containerd", "cri-o", "docker", "podman",
                                  // "nerdctl"; empty: not said
  std::string_view raw_pod_uid;   // as written, '_' for '-' perhaps
  std::string_view unit;          // innermost systemd service, scope or slice
  PodQos qos = PodQos::kNone;
  bool helper = false;  // conmon: serves a container, is none
  // Bytes of the path up to the end of the pod's own cgroup, and of the
  // container's; 0: none.
  size_t pod_end = 0;
  size_t container_end = 0;

  // The uid with '-', as the API server writes it.
  std::string PodUid() const;
};

// A static pod's uid may be any text: it counts if `is_pod` knows it.  Without,
// only what looks like a uid does (8-4-4-4-12 or 32 hex digits).
using IsPodUid = std::function<bool(std::string_view)>;
CgroupPath ParseCgroupPath(std::string_view path, const IsPodUid& is_pod = {});

// The text of /proc/PID/cgroup, one line a hierarchy: the line that names a pod
// wins; nullopt if two lines name different pods or containers.
std::optional<CgroupPath> ParseProcCgroup(std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_CGROUP_PATH_H_
