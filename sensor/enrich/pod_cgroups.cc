// SPDX-License-Identifier: Apache-2.0
#include "enrich/pod_cgroups.h"

namespace nameward {
namespace {

bool IsPodsOwn(std::string_view path, const CgroupPath& parsed) {
  return parsed.pod_end > 0 && parsed.pod_end == path.size();
}

// A container's own cgroup right below its pod's.
bool IsChild(std::string_view path, const CgroupPath& parsed) {
  return parsed.pod_end > 0 && parsed.container_end == path.size() &&
         path[parsed.pod_end] == '/' && path.rfind('/') == parsed.pod_end;
}

}  // namespace

bool PodCgroups::BeginsAgain(const CgroupChange& change,
                             const CgroupPath& parsed) {
  return parsed.pod_end > 0 &&
         gone_.erase(change.path.substr(0, parsed.pod_end)) > 0;
}

PodChild PodCgroups::Born(const CgroupChange& change,
                          const CgroupPath& parsed) {
  if (IsPodsOwn(change.path, parsed)) {
    pods_.try_emplace(change.path);
    return PodChild::kUnknown;
  }
  if (!IsChild(change.path, parsed) || parsed.runtime == "cri-o")
    return PodChild::kUnknown;
  const auto pod = pods_.find(change.path.substr(0, parsed.pod_end));
  if (pod == pods_.end()) return PodChild::kUnknown;
  Sandbox& sandbox = pod->second;
  if (sandbox.path.empty()) sandbox.path = change.path;
  if (sandbox.path == change.path) return PodChild::kSandbox;
  return sandbox.alive ? PodChild::kContainer : PodChild::kUnknown;
}

void PodCgroups::Gone(std::string_view path, const CgroupPath& parsed) {
  if (parsed.pod_end == 0) return;
  if (IsPodsOwn(path, parsed)) {
    gone_.emplace(path);
    pods_.erase(std::string(path));
    return;
  }
  const auto pod = pods_.find(std::string(path.substr(0, parsed.pod_end)));
  if (pod != pods_.end() && pod->second.path == path) pod->second.alive = false;
}

}  // namespace nameward
