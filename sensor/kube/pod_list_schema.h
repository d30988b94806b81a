// SPDX-License-Identifier: Apache-2.0
// Which places of a v1 PodList are read, and which fields there: the tables
// that the SAX parser walks.  Whatever they do not name is skipped.  Pure.
#ifndef NAMEWARD_KUBE_POD_LIST_SCHEMA_H_
#define NAMEWARD_KUBE_POD_LIST_SCHEMA_H_

#include <cstdint>
#include <string_view>

namespace nameward {

// An object or a list of the document.
enum class Place : uint8_t {
  kSkipped,
  kList,  // the PodList itself
  kItems,
  kPod,
  kMetadata,
  kLabels,
  kAnnotations,
  kOwners,
  kOwner,
  kSpec,
  kHostAliases,
  kHostAlias,
  kDnsConfig,
  kNameservers,
  kSearches,
  kDnsOptions,
  kDnsOption,
  kContainers,
  kInitContainers,
  kEphemeralContainers,
  kContainer,
  kEnv,
  kVariable,
  kStatus,
  kPodIps,
  kPodIp,
  kHostIps,
  kHostIp,
  kContainerStatuses,
  kInitContainerStatuses,
  kEphemeralContainerStatuses,
  kContainerStatus,
  kContainerState,
  kTerminated,
};

// A value that is kept, or that tells something that is.
enum class Field : uint8_t {
  kNone,
  kName,
  kNamespace,
  kUid,
  kLabel,
  kConfigSource,
  kConfigMirror,
  kOwnerKind,
  kOwnerName,
  kOwnerController,
  kNodeName,
  kHostNetwork,
  kServiceAccount,
  kDnsPolicy,
  kHostAliasIp,
  kNameserver,
  kSearch,
  kOptionName,
  kOptionValue,
  kContainerName,
  kContainerImage,
  kRestartPolicy,
  kVariableName,
  kVariableValue,
  kPhase,
  kPodAddress,
  kHostAddress,
  kContainerId,
  kEndedContainerId,
  kImageId,
};

bool IsList(Place place);

// The object or list at `key` of `place`; a list's elements have the key "".
// kSkipped if it is of no interest, or the wrong one of the two.
Place Descend(Place place, std::string_view key, bool list);

// The value at `key` of `place`.
Field FieldAt(Place place, std::string_view key);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_LIST_SCHEMA_H_
