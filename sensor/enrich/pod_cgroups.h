// SPDX-License-Identifier: Apache-2.0
// In which order the cgroups of a pod's containers were born: the first child
// of a pod's cgroup is its sandbox (the pause container), which no list of
// containers names; while that lives, every later child is a container.
//
// A static pod's uid, and so its path, may come again: then what went before
// was another pod's.
//
// Says nothing of pods whose own cgroup is older than the sensor, of CRI-O
// (which leaves the sandbox out where it can) and of cgroups that lie elsewhere
// than below their pod's.  One thread; O(path).  Bound: a pod's cgroup each,
// which the caller bounds and drops by Gone.  Source: containerd
// internal/cri/server, kubelet pkg/kubelet/cm.
#ifndef NAMEWARD_ENRICH_POD_CGROUPS_H_
#define NAMEWARD_ENRICH_POD_CGROUPS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "enrich/cgroup_path.h"
#include "model/cgroup.h"

namespace nameward {

enum class PodChild : uint8_t { kUnknown, kSandbox, kContainer };

class PodCgroups {
 public:
  // Whether the pod's own cgroup went before this one came: another pod's time.
  bool BeginsAgain(const CgroupChange& change, const CgroupPath& parsed);
  // What the new cgroup is; `parsed` of its path.
  PodChild Born(const CgroupChange& change, const CgroupPath& parsed);
  void Gone(std::string_view path, const CgroupPath& parsed);
  // The cgroup of that path is forgotten.
  void Forget(const std::string& path) { gone_.erase(path); }
  size_t size() const { return pods_.size() + gone_.size(); }

 private:
  // By path: beside cgroup v1 each stands in two hierarchies.
  struct Sandbox {
    std::string path;  // empty: not born yet
    bool alive = true;
  };
  std::unordered_map<std::string, Sandbox> pods_;  // by the path of the pod's
  std::unordered_set<std::string> gone_;           // paths of pods that went
};

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_POD_CGROUPS_H_
