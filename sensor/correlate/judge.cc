// SPDX-License-Identifier: Apache-2.0
#include "correlate/judge.h"

#include <algorithm>

#include "correlate/search_path.h"

namespace nameward {
namespace {

bool Contains(const std::vector<Network>& networks, const IpAddress& address) {
  return std::any_of(
      networks.begin(), networks.end(),
      [&address](const Network& network) { return network.Contains(address); });
}

bool IsBound(const Binding& binding) {
  const Nanoseconds ttl = std::chrono::seconds(binding.ttl_s);
  return binding.age <= std::max(std::min(ttl, kLongestTtl), kShortestBound);
}

// Kubelet and container runtimes look up what a pod's spec tells them to
// (images, probes), so their look-ups explain nothing.  What stands in "/" may
// be one of them too, or a process that moved there.
bool IsHostItself(const Workload& workload) {
  static constexpr std::string_view kAgents[] = {
      "kubelet", "kubelite", "containerd", "crio", "cri-o",    "docker",
      "podman",  "k3s",      "k0s",        "rke2", "microk8s", "podruntime",
  };
  const std::string_view path = workload.cgroup_path;
  return workload.pod == nullptr && workload.pod_uid.empty() &&
         !workload.container && path.size() > 1 &&
         std::none_of(std::begin(kAgents), std::end(kAgents),
                      [path](std::string_view agent) {
                        return path.find(agent) != std::string_view::npos;
                      });
}

// Another pod of the same workload; to a hostNetwork pod also the host.
bool IsSibling(const Workload& holder, const Pod& pod) {
  if (pod.host_network && IsHostItself(holder)) return true;
  return holder.pod != nullptr && holder.pod->uid != pod.uid &&
         !pod.workload.empty() && holder.pod->workload == pod.workload &&
         holder.pod->namespace_name == pod.namespace_name;
}

bool SiblingHolds(const Evidence& evidence, const Pod& pod,
                  const PodDirectory& pods) {
  return std::any_of(evidence.holders.begin(), evidence.holders.end(),
                     [&](uint64_t cgroup) {
                       const WorkloadRef holder = pods.WorkloadOf(cgroup);
                       return holder != nullptr && IsSibling(*holder, pod);
                     });
}

bool Lists(const std::vector<IpAddress>& list, const IpAddress& address) {
  return std::find(list.begin(), list.end(), address) != list.end();
}

// The rows of docs/states.md, in their order.
ConnectState Settle(const IpAddress& address, const Evidence& evidence,
                    const Pod* pod, const Context& context,
                    const PodDirectory& pods) {
  if (const auto place = PlaceOf(address, context)) return *place;
  if (pods.HasAddress(address)) return ConnectState::kInternal;
  if (evidence.to_resolver) return ConnectState::kResolver;
  if (evidence.own)
    return IsBound(*evidence.own) ? ConnectState::kBound : ConnectState::kStale;
  if (evidence.mate) return ConnectState::kOtherContainer;
  if (pod != nullptr) {
    if (Lists(pod->host_aliases, address)) return ConnectState::kHostsFile;
    if (Lists(pod->service_hosts, address)) return ConnectState::kEnvLiteral;
  }
  if (address.IsPrivate() && RangesUnknown(context))
    return ConnectState::kPrivate;
  if (evidence.untrusted) return ConnectState::kUntrustedResolver;
  if (pod != nullptr && SiblingHolds(evidence, *pod, pods))
    return ConnectState::kOtherPod;
  if (evidence.encrypted_listed) return ConnectState::kEncrypted;
  if (evidence.warmup) return ConnectState::kWarmup;
  return ConnectState::kNone;
}

// No trusted answer gave the address.
bool IsUnexplained(ConnectState state) {
  return state == ConnectState::kNone ||
         state == ConnectState::kUntrustedResolver;
}

// The binding that decided, null if none did.
const Binding* Decisive(ConnectState state, const Evidence& evidence) {
  switch (state) {
    case ConnectState::kBound:
    case ConnectState::kStale:
      return &*evidence.own;
    case ConnectState::kOtherContainer:
      return &*evidence.mate;
    case ConnectState::kUntrustedResolver:
      return &*evidence.untrusted;
    default:
      return nullptr;
  }
}

}  // namespace

bool RangesUnknown(const Context& context) {
  return context.internal.empty() && context.services.empty();
}

Endpoint WithoutUnspecified(const Endpoint& endpoint) {
  if (!endpoint.address.IsUnspecified()) return endpoint;
  if (endpoint.address.IsV4())
    return {IpAddress::V4(0x7f000001), endpoint.port};
  static constexpr uint8_t kLoopback[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                            0, 0, 0, 0, 0, 0, 0, 1};
  return {IpAddress(kLoopback), endpoint.port};
}

std::optional<ConnectState> PlaceOf(const IpAddress& address,
                                    const Context& context) {
  if (address.IsUnspecified() || address.IsLoopback() ||
      address.IsLinkLocal() || address.IsMulticast() || address.IsBroadcast())
    return ConnectState::kInternal;
  if (Lists(context.node_addresses, address)) return ConnectState::kInternal;
  if (Contains(context.internal, address)) return ConnectState::kInternal;
  if (Contains(context.services, address)) return ConnectState::kService;
  if (Lists(context.service_addresses, address)) return ConnectState::kService;
  return std::nullopt;
}

bool MayBeInside(const IpAddress& address, const Context& context) {
  return PlaceOf(address, context) ||
         (address.IsPrivate() && RangesUnknown(context));
}

bool IsOfZone(const DomainName& name, const Context& context) {
  return std::any_of(
      context.zones.begin(), context.zones.end(),
      [&name](const DomainName& zone) { return name.IsAtOrUnder(zone); });
}

bool IsTrustedResolver(const Endpoint& server, const Context& context) {
  const auto& listed = context.resolvers;
  const auto& ports = context.trust_any_on_port;
  return std::find(listed.begin(), listed.end(), server) != listed.end() ||
         std::find(ports.begin(), ports.end(), server.port) != ports.end();
}

Endpoint JudgedEndpoint(const Endpoint& addressed,
                        const std::optional<Endpoint>& wire,
                        const Context& context) {
  if (!wire || wire->IsUnset()) return WithoutUnspecified(addressed);
  const auto& meshes = context.redirects;
  const auto& listed = context.resolvers;
  const bool own =
      // CoreDNS behind its Service, seen from a hostNetwork pod.
      MayBeInside(wire->address, context) ||
      std::any_of(meshes.begin(), meshes.end(),
                  [&](const Redirect& mesh) { return mesh.Contains(*wire); }) ||
      std::find(listed.begin(), listed.end(), *wire) != listed.end();
  return own ? WithoutUnspecified(addressed) : *wire;
}

void Judge(Event& event, const Context& context, const PodDirectory& pods) {
  const Workload* workload = event.origin.workload.get();
  if (auto* dns = std::get_if<DnsEvent>(&event.body))
    return JudgeNames(*dns, workload, context);
  auto* connect = std::get_if<ConnectEvent>(&event.body);
  if (connect == nullptr) return;
  const Evidence& evidence = connect->evidence;
  ConnectVerdict& verdict = connect->verdict;
  const Endpoint judged = evidence.judged.IsUnset()
                              ? WithoutUnspecified(connect->destination)
                              : evidence.judged;
  const Pod* pod = workload == nullptr ? nullptr : workload->pod.get();
  verdict.state = Settle(judged.address, evidence, pod, context, pods);
  verdict.encrypted = evidence.encrypted;
  verdict.history_complete = evidence.history_complete;
  verdict.seen_elsewhere = evidence.seen_elsewhere;
  verdict.names.clear();
  verdict.age.reset();
  verdict.ttl_s.reset();
  verdict.resolver.reset();
  verdict.last_asked.clear();
  if (IsUnexplained(verdict.state))
    verdict.last_asked.assign(evidence.last_asked.begin(),
                              evidence.last_asked.end());
  const Binding* binding = Decisive(verdict.state, evidence);
  if (binding == nullptr) return;
  verdict.names.assign(binding->names.begin(), binding->names.end());
  verdict.age = binding->age;
  verdict.ttl_s = binding->ttl_s;
  verdict.resolver = binding->resolver;
}

}  // namespace nameward
