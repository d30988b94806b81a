// SPDX-License-Identifier: Apache-2.0
#include "kube/workload_name.h"

#include <charconv>
#include <optional>

namespace nameward {
namespace {

// `name` without "-tail", where something is left before it.
std::optional<std::string_view> WithoutTail(std::string_view name,
                                            std::string_view tail) {
  if (tail.empty() || name.size() < tail.size() + 2) return std::nullopt;
  const size_t dash = name.size() - tail.size() - 1;
  if (name[dash] != '-' || !name.ends_with(tail)) return std::nullopt;
  return name.substr(0, dash);
}

std::string_view Label(const std::map<std::string, std::string>& labels,
                       const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? std::string_view() : found->second;
}

// A CronJob names its Jobs NAME-MINUTES since 1970 (before Kubernetes 1.21
// NAME-SECONDS).  A Job that a person named after a day (backup-20260102) or an
// hour has eight or ten digits too, but lies outside of what a clock could have
// shown since Kubernetes has CronJobs (2016).
std::optional<std::string_view> CronJobOf(std::string_view job) {
  const size_t dash = job.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const std::string_view digits = job.substr(dash + 1);
  uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  const bool minutes = digits.size() == 8 && number >= 24'000'000;
  const bool seconds =
      digits.size() == 10 && number >= 1'450'000'000 && number < 1'900'000'000;
  if (!minutes && !seconds) return std::nullopt;
  return job.substr(0, dash);
}

std::string Join(std::string_view kind, std::string_view name) {
  return std::string(kind).append("/").append(name);
}

}  // namespace

std::string WorkloadName(const PodOrigin& origin,
                         const std::map<std::string, std::string>& labels) {
  const auto& [kind, name] = origin.owner;
  if (kind == "ReplicaSet") {
    if (auto base = WithoutTail(name, Label(labels, "pod-template-hash")))
      return Join("Deployment", *base);
    if (auto base =
            WithoutTail(name, Label(labels, "rollouts-pod-template-hash")))
      return Join("Rollout", *base);
  }
  if (kind == "Job") {
    if (auto base = CronJobOf(name)) return Join("CronJob", *base);
  }
  if (kind == "ReplicationController") {
    const std::string_view config = Label(labels, "deploymentconfig");
    if (!config.empty() && name.starts_with(std::string(config) + "-"))
      return Join("DeploymentConfig", config);
  }
  // The API server's copy of a static pod is owned by its Node.
  const bool on_its_own = kind.empty() || name.empty() || kind == "Node";
  if (!on_its_own) return Join(kind, name);
  if (origin.is_static || kind == "Node") {
    if (auto base = WithoutTail(origin.pod_name, origin.node_name))
      return Join("Pod", *base);
  }
  return Join("Pod", origin.pod_name);
}

}  // namespace nameward
