// SPDX-License-Identifier: Apache-2.0
#include "kube/pod_list_schema.h"

namespace nameward {
namespace {

struct Step {
  Place from;
  std::string_view key;
  Place to;
};
constexpr Step kSteps[] = {
    {Place::kList, "items", Place::kItems},
    {Place::kItems, "", Place::kPod},
    {Place::kPod, "metadata", Place::kMetadata},
    {Place::kMetadata, "labels", Place::kLabels},
    {Place::kMetadata, "annotations", Place::kAnnotations},
    {Place::kMetadata, "ownerReferences", Place::kOwners},
    {Place::kOwners, "", Place::kOwner},
    {Place::kPod, "spec", Place::kSpec},
    {Place::kSpec, "hostAliases", Place::kHostAliases},
    {Place::kHostAliases, "", Place::kHostAlias},
    {Place::kSpec, "dnsConfig", Place::kDnsConfig},
    {Place::kDnsConfig, "nameservers", Place::kNameservers},
    {Place::kDnsConfig, "searches", Place::kSearches},
    {Place::kDnsConfig, "options", Place::kDnsOptions},
    {Place::kDnsOptions, "", Place::kDnsOption},
    {Place::kSpec, "containers", Place::kContainers},
    {Place::kSpec, "initContainers", Place::kInitContainers},
    {Place::kSpec, "ephemeralContainers", Place::kEphemeralContainers},
    {Place::kContainers, "", Place::kContainer},
    {Place::kInitContainers, "", Place::kContainer},
    {Place::kEphemeralContainers, "", Place::kContainer},
    {Place::kContainer, "env", Place::kEnv},
    {Place::kEnv, "", Place::kVariable},
    {Place::kPod, "status", Place::kStatus},
    {Place::kStatus, "podIPs", Place::kPodIps},
    {Place::kPodIps, "", Place::kPodIp},
    {Place::kStatus, "hostIPs", Place::kHostIps},
    {Place::kHostIps, "", Place::kHostIp},
    {Place::kStatus, "containerStatuses", Place::kContainerStatuses},
    {Place::kStatus, "initContainerStatuses", Place::kInitContainerStatuses},
    {Place::kStatus, "ephemeralContainerStatuses",
     Place::kEphemeralContainerStatuses},
    {Place::kContainerStatuses, "", Place::kContainerStatus},
    {Place::kInitContainerStatuses, "", Place::kContainerStatus},
    {Place::kEphemeralContainerStatuses, "", Place::kContainerStatus},
    {Place::kContainerStatus, "state", Place::kContainerState},
    {Place::kContainerStatus, "lastState", Place::kContainerState},
    {Place::kContainerState, "terminated", Place::kTerminated},
};

struct Leaf {
  Place place;
  std::string_view key;
  Field field;
};
constexpr Leaf kLeaves[] = {
    {Place::kMetadata, "name", Field::kName},
    {Place::kMetadata, "namespace", Field::kNamespace},
    {Place::kMetadata, "uid", Field::kUid},
    {Place::kAnnotations, "kubernetes.io/config.source", Field::kConfigSource},
    {Place::kAnnotations, "kubernetes.io/config.mirror", Field::kConfigMirror},
    {Place::kOwner, "kind", Field::kOwnerKind},
    {Place::kOwner, "name", Field::kOwnerName},
    {Place::kOwner, "controller", Field::kOwnerController},
    {Place::kSpec, "nodeName", Field::kNodeName},
    {Place::kSpec, "hostNetwork", Field::kHostNetwork},
    {Place::kSpec, "serviceAccountName", Field::kServiceAccount},
    {Place::kSpec, "dnsPolicy", Field::kDnsPolicy},
    {Place::kHostAlias, "ip", Field::kHostAliasIp},
    {Place::kNameservers, "", Field::kNameserver},
    {Place::kSearches, "", Field::kSearch},
    {Place::kDnsOption, "name", Field::kOptionName},
    {Place::kDnsOption, "value", Field::kOptionValue},
    {Place::kContainer, "name", Field::kContainerName},
    {Place::kContainer, "image", Field::kContainerImage},
    {Place::kContainer, "restartPolicy", Field::kRestartPolicy},
    {Place::kVariable, "name", Field::kVariableName},
    {Place::kVariable, "value", Field::kVariableValue},
    {Place::kStatus, "phase", Field::kPhase},
    {Place::kStatus, "podIP", Field::kPodAddress},
    {Place::kStatus, "hostIP", Field::kHostAddress},
    {Place::kPodIp, "ip", Field::kPodAddress},
    {Place::kHostIp, "ip", Field::kHostAddress},
    {Place::kContainerStatus, "name", Field::kContainerName},
    {Place::kContainerStatus, "containerID", Field::kContainerId},
    {Place::kContainerStatus, "imageID", Field::kImageId},
    {Place::kTerminated, "containerID", Field::kEndedContainerId},
};

}  // namespace

bool IsList(Place place) {
  switch (place) {
    case Place::kItems:
    case Place::kOwners:
    case Place::kHostAliases:
    case Place::kNameservers:
    case Place::kSearches:
    case Place::kDnsOptions:
    case Place::kContainers:
    case Place::kInitContainers:
    case Place::kEphemeralContainers:
    case Place::kEnv:
    case Place::kPodIps:
    case Place::kHostIps:
    case Place::kContainerStatuses:
    case Place::kInitContainerStatuses:
    case Place::kEphemeralContainerStatuses:
      return true;
    default:
      return false;
  }
}

Place Descend(Place place, std::string_view key, bool list) {
  for (const Step& step : kSteps) {
    if (step.from == place && step.key == key)
      return IsList(step.to) == list ? step.to : Place::kSkipped;
  }
  return Place::kSkipped;
}

Field FieldAt(Place place, std::string_view key) {
  if (place == Place::kLabels) return Field::kLabel;
  for (const Leaf& leaf : kLeaves) {
    if (leaf.place == place && leaf.key == key) return leaf.field;
  }
  return Field::kNone;
}

}  // namespace nameward
