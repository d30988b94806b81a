// SPDX-License-Identifier: Apache-2.0
// What every format says of an event or an alert, drawn from it once and in one
// way: who, to whom, how severe, how sure.  Pure functions; any thread.
#ifndef NAMEWARD_ALERT_FACTS_H_
#define NAMEWARD_ALERT_FACTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/alert.h"
#include "model/event.h"
#include "model/node_identity.h"

namespace nameward {

// Bounds of one string in an output line, in escaped bytes.
// 253 bytes of wire, each \\DDD: a DNS name is never cut.
inline constexpr size_t kNameCap = size_t{5} * 253;
inline constexpr size_t kCommCap = 96;  // 16 bytes (TASK_COMM_LEN), each \u00XX
inline constexpr size_t kExeCap = 256;
inline constexpr size_t kTextCap = 512;  // all others

// The rule's severity, one step lower for a connect to a `stale` address: the
// program knew the name once (a cache that outlives the TTL).
Severity SeverityOf(const Alert& alert);

// OCSF confidence_id: 3 high, 2 medium, 1 low.
int ConfidenceOf(const Alert& alert);

// "tcp", "udp", "icmp", "ipv6-icmp", "sctp", "dccp", "udplite"; empty: unknown.
std::string_view ProtocolName(uint8_t protocol);

inline constexpr uint8_t kTcp = 6;  // IANA protocol numbers
inline constexpr uint8_t kUdp = 17;

// The digest in an image's id, behind its last '@' or all of it, by one of the
// registered algorithms (OCI image-spec, descriptor.md); empty: none.
std::string_view DigestOf(std::string_view image_id);

// Both ends of an event; null where it has none.
struct Ends {
  const Endpoint* source = nullptr;
  const Endpoint* destination = nullptr;
  uint8_t protocol = 0;
};
Ends EndsOf(const Event& event);

// The server's name as the client said it (SNI); empty: none.
std::string_view ServerNameOf(const Event& event);

// "dns", "dot", "doq", "doh"; empty: not known.
std::string_view ApplicationOf(const Event& event);

// The workload of an event, never null.
const Workload& WorkloadOf(const Event& event);

// The clock by which the alert's first event was shown.
ClockOffset ClockOf(const Alert& alert);

// What keeps one workload's records in one Kafka partition, in order:
// CLUSTER/namespace/Kind/name, or for what is no pod's CLUSTER/NODE/its name;
// without "CLUSTER/" where that is not known.  UTF-8 whatever a cgroup is
// called: as within a JSON string.
std::string PartitionKey(const Event& event, const NodeIdentity& node);

// The source of a CloudEvent: /CLUSTER/NODE/nameward, or /nodes/NODE/nameward
// where the cluster is not known.
std::string CloudEventSource(const NodeIdentity& node);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_FACTS_H_
