// SPDX-License-Identifier: Apache-2.0
#include "match/scope.h"

#include <algorithm>
#include <map>

namespace nameward {
namespace {

// Kubernetes gives each namespace this label; others are not known here.
constexpr std::string_view kNamespaceNameLabel = "kubernetes.io/metadata.name";

InScope Yes(bool yes) { return yes ? InScope::kYes : InScope::kNo; }
InScope And(InScope a, InScope b) { return std::min(a, b); }

bool AnyMatches(const std::vector<WildcardText>& patterns,
                std::string_view text) {
  return std::any_of(
      patterns.begin(), patterns.end(),
      [&](const WildcardText& pattern) { return pattern.Matches(text); });
}

InScope Holds(const Requirement& requirement,
              const std::map<std::string, std::string>& labels) {
  const auto found = labels.find(requirement.key);
  const bool exists = found != labels.end();
  const auto& values = requirement.values;
  const bool listed = exists && std::find(values.begin(), values.end(),
                                          found->second) != values.end();
  switch (requirement.op) {
    case Requirement::Operator::kIn:
      return Yes(listed);
    case Requirement::Operator::kNotIn:
      return Yes(!listed);
    case Requirement::Operator::kExists:
      return Yes(exists);
    case Requirement::Operator::kDoesNotExist:
      break;
  }
  return Yes(!exists);
}

InScope DecideNamespaceLabels(const Scope& scope, const Pod& pod) {
  InScope result = InScope::kYes;
  for (const Requirement& requirement : scope.namespace_selector) {
    const bool known = requirement.key == kNamespaceNameLabel;
    result = And(result,
                 known ? Holds(requirement, {{std::string(kNamespaceNameLabel),
                                              pod.namespace_name}})
                       : InScope::kUnknown);
  }
  return result;
}

// Whether it may be a pod's whose names did not come.
bool MayBePods(const Workload& workload) {
  return workload.container || !workload.pod_uid.empty() ||
         !workload.KnowsPath();
}

InScope DecidePod(const Scope& scope, const Workload& workload,
                  bool kubernetes) {
  const bool asks = !scope.namespaces.empty() ||
                    !scope.namespace_selector.empty() ||
                    !scope.pod_selector.empty();
  if (!asks) return InScope::kYes;
  if (!workload.pod)
    return kubernetes && MayBePods(workload) ? InScope::kUnknown : InScope::kNo;
  const Pod& pod = *workload.pod;
  InScope result = Yes(scope.namespaces.empty() ||
                       AnyMatches(scope.namespaces, pod.namespace_name));
  for (const Requirement& requirement : scope.pod_selector)
    result = And(result, Holds(requirement, pod.labels));
  return And(result, DecideNamespaceLabels(scope, pod));
}

InScope DecideWorkload(const Scope& scope, const Workload& workload,
                       bool kubernetes) {
  if (scope.workloads.empty()) return InScope::kYes;
  if (workload.pod)
    return Yes(AnyMatches(scope.workloads, workload.pod->workload));
  if (kubernetes && MayBePods(workload)) return InScope::kUnknown;
  if (!workload.KnowsPath()) return InScope::kUnknown;
  return Yes(AnyMatches(scope.workloads, workload.cgroup_path));
}

InScope DecideContainer(const Scope& scope, const Workload& workload) {
  if (scope.containers.empty() && scope.excluded_containers.empty())
    return InScope::kYes;
  const bool none = !workload.container || workload.naming == Naming::kSandbox;
  if (none) return Yes(scope.containers.empty());
  const std::string& name = workload.container->name;
  if (name.empty()) return InScope::kUnknown;
  const bool included =
      scope.containers.empty() || AnyMatches(scope.containers, name);
  return Yes(included && !AnyMatches(scope.excluded_containers, name));
}

InScope DecideCgroup(const Scope& scope, const Workload& workload) {
  if (scope.units.empty() && scope.cgroups.empty()) return InScope::kYes;
  if (!workload.KnowsPath()) return InScope::kUnknown;
  return And(Yes(scope.units.empty() || AnyMatches(scope.units, workload.unit)),
             Yes(scope.cgroups.empty() ||
                 AnyMatches(scope.cgroups, workload.cgroup_path)));
}

InScope DecideHost(const Scope& scope, const Workload& workload) {
  if (scope.host == HostScope::kInclude) return InScope::kYes;
  return Yes(workload.IsHost() == (scope.host == HostScope::kOnly));
}

}  // namespace

InScope Decide(const Scope& scope, const Workload* workload, bool kubernetes) {
  if (workload == nullptr) return InScope::kUnknown;
  return std::min(
      {DecideHost(scope, *workload), DecidePod(scope, *workload, kubernetes),
       DecideWorkload(scope, *workload, kubernetes),
       DecideContainer(scope, *workload), DecideCgroup(scope, *workload)});
}

}  // namespace nameward
