// SPDX-License-Identifier: Apache-2.0
#include "source/tcp_capture.h"

#include <netinet/in.h>

#include <cerrno>
#include <utility>

namespace nameward {
namespace {

// Distance in sequence space (RFC 9293 3.4): negative if `to` is before `from`.
int32_t Distance(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}

}  // namespace

void TcpCapture::OnPacket(const IpPacket& packet) {
  const auto segment = ParseTcp(packet);
  if (!segment) {
    ++stats_.damaged;
    return;
  }
  ++stats_.segments;
  Connection* connection = FindOrMake(*segment);
  if (connection == nullptr) return;
  const bool ingress = segment->source == connection->who.server;
  Side& side = ingress ? connection->from_server : connection->from_client;
  if (segment->syn && !side.begin) {
    side.begin = segment->sequence + 1;
    side.saw_syn = true;
  }
  if (emit_flows_) FollowState(*connection, ingress, *segment);
  OnPayload(*connection, ingress, *segment);
}

// Null: of a connection begun before the capture that shows no DNS.
TcpCapture::Connection* TcpCapture::FindOrMake(const CapturedSegment& segment) {
  if (segment.syn && !segment.ack) return Connect(segment);
  Connection* known = connections_.Find({segment.source, segment.destination});
  return known != nullptr ? known : Join(segment);
}

TcpCapture::Connection* TcpCapture::Make(const Endpoint& client,
                                         const Endpoint& server) {
  Connection connection;
  connection.who = {client, server, ++last_cookie_};
  if (server.port == kDnsPort)
    connection.from_client.speaks = connection.from_server.speaks =
        Speaks::kDns;
  return &connections_.Put({client, server}, std::move(connection),
                           [this](Connection& old) {
                             LetGo(old.from_client);
                             LetGo(old.from_server);
                           });
}

TcpCapture::Connection* TcpCapture::Connect(const CapturedSegment& segment) {
  Connection* known = connections_.Find({segment.source, segment.destination});
  if (known != nullptr && known->who.client == segment.source &&
      known->from_client.saw_syn &&
      known->from_client.begin == segment.sequence + 1) {
    ++stats_.repeated_syns;
    return known;
  }
  Connection* made = Make(segment.source, segment.destination);
  records_.Connect(NW_CONNECT, made->who, IPPROTO_TCP);
  ++stats_.connects;
  return made;
}

// Its SYN is not in the capture.
TcpCapture::Connection* TcpCapture::Join(const CapturedSegment& segment) {
  if (segment.syn) {  // … but the answer to it is
    Connection* made = Make(segment.destination, segment.source);
    made->from_client.begin = segment.acknowledged;
    made->from_client.saw_syn = true;
    return made;
  }
  const bool to_53 = segment.destination.port == kDnsPort;
  const bool from_53 = segment.source.port == kDnsPort;
  const DnsShape shape = ShapeOfStream(segment.payload);
  const bool dns = shape != DnsShape::kNone || to_53 || from_53;
  if (segment.payload.empty() || !dns) {
    ++stats_.older;
    return nullptr;
  }
  const bool from_client =
      shape == DnsShape::kNone ? to_53 : shape == DnsShape::kQuery;
  return from_client ? Make(segment.source, segment.destination)
                     : Make(segment.destination, segment.source);
}

void TcpCapture::OnPayload(Connection& connection, bool ingress,
                           const CapturedSegment& segment) {
  Side& side = ingress ? connection.from_server : connection.from_client;
  if (side.speaks == Speaks::kOther) return;
  if (segment.payload.empty() && !segment.fin) return;
  const uint32_t sequence = segment.PayloadSequence();
  if (!side.begin) side.begin = sequence;
  if (side.speaks == Speaks::kUnknown) {
    // A keep-alive probe repeats the byte before the first.
    const int32_t offset = Distance(*side.begin, sequence);
    if (offset >= 0)
      side.head.Add(static_cast<size_t>(offset), segment.payload);
    const auto shape = side.head.Shape();
    if (!shape) return Hold(side, segment);
    const DnsShape expected = ingress ? DnsShape::kAnswer : DnsShape::kQuery;
    if (*shape != expected) {
      side.speaks = Speaks::kOther;
      return LetGo(side);
    }
    side.speaks = Speaks::kDns;
    ++stats_.dns_streams;
    Release(connection, ingress);
  }
  Ship(connection, ingress, {sequence, segment.fin, segment.payload});
}

void TcpCapture::Hold(Side& side, const CapturedSegment& segment) {
  const Bytes bytes = segment.payload;
  const size_t cost = sizeof(Held) + bytes.size();
  if (side.held_bytes + cost > kMaxHeld ||
      held_in_all_ + cost > kMaxHeldInAll) {
    ++stats_.undecided;
    side.speaks = Speaks::kOther;
    return LetGo(side);
  }
  side.held.push_back(
      {segment.PayloadSequence(), segment.fin, {bytes.begin(), bytes.end()}});
  side.held_bytes += cost;
  held_in_all_ += cost;
}

void TcpCapture::LetGo(Side& side) {
  held_in_all_ -= side.held_bytes;
  side.held_bytes = 0;
  side.held = {};
}

void TcpCapture::Release(Connection& connection, bool ingress) {
  Side& side = ingress ? connection.from_server : connection.from_client;
  for (const Held& held : side.held)
    Ship(connection, ingress, {held.begin, held.fin, held.bytes});
  LetGo(side);
}

void TcpCapture::Ship(Connection& connection, bool ingress,
                      const Piece& piece) {
  Side& side = ingress ? connection.from_server : connection.from_client;
  unsigned flags = 0;
  if (ingress) flags |= NW_F_INGRESS;
  if (side.saw_syn && !side.told_begin)
    records_.Segment(connection.who, flags | NW_F_SYN, *side.begin - 1, {});
  side.told_begin = true;
  if (!side.saw_syn) flags |= NW_F_MIDSTREAM;
  if (piece.fin) flags |= NW_F_FIN;
  records_.Segment(connection.who, flags, piece.begin, piece.bytes);
  ++stats_.dns_segments;
}

void TcpCapture::FollowState(Connection& connection, bool ingress,
                             const CapturedSegment& segment) {
  Side& other = ingress ? connection.from_client : connection.from_server;
  Side& side = ingress ? connection.from_server : connection.from_client;
  if (connection.over) return;
  if (segment.ack && other.begin) {
    if (other.last_acknowledged == 0) other.last_acknowledged = *other.begin;
    const int32_t more =
        Distance(other.last_acknowledged, segment.acknowledged);
    if (more > 0) {
      // The FIN is acknowledged as if it were a byte.
      other.acknowledged += static_cast<uint32_t>(more);
      other.last_acknowledged = segment.acknowledged;
    }
  }
  if (segment.syn && segment.ack && ingress && !connection.established) {
    connection.established = true;
    records_.Flow(connection.who, NW_FLOW_ESTABLISHED, 0, {});
  }
  side.ended |= segment.fin;
  if (!segment.rst &&
      !(connection.from_client.ended && connection.from_server.ended))
    return;
  connection.over = true;
  if (!connection.established)
    return records_.Flow(connection.who, NW_FLOW_FAILED,
                         ingress ? ECONNREFUSED : 0, {});
  records_.Flow(connection.who, NW_FLOW_CLOSED, 0,
                {connection.from_client.acknowledged,
                 connection.from_server.acknowledged});
}

}  // namespace nameward
