// SPDX-License-Identifier: Apache-2.0
// What a cgroup path says of who runs in it: pod uid, container, runtime, QoS
// class of Kubernetes, or the systemd unit of a plain machine.
//
// Understands kubelet's cgroupfs and systemd drivers, containerd, CRI-O,
// dockershim, Docker, Podman, nerdctl, kind, minikube, k3s and paths seen from
// another cgroup namespace; the test holds 42 real ones.  A path is written by
// whoever makes the cgroup: a claim to be joined with the kubelet's list, not
// proof.  Views point into the given path.  Any thread, O(length), no
// allocation.  Sources: Kubernetes pkg/kubelet/cm/cgroup_manager_linux.go,
// runc libcontainer/cgroups, systemd.unit(5).
#ifndef NAMEWARD_ENRICH_CGROUP_PATH_H_
#define NAMEWARD_ENRICH_CGROUP_PATH_H_

#include <cstddef>
#include <cstdint>
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
  // Bytes of the path up to the end of the container's own cgroup; 0: none.
  size_t container_end = 0;

  // The uid with '-', as the API server writes it.
  std::string PodUid() const;
};

CgroupPath ParseCgroupPath(std::string_view path);

// The text of /proc/PID/cgroup, one line a hierarchy: the line that names a pod
// wins; nullopt if two lines name different pods or containers.
std::optional<CgroupPath> ParseProcCgroup(std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_CGROUP_PATH_H_
