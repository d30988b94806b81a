// SPDX-License-Identifier: Apache-2.0
#include "alert/facts.h"

#include "alert/json_writer.h"

namespace nameward {
namespace {

ConnectState StateOf(const Event& event) {
  const auto* connect = std::get_if<ConnectEvent>(&event.body);
  return connect != nullptr ? connect->verdict.state : ConnectState::kInternal;
}

int ConfidenceOfConnect(const ConnectVerdict& verdict) {
  if (verdict.state == ConnectState::kWarmup) return 1;
  return verdict.history_complete ? 3 : 2;
}

uint8_t NumberOf(Transport transport) {
  return transport == Transport::kUdp ? kUdp : kTcp;
}

template <typename Body>
Ends ClientAndServer(const Body& body) {
  return {&body.client, &body.server, NumberOf(body.transport)};
}

struct EndsVisitor {
  Ends operator()(const DnsEvent& dns) const { return ClientAndServer(dns); }
  Ends operator()(const TransportEvent& transport) const {
    return ClientAndServer(transport);
  }
  Ends operator()(const MalformedEvent& malformed) const {
    return ClientAndServer(malformed);
  }
  Ends operator()(const ConnectEvent& connect) const {
    return {connect.source ? &*connect.source : nullptr, &connect.destination,
            connect.protocol};
  }
  Ends operator()(const FlowEvent& flow) const {
    return {&flow.source, &flow.destination, flow.protocol};
  }
  Ends operator()(const LossEvent&) const { return {}; }
};

}  // namespace

Severity SeverityOf(const Alert& alert) {
  const Severity severity = alert.finding.rule->severity;
  if (StateOf(alert.event) != ConnectState::kStale) return severity;
  if (severity == Severity::kInformational) return severity;
  return static_cast<Severity>(static_cast<int>(severity) - 1);
}

int ConfidenceOf(const Alert& alert) {
  if (alert.finding.scope_unknown) return 1;
  if (const auto* connect = std::get_if<ConnectEvent>(&alert.event.body))
    return ConfidenceOfConnect(connect->verdict);
  const auto* transport = std::get_if<TransportEvent>(&alert.event.body);
  // DoH is known by the name of its server only; the others by their bytes.
  return transport != nullptr && transport->kind == TransportKind::kDoh ? 2 : 3;
}

std::string_view ProtocolName(uint8_t protocol) {
  switch (protocol) {
    case 1:
      return "icmp";
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    case 33:
      return "dccp";
    case 58:
      return "ipv6-icmp";
    case 132:
      return "sctp";
    case 136:
      return "udplite";
    default:
      return {};
  }
}

std::string_view DigestOf(std::string_view image_id) {
  const std::string_view digest =
      image_id.substr(image_id.rfind('@') + 1);  // npos + 1: all of it
  const bool is_digest =
      digest.starts_with("sha256:") || digest.starts_with("sha512:");
  return is_digest ? digest : std::string_view();
}

Ends EndsOf(const Event& event) {
  return std::visit(EndsVisitor{}, event.body);
}

std::string_view ServerNameOf(const Event& event) {
  const auto* transport = std::get_if<TransportEvent>(&event.body);
  if (transport == nullptr || transport->kind == TransportKind::kDnsOtherPort)
    return {};
  return transport->name;
}

std::string_view ApplicationOf(const Event& event) {
  if (std::holds_alternative<DnsEvent>(event.body)) return "dns";
  const auto* transport = std::get_if<TransportEvent>(&event.body);
  if (transport == nullptr) return {};
  const bool plain = transport->kind == TransportKind::kDnsOtherPort;
  return plain ? "dns" : ToString(transport->kind);
}

const Workload& WorkloadOf(const Event& event) {
  static const Workload kUnknown;
  return event.origin.workload != nullptr ? *event.origin.workload : kUnknown;
}

ClockOffset ClockOf(const Alert& alert) {
  return {alert.first_seen.time_since_epoch() -
          alert.event.time.time_since_epoch()};
}

std::string PartitionKey(const Event& event, const NodeIdentity& node) {
  const Workload& workload = WorkloadOf(event);
  std::string key;
  if (!node.cluster.empty()) key.append(node.cluster).append("/");
  if (!workload.pod) key.append(node.name).append("/");
  AppendEscaped(workload.DisplayName(), kNoCap, key);
  return key;
}

std::string CloudEventSource(const NodeIdentity& node) {
  const std::string& group = node.cluster.empty() ? "nodes" : node.cluster;
  return "/" + group + "/" + node.name + "/nameward";
}

}  // namespace nameward
