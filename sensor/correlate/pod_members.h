// SPDX-License-Identifier: Apache-2.0
// The containers' cgroups of each pod, also those that have ended: what one
// container of a pod looked up explains a connect of another, and an init
// container's or a restarted one's look-ups hold as long as the pod lives.
//
// A pod lives while one of its cgroups does (its own, pod<uid>, ends last).
// Bounded per pod; one pod's churn costs no other anything.  One thread.
#ifndef NAMEWARD_CORRELATE_POD_MEMBERS_H_
#define NAMEWARD_CORRELATE_POD_MEMBERS_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/hash.h"

namespace nameward {

class PodMembers {
 public:
  // Most pods have two or three; a look-up walks them all.
  static constexpr size_t kMostLiving = 32;
  // A container that crashes again and again keeps its last lives.
  static constexpr size_t kMostEnded = 8;

  // False: the pod has kMostLiving already, and `cgroup` is on its own.
  bool Add(uint64_t pod, uint64_t cgroup);
  // Those of the pod: the living, then the ended, each oldest first.
  std::span<const uint64_t> Of(uint64_t pod) const;
  // The cgroup ended, and its late packets are over.  Appends what must be
  // forgotten now: the one that ended longest ago, or all with the pod's last;
  // nothing where it is kept.
  void End(uint64_t pod, uint64_t cgroup, std::vector<uint64_t>& forgotten);

 private:
  struct Members {
    std::vector<uint64_t> cgroups;
    size_t living = 0;  // they stand first
  };
  std::unordered_map<uint64_t, Members, NumberHash> pods_;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_POD_MEMBERS_H_
