// SPDX-License-Identifier: Apache-2.0
#include "source/tcp_segment.h"

namespace nameward {
namespace {

constexpr size_t kHeader = 20;
enum Flag : unsigned { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };

}  // namespace

std::optional<CapturedSegment> ParseTcp(const IpPacket& packet) {
  if (packet.payload.size() < kHeader) return std::nullopt;
  ByteReader reader(packet.payload);
  CapturedSegment segment;
  segment.source = {packet.source, *reader.U16()};
  segment.destination = {packet.destination, *reader.U16()};
  segment.sequence = *reader.U32();
  segment.acknowledged = *reader.U32();
  const uint16_t bits = *reader.U16();
  segment.fin = (bits & kFin) != 0;
  segment.syn = (bits & kSyn) != 0;
  segment.rst = (bits & kRst) != 0;
  segment.ack = (bits & kAck) != 0;
  const size_t header = (bits >> 12U) * 4;
  if (header < kHeader || header > packet.size) return std::nullopt;
  // Options may be cut by the capture, and the payload with them.
  if (reader.Seek(header)) segment.payload = *reader.Take(reader.remaining());
  return segment;
}

}  // namespace nameward
