// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

#include <netinet/in.h>

#include <string>

#include "bpf/event.h"
#include "decode/datagram.h"
#include "decode/dns_message.h"
#include "decode/flow.h"
#include "decode/origin.h"
#include "decode/tcp_stream.h"

namespace nameward {
namespace {

constexpr uint16_t kDnsPort = 53;
constexpr uint16_t kEncryptedPort = 853;  // RFC 7858 DoT, RFC 9250 DoQ
constexpr uint16_t kNetBiosPort = 137;    // RFC 1002 4.2
constexpr uint16_t kMdnsPort = 5353;      // RFC 6762
constexpr uint16_t kLlmnrPort = 5355;     // RFC 4795

std::optional<Endpoint> IfSet(const nw_endpoint& raw) {
  const Endpoint endpoint = ToEndpoint(raw);
  if (endpoint.IsUnset()) return std::nullopt;
  return endpoint;
}

// Name service of the local link: not a way round the resolver.
bool IsLocalDiscovery(const Endpoint& server) {
  const IpAddress& to = server.address;
  return to.IsMulticast() || to.IsBroadcast() ||
         (to.IsLinkLocal() &&
          (server.port == kMdnsPort || server.port == kLlmnrPort ||
           server.port == kNetBiosPort));
}

}  // namespace

class Decoder::Work : private TcpStreamSink {
 public:
  explicit Work(DecodeOptions options) : next_seq_(options.first_seq) {}

  void Kernel(Bytes bytes, DecodeSink& sink);
  void Loss(Bytes bytes, DecodeSink& sink);

  DecodeStats stats;

 private:
  // How a record ended.
  struct Fate {
    enum { kDecoded, kRejected, kNotDns, kServerSide } what = kDecoded;
    MalformedReason reason = MalformedReason::kCount;
  };
  static Fate Rejected(MalformedReason reason) {
    return {Fate::kRejected, reason};
  }
  void Count(Fate fate);

  Fate Dispatch(uint16_t kind, Bytes bytes);
  Fate Connect(Bytes bytes);
  Fate Datagram(Bytes bytes);
  Fate Segment(Bytes bytes);
  Fate Flow(Bytes bytes);
  Fate Socket(Bytes bytes);
  Fate Cgroup(Bytes bytes);
  Fate Executable(Bytes bytes);
  Fate Message(const nw_payload& head, Bytes message, Transport transport);
  Fate Malformed(const nw_payload& head, Transport transport,
                 MalformedReason reason, size_t size);
  void Encrypted(const nw_connect& raw, const Endpoint& server);
  void OtherPort(const DnsEvent& dns);

  bool OnStreamMessage(Bytes message) override;
  void OnStreamFault(MalformedReason reason, size_t buffered) override;
  void Worsen(Fate fate);

  template <typename Body>
  Body& Begin(Event& event, const nw_header& header) {
    event.time = BootTimeFromNanoseconds(header.time);
    origins_.Fill(header, event.origin);
    if (!std::holds_alternative<Body>(event.body)) event.body.emplace<Body>();
    return *std::get_if<Body>(&event.body);
  }
  void Emit(Event& event) {
    event.seq = next_seq_++;
    ++stats.events;
    sink_->OnEvent(event);
  }

  DecodeSink* sink_ = nullptr;
  uint64_t next_seq_;
  Origins origins_;
  Datagrams datagrams_;
  TcpStreams streams_;
  Flows flows_;
  Event dns_, connect_, flow_, transport_, malformed_, loss_;
  CgroupChange cgroup_;
  // The segment that streams_ is working on.
  nw_payload segment_{};
  Fate segment_fate_;
};

Decoder::Decoder(DecodeOptions options)
    : work_(std::make_unique<Work>(options)) {}
Decoder::~Decoder() = default;

const DecodeStats& Decoder::stats() const { return work_->stats; }

void Decoder::Decode(const RecordView& record, DecodeSink& sink) {
  if (record.type == RecordType::kKernel) work_->Kernel(record.payload, sink);
  if (record.type == RecordType::kLoss) work_->Loss(record.payload, sink);
}

void Decoder::Work::Kernel(Bytes bytes, DecodeSink& sink) {
  sink_ = &sink;
  ++stats.records;
  const auto header = ByteReader(bytes).Copy<nw_header>();
  const bool whole = header && header->length <= bytes.size();
  Count(whole ? Dispatch(header->kind, bytes)
              : Rejected(MalformedReason::kShortRecord));
}

void Decoder::Work::Count(Fate fate) {
  switch (fate.what) {
    case Fate::kDecoded:
      ++stats.decoded;
      break;
    case Fate::kRejected:
      ++stats.rejected[static_cast<size_t>(fate.reason)];
      break;
    case Fate::kNotDns:
      ++stats.not_dns;
      break;
    case Fate::kServerSide:
      ++stats.server_side;
      break;
  }
}

Decoder::Work::Fate Decoder::Work::Dispatch(uint16_t kind, Bytes bytes) {
  switch (kind) {
    case NW_CONNECT:
    case NW_UDP_FLOW:
    case NW_RAW_FLOW:
    case NW_WIRE:
      return Connect(bytes);
    case NW_DNS_DATAGRAM:
      return Datagram(bytes);
    case NW_DNS_SEGMENT:
      return Segment(bytes);
    case NW_FLOW:
      return Flow(bytes);
    case NW_SOCKET:
      return Socket(bytes);
    case NW_CGROUP:
      return Cgroup(bytes);
    case NW_EXE:
      return Executable(bytes);
    default:
      return Rejected(MalformedReason::kUnknownRecord);
  }
}

Decoder::Work::Fate Decoder::Work::Connect(Bytes bytes) {
  const auto raw = ByteReader(bytes).Copy<nw_connect>();
  if (!raw) return Rejected(MalformedReason::kShortRecord);
  auto& connect = Begin<ConnectEvent>(connect_, raw->h);
  // Evidence and verdict stay: the stages that fill them overwrite all of it,
  // and the room for their names is used again.
  connect.result = ConnectResult::kAttempt;
  connect.error = 0;
  connect.protocol = static_cast<uint8_t>(raw->proto);
  connect.source = IfSet(raw->src);
  connect.destination = ToEndpoint(raw->dst);
  connect.mapped = (raw->h.flags & NW_F_MAPPED) != 0;
  connect.wire = IfSet(raw->wire);
  connect.count = raw->count == 0 ? 1 : raw->count;
  connect.lost_answers = raw->h.lost_answers;
  connect.lost_quota = raw->h.lost_quota;
  if (raw->h.kind == NW_CONNECT) origins_.LearnCaller(raw->h);
  stats.callers_evicted = origins_.callers_evicted();
  const Endpoint server = connect.destination;
  Emit(connect_);
  if (server.port == kEncryptedPort) Encrypted(*raw, server);
  return {};
}

void Decoder::Work::Encrypted(const nw_connect& raw, const Endpoint& server) {
  const bool dot = raw.h.kind == NW_CONNECT && raw.proto == IPPROTO_TCP;
  const bool doq = raw.h.kind == NW_UDP_FLOW && raw.proto == IPPROTO_UDP;
  if (!dot && !doq) return;
  auto& transport = Begin<TransportEvent>(transport_, raw.h);
  transport.kind = dot ? TransportKind::kDot : TransportKind::kDoq;
  transport.transport = dot ? Transport::kTcp : Transport::kUdp;
  transport.client = ToEndpoint(raw.src);
  transport.server = server;
  transport.name.clear();
  transport.evidence = dot ? "connect to tcp/853" : "datagram to udp/853";
  Emit(transport_);
}

Decoder::Work::Fate Decoder::Work::Datagram(Bytes bytes) {
  ByteReader reader(bytes);
  const auto head = reader.Copy<nw_payload>();
  const auto payload = head ? reader.Take(head->size) : std::nullopt;
  if (!payload) return Rejected(MalformedReason::kShortRecord);
  if ((head->h.flags & NW_F_TRUNCATED) != 0 && head->offset > 0)
    return Rejected(MalformedReason::kCaptureTruncated);  // said at offset 0
  if ((head->h.flags & NW_F_TRUNCATED) != 0)
    return Malformed(*head, Transport::kUdp, MalformedReason::kCaptureTruncated,
                     head->total);
  Bytes whole;
  const ChunkFate fate =
      datagrams_.Add(*head, *payload, whole, [this](const nw_payload& lost) {
        Malformed(lost, Transport::kUdp, MalformedReason::kChunkMissing,
                  lost.total);
      });
  stats.datagrams_evicted = datagrams_.evicted();
  switch (fate) {
    case ChunkFate::kComplete:
      return Message(*head, whole, Transport::kUdp);
    case ChunkFate::kMissing:
      return Malformed(*head, Transport::kUdp, MalformedReason::kChunkMissing,
                       head->total);
    case ChunkFate::kBad:
      return Rejected(MalformedReason::kShortRecord);
    default:
      return {};
  }
}

Decoder::Work::Fate Decoder::Work::Segment(Bytes bytes) {
  ByteReader reader(bytes);
  const auto head = reader.Copy<nw_payload>();
  const auto payload = head ? reader.Take(head->size) : std::nullopt;
  if (!payload) return Rejected(MalformedReason::kShortRecord);
  const unsigned flags = head->h.flags;
  segment_ = *head;
  segment_fate_ = Fate{};
  streams_.Add({head->h.cookie, (flags & NW_F_INGRESS) != 0, head->seq,
                (flags & NW_F_SYN) != 0, (flags & NW_F_FIN) != 0,
                (flags & NW_F_MIDSTREAM) != 0, *payload},
               *this);
  stats.streams = streams_.stats();
  return segment_fate_;
}

bool Decoder::Work::OnStreamMessage(Bytes message) {
  const Fate fate = Message(segment_, message, Transport::kTcp);
  Worsen(fate);
  return fate.what != Fate::kNotDns;
}

void Decoder::Work::OnStreamFault(MalformedReason reason, size_t buffered) {
  Worsen(Malformed(segment_, Transport::kTcp, reason, buffered));
}

// A segment with several messages counts once, as the first that was no event.
void Decoder::Work::Worsen(Fate fate) {
  if (segment_fate_.what == Fate::kDecoded) segment_fate_ = fate;
}

Decoder::Work::Fate Decoder::Work::Flow(Bytes bytes) {
  const auto raw = ByteReader(bytes).Copy<nw_flow>();
  if (!raw) return Rejected(MalformedReason::kShortRecord);
  auto& flow = Begin<FlowEvent>(flow_, raw->h);
  if (!flows_.Fill(*raw, flow))
    return Rejected(MalformedReason::kUnknownRecord);
  stats.flows_evicted = flows_.evicted();
  if (flow.what == FlowWhat::kClose) streams_.Close(raw->h.cookie);
  stats.streams = streams_.stats();
  Emit(flow_);
  return {};
}

Decoder::Work::Fate Decoder::Work::Socket(Bytes bytes) {
  if (!ByteReader(bytes).Copy<nw_socket>())
    return Rejected(MalformedReason::kShortRecord);
  ++stats.sockets;
  return {};
}

Decoder::Work::Fate Decoder::Work::Message(const nw_payload& head,
                                           Bytes message, Transport transport) {
  auto& dns = Begin<DnsEvent>(dns_, head.h);
  const Endpoint remote = ToEndpoint(head.remote);
  const Endpoint asked = ToEndpoint(head.asked);
  dns.transport = transport;
  dns.client = ToEndpoint(head.local);
  dns.server = asked.IsUnset() ? remote : asked;
  dns.wire.reset();
  if (dns.server != remote) dns.wire = remote;
  dns.truncated_capture = dns.matched = dns.case_mismatch = false;
  const auto fault =
      ParseDnsMessage(message, dns.message, {dns.server.port == kMdnsPort});
  if (fault) return Malformed(head, transport, *fault, message.size());
  const bool ingress = (head.h.flags & NW_F_INGRESS) != 0;
  if (dns.message.response != ingress) return {Fate::kServerSide};
  OtherPort(dns);
  return {};
}

// Emits the message, and where it is a query to another port than DNS has, that
// as well.
void Decoder::Work::OtherPort(const DnsEvent& dns) {
  const bool speaks_elsewhere =
      !dns.message.response && !dns.Port53() && !IsLocalDiscovery(dns.server);
  if (!speaks_elsewhere) return Emit(dns_);
  if (!std::holds_alternative<TransportEvent>(transport_.body))
    transport_.body.emplace<TransportEvent>();
  auto& transport = *std::get_if<TransportEvent>(&transport_.body);
  transport_.time = dns_.time;
  transport_.origin = dns_.origin;
  transport.kind = TransportKind::kDnsOtherPort;
  transport.transport = dns.transport;
  transport.client = dns.client;
  transport.server = dns.server;
  transport.name.clear();
  dns.message.question.name.AppendTo(transport.name);
  transport.evidence = "DNS query";
  Emit(dns_);  // the sink may take its contents away
  Emit(transport_);
}

Decoder::Work::Fate Decoder::Work::Malformed(const nw_payload& head,
                                             Transport transport,
                                             MalformedReason reason,
                                             size_t size) {
  const auto asked = IfSet(head.asked);
  const Endpoint server = asked ? *asked : ToEndpoint(head.remote);
  if (server.port != kDnsPort) return {Fate::kNotDns};
  auto& malformed = Begin<MalformedEvent>(malformed_, head.h);
  malformed = {reason, transport, ToEndpoint(head.local), server,
               static_cast<uint32_t>(size)};
  Emit(malformed_);
  return Rejected(reason);
}

Decoder::Work::Fate Decoder::Work::Cgroup(Bytes bytes) {
  const auto raw = ByteReader(bytes).Copy<nw_cgroup>();
  if (!raw || raw->size > NW_PATH_LEN)
    return Rejected(MalformedReason::kShortRecord);
  using What = CgroupChange::What;
  cgroup_.what = What::kFound;
  if ((raw->h.flags & NW_F_BORN) != 0) cgroup_.what = What::kBorn;
  if ((raw->h.flags & NW_F_GONE) != 0) cgroup_.what = What::kGone;
  cgroup_.id = raw->id;
  cgroup_.parent = raw->parent;
  cgroup_.time = BootTimeFromNanoseconds(raw->h.time);
  cgroup_.path.assign(raw->path, raw->size);
  // It fills the record: what came before it is cut off, and its first bytes
  // must not pass for a root of their own.
  if (cgroup_.path.size() >= NW_PATH_LEN - 1) cgroup_.path.replace(0, 3, "…");
  sink_->OnCgroup(cgroup_);
  return {};
}

Decoder::Work::Fate Decoder::Work::Executable(Bytes bytes) {
  const auto raw = ByteReader(bytes).Copy<nw_exe>();
  if (!raw || raw->size > NW_PATH_LEN)
    return Rejected(MalformedReason::kShortRecord);
  origins_.LearnExecutable(raw->exe, {raw->path, raw->size});
  stats.executables_evicted = origins_.executables_evicted();
  return {};
}

void Decoder::Work::Loss(Bytes bytes, DecodeSink& sink) {
  static constexpr std::string_view kClasses[NW_CLASSES] = {"answer", "query",
                                                            "connect", "state"};
  const auto raw = ByteReader(bytes).Copy<LossRecord>();
  if (!raw || raw->class_index >= NW_CLASSES) return;
  sink_ = &sink;
  loss_.time = BootTimeFromNanoseconds(raw->time_ns);
  loss_.origin = Origin{};
  loss_.origin.cgroup_id = raw->cgroup;
  auto& loss = loss_.body.emplace<LossEvent>();
  loss.record_class = kClasses[raw->class_index];
  loss.fate = raw->fate == NW_DROPPED_QUOTA ? "quota" : "full";
  loss.count = raw->count;
  loss.since = BootTimeFromNanoseconds(raw->since_ns);
  loss.cgroup_id = raw->cgroup;
  Emit(loss_);
}

}  // namespace nameward
