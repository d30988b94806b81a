// SPDX-License-Identifier: Apache-2.0
// A cgroup appeared, went, or was found when the sensor started.
#ifndef NAMEWARD_MODEL_CGROUP_H_
#define NAMEWARD_MODEL_CGROUP_H_

#include <cstdint>
#include <string>

#include "base/clock.h"

namespace nameward {

struct CgroupChange {
  enum class What : uint8_t { kFound, kBorn, kGone };
  What what = What::kFound;
  uint64_t id = 0;
  uint64_t parent = 0;  // 0: not known
  BootTime time;
  std::string path;  // in the v2 tree, begins with "/"; empty: not known
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_CGROUP_H_
