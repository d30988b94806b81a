// SPDX-License-Identifier: Apache-2.0
#include "kube/pod_builder.h"

#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

namespace nameward {
namespace {

// Names of variables that programs read a service's address from; the kubelet
// makes such variables itself, but those do not stand in the pod's object.
constexpr std::string_view kServiceHost = "_SERVICE_HOST";
constexpr size_t kAddressText = INET6_ADDRSTRLEN - 1;

// Of what the object says, the order in which its three lists are written.
int GroupOf(ContainerKind kind) {
  switch (kind) {
    case ContainerKind::kRegular:
      return 0;
    case ContainerKind::kInit:
    case ContainerKind::kSidecar:
      return 1;
    case ContainerKind::kEphemeral:
      return 2;
  }
  return 2;
}

PodDns::Policy DnsPolicyOf(std::string_view text) {
  if (text == "ClusterFirstWithHostNet")
    return PodDns::Policy::kClusterFirstWithHostNet;
  if (text == "Default") return PodDns::Policy::kDefault;
  if (text == "None") return PodDns::Policy::kNone;
  return PodDns::Policy::kClusterFirst;  // what the API server fills in
}

// Null: there are too many.
PodContainer* FindOrAdd(std::vector<PodContainer>& containers,
                        const PodContainer& read) {
  for (PodContainer& container : containers) {
    if (container.name == read.name) return &container;
  }
  if (containers.size() >= PodListLimits::kContainers) return nullptr;
  containers.push_back({.name = read.name, .kind = read.kind});
  return &containers.back();
}

template <typename T>
bool Contains(const std::vector<T>& items, const T& item) {
  return std::find(items.begin(), items.end(), item) != items.end();
}

// containerd://0123…, docker-pullable://app@sha256:…
std::string_view WithoutScheme(std::string_view id) {
  constexpr std::string_view kScheme = "://";
  const size_t scheme = id.rfind(kScheme);
  return scheme == std::string_view::npos ? id
                                          : id.substr(scheme + kScheme.size());
}

}  // namespace

void PodBuilder::Enter(Place place) {
  switch (place) {
    case Place::kPod:
      draft_ = Draft();
      break;
    case Place::kOwner:
      owner_ = OwnerDraft();
      break;
    case Place::kDnsOption:
    case Place::kVariable:
      named_ = NamedValue();
      break;
    case Place::kContainers:
    case Place::kContainerStatuses:
      kind_ = ContainerKind::kRegular;
      break;
    case Place::kInitContainers:
    case Place::kInitContainerStatuses:
      kind_ = ContainerKind::kInit;
      break;
    case Place::kEphemeralContainers:
    case Place::kEphemeralContainerStatuses:
      kind_ = ContainerKind::kEphemeral;
      break;
    case Place::kContainer:
    case Place::kContainerStatus:
      container_ = ContainerDraft();
      container_.container.kind = kind_;
      break;
    default:
      break;
  }
}

void PodBuilder::Leave(Place place) {
  switch (place) {
    case Place::kPod:
      return LeavePod();
    case Place::kOwner:
      return LeaveOwner();
    case Place::kDnsOption:
      return LeaveOption();
    case Place::kVariable:
      return LeaveVariable();
    case Place::kContainer:
    case Place::kContainerStatus:
      return LeaveContainer();
    default:
      return;
  }
}

void PodBuilder::Text(Field field, std::string_view key,
                      std::string_view text) {
  if (field == Field::kVariableValue && text.size() > kAddressText) return;
  if (text.size() > PodListLimits::kText || key.size() > PodListLimits::kText) {
    ++counts_.clipped;
    return;
  }
  PodText(field, key, text);
}

void PodBuilder::PodText(Field field, std::string_view key,
                         std::string_view text) {
  Pod& pod = draft_.pod;
  switch (field) {
    case Field::kName:
      pod.name = text;
      return;
    case Field::kNamespace:
      pod.namespace_name = text;
      return;
    case Field::kUid:
      pod.uid = text;
      return;
    case Field::kLabel:
      return AddLabel(key, text);
    case Field::kConfigSource:
      draft_.is_static = text == "file" || text == "http";
      return;
    case Field::kConfigMirror:
      draft_.mirror = text;
      return;
    case Field::kNodeName:
      draft_.node_name = text;
      return;
    case Field::kServiceAccount:
      pod.service_account = text;
      return;
    case Field::kDnsPolicy:
      pod.dns.policy = DnsPolicyOf(text);
      return;
    case Field::kSearch:
      return AddSearch(text);
    case Field::kPhase:
      draft_.state.finished = text == "Succeeded" || text == "Failed";
      return;
    case Field::kHostAliasIp:
      return AddAddress(pod.host_aliases, text);
    case Field::kNameserver:
      return AddAddress(pod.dns.nameservers, text);
    case Field::kPodAddress:
      return AddAddress(draft_.state.addresses, text);
    case Field::kHostAddress:
      return AddAddress(snapshot_.node_addresses, text);
    default:
      return NestedText(field, text);
  }
}

void PodBuilder::NestedText(Field field, std::string_view text) {
  switch (field) {
    case Field::kOwnerKind:
      owner_.owner.kind = text;
      return;
    case Field::kOwnerName:
      owner_.owner.name = text;
      return;
    case Field::kOptionName:
    case Field::kVariableName:
      named_.name = text;
      return;
    case Field::kOptionValue:
    case Field::kVariableValue:
      named_.value = text;
      return;
    default:
      return ContainerText(field, text);
  }
}

void PodBuilder::ContainerText(Field field, std::string_view text) {
  PodContainer& container = container_.container;
  switch (field) {
    case Field::kContainerName:
      container.name = text;
      return;
    case Field::kContainerImage:
      container.image = text;
      return;
    case Field::kRestartPolicy:
      // Sidecars are init containers that run for the pod's life (KEP-753).
      if (container.kind == ContainerKind::kInit && text == "Always")
        container.kind = ContainerKind::kSidecar;
      return;
    case Field::kContainerId:
      return AddContainerId(container.ids, text);
    case Field::kEndedContainerId:
      return AddContainerId(container_.ended, text);
    case Field::kImageId:
      container.image_id = WithoutScheme(text);
      return;
    default:
      return;
  }
}

void PodBuilder::Flag(Field field, bool value) {
  if (field == Field::kHostNetwork) draft_.pod.host_network = value;
  if (field == Field::kOwnerController) owner_.controller = value;
}

void PodBuilder::AddLabel(std::string_view key, std::string_view text) {
  if (draft_.pod.labels.size() >= PodListLimits::kLabels) {
    ++counts_.clipped;
    return;
  }
  draft_.pod.labels.insert_or_assign(std::string(key), std::string(text));
}

void PodBuilder::AddSearch(std::string_view text) {
  std::vector<DomainName>& searches = draft_.pod.dns.searches;
  const auto name = DomainName::Parse(text);
  if (!name) return;
  if (searches.size() >= PodListLimits::kSearches) {
    ++counts_.clipped;
    return;
  }
  searches.push_back(*name);
}

void PodBuilder::AddAddress(std::vector<IpAddress>& to, std::string_view text) {
  const auto address = IpAddress::Parse(text);
  if (!address || Contains(to, *address)) return;
  if (to.size() >= PodListLimits::kAddresses) {
    ++counts_.clipped;
    return;
  }
  to.push_back(*address);
}

void PodBuilder::AddContainerId(std::vector<std::string>& to,
                                std::string_view text) {
  text = WithoutScheme(text);
  if (!text.empty()) to.emplace_back(text);
}

void PodBuilder::LeaveOwner() {
  const auto& [kind, name] = owner_.owner;
  const bool names_it =
      !kind.empty() && !name.empty() && kind.find('/') == std::string::npos;
  if (owner_.controller && names_it) draft_.owner = owner_.owner;
}

void PodBuilder::LeaveOption() {
  if (named_.name != "ndots") return;
  uint32_t ndots = 0;
  const char* end = named_.value.data() + named_.value.size();
  const auto [stop, error] = std::from_chars(named_.value.data(), end, ndots);
  if (error == std::errc() && stop == end) draft_.pod.dns.ndots = ndots;
}

void PodBuilder::LeaveVariable() {
  if (named_.name.ends_with(kServiceHost))
    AddAddress(draft_.pod.service_hosts, named_.value);
  named_ = NamedValue();
}

// From the specification or from the status, whichever the document has first.
void PodBuilder::LeaveContainer() {
  PodContainer& read = container_.container;
  if (read.name.empty()) return;
  PodContainer* known = FindOrAdd(draft_.state.containers, read);
  if (known == nullptr) {
    ++counts_.clipped;
    return;
  }
  if (read.kind == ContainerKind::kSidecar) known->kind = read.kind;
  if (!read.image.empty()) known->image = std::move(read.image);
  if (!read.ids.empty()) known->image_id = std::move(read.image_id);
  for (auto* ids : {&read.ids, &container_.ended}) {
    for (std::string& id : *ids) {
      if (known->ids.size() < PodListLimits::kContainerIds &&
          !Contains(known->ids, id))
        known->ids.push_back(std::move(id));
    }
  }
}

void PodBuilder::LeavePod() {
  Pod& pod = draft_.pod;
  // Cgroups carry the static pod's own uid, never that of the API server's
  // copy.
  if (!draft_.mirror.empty()) {
    pod.uid = draft_.mirror;
    draft_.is_static = true;
  }
  if (pod.uid.empty() || pod.name.empty()) {
    ++counts_.skipped;
    return;
  }
  if (snapshot_.pods.size() >= PodListLimits::kPods) {
    ++counts_.clipped;
    return;
  }
  pod.workload = WorkloadName({.pod_name = pod.name,
                               .node_name = draft_.node_name,
                               .is_static = draft_.is_static,
                               .owner = draft_.owner},
                              pod.labels);
  PodState& state = draft_.state;
  std::stable_sort(state.containers.begin(), state.containers.end(),
                   [](const PodContainer& a, const PodContainer& b) {
                     return GroupOf(a.kind) < GroupOf(b.kind);
                   });
  state.pod = std::make_shared<const Pod>(std::move(pod));
  snapshot_.pods.push_back(std::move(state));
}

PodSnapshot PodBuilder::Finish() {
  std::vector<PodState>& pods = snapshot_.pods;
  std::stable_sort(pods.begin(), pods.end(),
                   [](const PodState& a, const PodState& b) {
                     return a.pod->uid < b.pod->uid;
                   });
  const auto twice = std::unique(pods.begin(), pods.end(),
                                 [](const PodState& a, const PodState& b) {
                                   return a.pod->uid == b.pod->uid;
                                 });
  counts_.skipped += static_cast<uint64_t>(pods.end() - twice);
  pods.erase(twice, pods.end());
  counts_.pods = pods.size();
  if (pods.empty()) snapshot_.node_addresses.clear();
  std::sort(snapshot_.node_addresses.begin(), snapshot_.node_addresses.end());
  return std::exchange(snapshot_, {});
}

}  // namespace nameward
