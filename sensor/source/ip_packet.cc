// SPDX-License-Identifier: Apache-2.0
#include "source/ip_packet.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

namespace nameward {
namespace {

constexpr size_t kIpv4Header = 20;
constexpr size_t kIpv6Header = 40;
constexpr size_t kFragmentHeader = 8;
// The kernel side walks six; real packets have two at most.
constexpr int kMaxExtensions = 8;

IpAddress ReadV4(ByteReader& reader) {
  return IpAddress::V4(reader.U32().value_or(0));
}

IpAddress ReadV6(ByteReader& reader) {
  uint8_t bytes[16] = {};
  if (const auto taken = reader.Take(16))
    std::memcpy(bytes, taken->data(), sizeof bytes);
  return IpAddress(bytes);
}

void SetPayload(Bytes bytes, size_t size, IpPacket& packet) {
  packet.size = size;
  packet.payload = bytes.first(std::min(bytes.size(), size));
}

IpParse ParseV4(Bytes bytes, size_t wire_size, IpPacket& packet) {
  if (bytes.size() < kIpv4Header) return IpParse::kDamaged;
  ByteReader reader(bytes);
  const size_t header = (*reader.U8() & 0xfU) * 4;
  reader.Skip(1);
  size_t total = *reader.U16();
  const uint16_t id = *reader.U16();
  const uint16_t fragment = *reader.U16();
  reader.Skip(1);
  packet.protocol = *reader.U8();
  reader.Skip(2);
  packet.source = ReadV4(reader);
  packet.destination = ReadV4(reader);
  // Captured before segmentation offload set it.
  if (total == 0) total = wire_size;
  if (header < kIpv4Header || total < header || header > bytes.size() ||
      total > wire_size)
    return IpParse::kDamaged;
  SetPayload(bytes.subspan(header), total - header, packet);
  const bool more = (fragment & 0x2000) != 0;
  const auto offset = static_cast<uint16_t>((fragment & 0x1fff) * 8);
  if (more || offset != 0) packet.fragment = IpFragment{id, offset, more};
  if (packet.fragment) return IpParse::kOk;
  return WalkExtensions(packet) ? IpParse::kOk : IpParse::kDamaged;
}

IpParse ParseV6(Bytes bytes, size_t wire_size, IpPacket& packet) {
  if (bytes.size() < kIpv6Header) return IpParse::kDamaged;
  ByteReader reader(bytes);
  reader.Skip(4);
  size_t size = *reader.U16();
  packet.protocol = *reader.U8();
  reader.Skip(1);
  packet.source = ReadV6(reader);
  packet.destination = ReadV6(reader);
  // A jumbogram (RFC 2675), or before segmentation offload.
  if (size == 0) size = wire_size - kIpv6Header;
  if (kIpv6Header + size > wire_size) return IpParse::kDamaged;
  SetPayload(bytes.subspan(kIpv6Header), size, packet);
  return WalkExtensions(packet) ? IpParse::kOk : IpParse::kDamaged;
}

bool Advance(size_t length, IpPacket& packet) {
  if (length > packet.payload.size()) return false;
  packet.payload = packet.payload.subspan(length);
  packet.size -= length;
  return true;
}

bool TakeFragmentHeader(IpPacket& packet) {
  ByteReader reader(packet.payload);
  const auto next = reader.U8();
  reader.Skip(1);
  const auto offset = reader.U16();
  const auto id = reader.U32();
  if (!next || !offset || !id) return false;
  packet.protocol = *next;
  const bool more = (*offset & 1) != 0;
  const auto bytes = static_cast<uint16_t>(*offset & 0xfff8);
  // RFC 6946: an atomic fragment is a whole packet.
  if (more || bytes != 0) packet.fragment = IpFragment{*id, bytes, more};
  return Advance(kFragmentHeader, packet);
}

// Bytes of the extension header, 0 if the protocol is none.
size_t ExtensionLength(uint8_t protocol, uint8_t length_field) {
  switch (protocol) {
    case IPPROTO_HOPOPTS:
    case IPPROTO_ROUTING:
    case IPPROTO_DSTOPTS:
    case IPPROTO_MH:
      return (size_t{length_field} + 1) * 8;
    case IPPROTO_AH:
      return (size_t{length_field} + 2) * 4;
    default:
      return 0;
  }
}

}  // namespace

bool WalkExtensions(IpPacket& packet) {
  for (int walked = 0; walked < kMaxExtensions; ++walked) {
    if (packet.protocol == IPPROTO_FRAGMENT) {
      if (!TakeFragmentHeader(packet)) return false;
      if (packet.fragment) return true;
      continue;
    }
    if (ExtensionLength(packet.protocol, 0) == 0) return true;
    if (packet.payload.size() < 2) return false;
    const size_t length = ExtensionLength(packet.protocol, packet.payload[1]);
    packet.protocol = packet.payload[0];
    if (!Advance(length, packet)) return false;
  }
  return false;
}

IpParse ParseIp(Bytes bytes, size_t wire_size, IpPacket& packet) {
  packet = IpPacket{};
  if (bytes.empty()) return IpParse::kNotIp;
  wire_size = std::max(wire_size, bytes.size());
  switch (bytes[0] >> 4) {
    case 4:
      return ParseV4(bytes, wire_size, packet);
    case 6:
      return ParseV6(bytes, wire_size, packet);
    default:
      return IpParse::kNotIp;
  }
}

}  // namespace nameward
