// SPDX-License-Identifier: Apache-2.0
// What happened, in the vocabulary of docs/events.md: the value that travels
// from decode to alert.  Each stage fills its own part and changes nothing
// else: decode the body and origin.process, correlate the evidence, enrich the
// workload, judge the verdict.
//
// The pipeline reuses one Event per kind, so bodies keep their capacity.
#ifndef NAMEWARD_MODEL_EVENT_H_
#define NAMEWARD_MODEL_EVENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/clock.h"
#include "model/address.h"
#include "model/dns.h"
#include "model/evidence.h"
#include "model/workload.h"

namespace nameward {

enum class Transport : uint8_t { kUdp, kTcp };
std::string_view ToString(Transport transport);  // "udp", "tcp"

struct Process {
  uint32_t tgid = 0;
  uint32_t tid = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t start_ns = 0;  // CLOCK_BOOTTIME; with tgid the unique key
  char comm[16] = {};     // of the group leader; attacker-made
  std::shared_ptr<const std::string> exe;  // null: not known; attacker-made

  std::string_view Comm() const;
};

struct Origin {
  uint64_t cgroup_id = 0;         // the one to attribute by
  uint64_t socket_cgroup_id = 0;  // differs if the socket came from elsewhere
  // Where the process is that moved itself out of cgroup_id, its container's;
  // 0: it did not.  Set by enrich before correlate.
  uint64_t moved_from = 0;
  uint64_t socket_cookie = 0;
  uint64_t netns_cookie = 0;
  uint64_t mntns_seq = 0;
  uint32_t mntns = 0;
  uint32_t netns = 0;
  bool old_socket = false;
  std::optional<Process> process;
  WorkloadRef workload;  // set by enrich, never null after it
};

struct DnsEvent {
  Transport transport = Transport::kUdp;
  Endpoint client;
  Endpoint server;                 // as the program addressed it
  std::optional<Endpoint> wire;    // where the packet went, if elsewhere
  bool truncated_capture = false;  // longer than the sensor ships
  bool matched = false;        // an answer that met its query; set by correlate
  bool case_mismatch = false;  // it met it but for the case of letters
  // Set by judge (docs/states.md).  The labels of the question before one of
  // the pod's search suffixes; 0: it ends with none.
  uint8_t base_labels = 0;
  // The suffix is one to trust, and no answer says that the name exists.
  bool expansion = false;
  // Place in the chain of the first name outside the cluster's zones, where the
  // question is inside (ExternalName); 0: none.
  uint8_t external = 0;
  // A query to a trusted resolver that left for a server outside.
  bool diverted = false;
  DnsMessage message;

  bool Port53() const { return server.port == 53; }
};

enum class ConnectResult : uint8_t { kAttempt, kEstablished, kFailed };

struct ConnectEvent {
  uint8_t protocol = 6;  // IANA protocol number
  std::optional<Endpoint> source;
  Endpoint destination;  // as the program addressed it
  bool mapped = false;   // through an IPv6 socket
  std::optional<Endpoint> wire;
  ConnectResult result = ConnectResult::kAttempt;
  int error = 0;  // errno of kFailed
  uint32_t count = 1;
  // The sensor's loss of this cgroup's records so far, as the kernel stamped
  // it.
  uint32_t lost_answers = 0;
  uint32_t lost_quota = 0;
  Evidence evidence;       // set by correlate
  ConnectVerdict verdict;  // set by judge
};

enum class FlowWhat : uint8_t { kConnect, kAccept, kClose, kFailed };

struct FlowEvent {
  FlowWhat what = FlowWhat::kConnect;
  uint8_t protocol = 6;
  Endpoint source;
  Endpoint destination;
  std::optional<Nanoseconds> duration;
  uint64_t sent = 0;
  uint64_t received = 0;
  int error = 0;
};

enum class TransportKind : uint8_t { kDnsOtherPort, kDot, kDoq, kDoh };
std::string_view ToString(TransportKind kind);  // "dns_other_port", "dot" …

struct TransportEvent {
  TransportKind kind = TransportKind::kDnsOtherPort;
  Transport transport = Transport::kUdp;
  Endpoint client;
  Endpoint server;
  std::string name;      // SNI or the DNS question; empty: none
  std::string evidence;  // one phrase: what showed it
};

// One word each, listed with their meaning in docs/events.md; ToString gives
// it.
enum class MalformedReason : uint8_t {
  kShortHeader,
  kBadName,  // truncated, or a label type other than 00 and 11
  kPointer,  // compression pointer not strictly backward
  kNameTooLong,
  kBadCount,  // a record count that the bytes don't hold
  kBadRdata,  // RDLENGTH beyond the message or at odds with the type
  kTrailingBytes,
  kNoQuestion,
  kTooManyRecords,
  kStreamGap,         // TCP bytes missing
  kStreamTooLong,     // more unassembled bytes than the bound
  kStreamLength,      // TCP length prefix below a header
  kChunkMissing,      // part of a long datagram lost
  kCaptureTruncated,  // longer than the sensor ships
  kBadOpt,            // more than one OPT, or a broken one
  kShortRecord,       // a kernel record shorter than its struct
  kUnknownRecord,     // a kind this version does not know
  kCount,             // not a reason: how many there are
};
std::string_view ToString(MalformedReason reason);

struct MalformedEvent {
  MalformedReason reason = MalformedReason::kShortHeader;
  Transport transport = Transport::kUdp;
  Endpoint client;
  Endpoint server;
  uint32_t size = 0;
};

struct LossEvent {
  std::string record_class;  // answer, query, connect, state
  std::string fate;          // full, quota
  uint64_t count = 0;
  BootTime since;
  uint64_t cgroup_id = 0;  // 0: not known
};

struct Event {
  uint64_t seq = 0;  // counts from 1 in each run, in kernel order
  BootTime time;
  Origin origin;
  std::variant<DnsEvent, ConnectEvent, FlowEvent, TransportEvent,
               MalformedEvent, LossEvent>
      body;

  std::string_view Kind() const;  // "dns", "connect" …
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_EVENT_H_
