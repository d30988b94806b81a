// SPDX-License-Identifier: Apache-2.0
#include "model/workload.h"

#include <array>

namespace nameward {

std::string_view ToString(Naming naming) {
  static constexpr std::array<std::string_view, kNamings> kNames = {
      "none", "named", "sandbox", "no_container", "missing"};
  return kNames[static_cast<size_t>(naming)];
}

std::string Workload::DisplayName() const {
  if (pod) return pod->namespace_name + "/" + pod->workload;
  if (container) return "container/" + container->id;
  if (!unit.empty()) return "unit/" + unit;
  if (!cgroup_path.empty()) return "cgroup" + cgroup_path;
  return "cgroup/" + std::to_string(cgroup_id);
}

}  // namespace nameward
