// SPDX-License-Identifier: Apache-2.0
#include "correlate/pod_members.h"

#include <algorithm>

namespace nameward {

bool PodMembers::Add(uint64_t pod, uint64_t cgroup) {
  Members& members = pods_[pod];
  if (members.living >= kMostLiving) return false;
  const auto at = members.cgroups.begin() + static_cast<long>(members.living);
  members.cgroups.insert(at, cgroup);
  ++members.living;
  return true;
}

std::span<const uint64_t> PodMembers::Of(uint64_t pod) const {
  const auto found = pods_.find(pod);
  if (found == pods_.end()) return {};
  return found->second.cgroups;
}

void PodMembers::End(uint64_t pod, uint64_t cgroup,
                     std::vector<uint64_t>& forgotten) {
  const auto found = pods_.find(pod);
  if (found == pods_.end()) return;
  auto& [cgroups, living] = found->second;
  const auto first_ended = cgroups.begin() + static_cast<long>(living);
  const auto ending = std::find(cgroups.begin(), first_ended, cgroup);
  if (ending == first_ended) return;
  std::rotate(ending, ending + 1, cgroups.end());
  if (--living == 0) {
    forgotten.insert(forgotten.end(), cgroups.begin(), cgroups.end());
    pods_.erase(found);
  } else if (cgroups.size() - living > kMostEnded) {
    const auto oldest = cgroups.begin() + static_cast<long>(living);
    forgotten.push_back(*oldest);
    cgroups.erase(oldest);
  }
}

}  // namespace nameward
