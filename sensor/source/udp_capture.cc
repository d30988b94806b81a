// SPDX-License-Identifier: Apache-2.0
#include "source/udp_capture.h"

#include <netinet/in.h>

#include <algorithm>
#include <optional>

#include "base/hash.h"
#include "source/dns_shape.h"

namespace nameward {
namespace {

constexpr size_t kHeader = 8;
constexpr uint16_t kFirstUserPort = 1024;

struct Datagram {
  Endpoint source;
  Endpoint destination;
  Bytes payload;
  size_t size;  // of the payload before the capture cut it
};

std::optional<Datagram> Parse(const IpPacket& packet) {
  ByteReader reader(packet.payload);
  const auto source = reader.U16();
  const auto destination = reader.U16();
  const auto length = reader.U16();
  if (!source || !destination || !length || !reader.Skip(2))
    return std::nullopt;
  if (*length < kHeader || *length > packet.size) return std::nullopt;
  const size_t size = *length - kHeader;
  const Bytes payload = *reader.Take(std::min(size, reader.remaining()));
  return Datagram{{packet.source, *source},
                  {packet.destination, *destination},
                  payload,
                  size};
}

enum class Kind { kQuery, kAnswer, kOther };

Kind KindOf(const Datagram& datagram) {
  constexpr size_t kFlagsAt = 2;
  switch (ShapeOfMessage(datagram.payload, datagram.size)) {
    case DnsShape::kQuery:
      return Kind::kQuery;
    case DnsShape::kAnswer:
      return Kind::kAnswer;
    case DnsShape::kNone:
      break;
  }
  const bool to_server = datagram.destination.port == kDnsPort;
  const bool from_server = datagram.source.port == kDnsPort;
  if (!to_server && !from_server) return Kind::kOther;
  if (to_server != from_server) return to_server ? Kind::kQuery : Kind::kAnswer;
  const bool qr = datagram.payload.size() > kFlagsAt &&
                  (datagram.payload[kFlagsAt] & 0x80) != 0;
  return qr ? Kind::kAnswer : Kind::kQuery;
}

// One socket may ask many servers, so its cookie is a matter of the client's
// endpoint alone. The same in every replay, hence the fixed key; the top bit
// keeps it apart from the numbers of TCP connections.
uint64_t CookieOf(const Endpoint& client) {
  constexpr HashKey kKey{0x7063617020756470ULL, 0x636f6f6b6965};
  uint8_t bytes[18];
  std::copy(client.address.bytes().begin(), client.address.bytes().end(),
            bytes);
  bytes[16] = static_cast<uint8_t>(client.port >> 8);
  bytes[17] = static_cast<uint8_t>(client.port);
  return SipHash13(bytes, kKey) | (uint64_t{1} << 63);
}

Conversation From(const Endpoint& client, const Endpoint& server) {
  return {client, server, CookieOf(client)};
}

}  // namespace

bool UdpCapture::IsNew(const EndpointPair& pair, uint64_t time_ns) {
  if (Flow* known = flows_.Find(pair)) {
    const uint64_t idle = time_ns - known->last_ns;
    known->last_ns = time_ns;
    return idle > static_cast<uint64_t>(kIdle.count());
  }
  flows_.Put(pair, Flow{time_ns}, [](Flow&) {});
  return true;
}

void UdpCapture::OnPacket(const IpPacket& packet, uint64_t time_ns,
                          uint64_t begin_ns) {
  const auto datagram = Parse(packet);
  if (!datagram) {
    ++stats_.damaged;
    return;
  }
  ++stats_.datagrams;
  const Kind kind = KindOf(*datagram);
  const Endpoint& source = datagram->source;
  const Endpoint& destination = datagram->destination;
  if (IsNew({source, destination}, time_ns)) {
    // Soon after the capture began, what goes from a system port to a user port
    // is more likely a reply than a first word.
    const bool reply =
        kind == Kind::kAnswer ||
        (kind == Kind::kOther && source.port < kFirstUserPort &&
         destination.port >= kFirstUserPort &&
         time_ns - begin_ns < static_cast<uint64_t>(kIdle.count()));
    ++(reply ? stats_.older : stats_.flows);
    if (!reply)
      records_.Connect(NW_UDP_FLOW, From(source, destination), IPPROTO_UDP);
  }
  if (kind == Kind::kOther) return;
  ++stats_.dns;
  const bool ingress = kind == Kind::kAnswer;
  const Conversation who =
      ingress ? From(destination, source) : From(source, destination);
  records_.Datagram(who, ingress, datagram->payload, datagram->size);
}

}  // namespace nameward
