// SPDX-License-Identifier: Apache-2.0
#include "correlate/judge.h"

#include <algorithm>

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

ConnectState Settle(const IpAddress& address, const Evidence& evidence,
                    const Context& context) {
  if (const auto place = PlaceOf(address, context)) return *place;
  if (evidence.to_resolver) return ConnectState::kResolver;
  if (evidence.own)
    return IsBound(*evidence.own) ? ConnectState::kBound : ConnectState::kStale;
  if (address.IsPrivate() && RangesUnknown(context))
    return ConnectState::kPrivate;
  if (evidence.untrusted) return ConnectState::kUntrustedResolver;
  if (evidence.encrypted_listed) return ConnectState::kEncrypted;
  if (evidence.warmup) return ConnectState::kWarmup;
  return ConnectState::kNone;
}

// The binding that decided, null if none did.
const Binding* Decisive(ConnectState state, const Evidence& evidence) {
  switch (state) {
    case ConnectState::kBound:
    case ConnectState::kStale:
      return &*evidence.own;
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
  const auto& node = context.node_addresses;
  if (address.IsUnspecified() || address.IsLoopback() ||
      address.IsLinkLocal() || address.IsMulticast() || address.IsBroadcast())
    return ConnectState::kInternal;
  if (std::find(node.begin(), node.end(), address) != node.end())
    return ConnectState::kInternal;
  if (Contains(context.internal, address)) return ConnectState::kInternal;
  if (Contains(context.services, address)) return ConnectState::kService;
  return std::nullopt;
}

bool IsTrustedResolver(const Endpoint& server, const Context& context) {
  const auto& listed = context.resolvers;
  const auto& ports = context.trust_any_on_port;
  return std::find(listed.begin(), listed.end(), server) != listed.end() ||
         std::find(ports.begin(), ports.end(), server.port) != ports.end();
}

Endpoint JudgedEndpoint(const Endpoint& addressed,
                        const std::optional<Endpoint>& wire,
                        const Context& context,
                        const std::vector<Network>& redirects) {
  if (!wire || wire->IsUnset()) return WithoutUnspecified(addressed);
  const bool inside = PlaceOf(wire->address, context).has_value() ||
                      Contains(redirects, wire->address) ||
                      // CoreDNS behind its Service, seen from a hostNetwork
                      // pod, while the ranges are not known.
                      (wire->address.IsPrivate() && RangesUnknown(context));
  const auto& listed = context.resolvers;
  if (inside || std::find(listed.begin(), listed.end(), *wire) != listed.end())
    return WithoutUnspecified(addressed);
  return *wire;
}

void Judge(Event& event, const Context& context) {
  auto* connect = std::get_if<ConnectEvent>(&event.body);
  if (connect == nullptr) return;
  const Evidence& evidence = connect->evidence;
  ConnectVerdict& verdict = connect->verdict;
  const Endpoint judged = evidence.judged.IsUnset()
                              ? WithoutUnspecified(connect->destination)
                              : evidence.judged;
  verdict.state = Settle(judged.address, evidence, context);
  verdict.encrypted = evidence.encrypted;
  verdict.history_complete = evidence.history_complete;
  verdict.seen_elsewhere = evidence.elsewhere.has_value();
  verdict.names.clear();
  verdict.age.reset();
  verdict.ttl_s.reset();
  verdict.resolver.reset();
  const Binding* binding = Decisive(verdict.state, evidence);
  if (binding == nullptr) return;
  verdict.names.assign(binding->names.begin(), binding->names.end());
  verdict.age = binding->age;
  verdict.ttl_s = binding->ttl_s;
  verdict.resolver = binding->resolver;
}

}  // namespace nameward
