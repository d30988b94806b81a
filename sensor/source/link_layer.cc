// SPDX-License-Identifier: Apache-2.0
#include "source/link_layer.h"

namespace nameward {
namespace {

constexpr uint16_t kIpv4 = 0x0800;
constexpr uint16_t kIpv6 = 0x86dd;
constexpr uint16_t kVlan = 0x8100;         // 802.1Q
constexpr uint16_t kServiceVlan = 0x88a8;  // 802.1ad
constexpr uint16_t kOldQinq = 0x9100;      // before 802.1ad
constexpr int kMaxTags = 4;                // two are usual

bool IsTag(uint16_t type) {
  return type == kVlan || type == kServiceVlan || type == kOldQinq;
}

// From behind the EtherType on.
std::optional<Bytes> BehindTags(std::optional<uint16_t> type,
                                ByteReader& reader) {
  for (int tags = 0; type && IsTag(*type) && tags < kMaxTags; ++tags) {
    reader.Skip(2);  // the tag itself
    type = reader.U16();
  }
  if (type != kIpv4 && type != kIpv6) return std::nullopt;
  return reader.Take(reader.remaining());
}

std::optional<Bytes> BehindProtocolAt(Bytes frame, size_t type_at,
                                      size_t header_size) {
  ByteReader reader(frame);
  if (!reader.Seek(type_at)) return std::nullopt;
  const auto type = reader.U16();
  if (!reader.Seek(header_size)) return std::nullopt;
  return BehindTags(type, reader);
}

}  // namespace

std::optional<Bytes> NetworkLayer(LinkType type, Bytes frame) {
  switch (type) {
    case LinkType::kEthernet:
      return BehindProtocolAt(frame, 12, 14);
    case LinkType::kLinuxSll:
      return BehindProtocolAt(frame, 14, 16);
    case LinkType::kLinuxSll2:
      return BehindProtocolAt(frame, 0, 20);
    case LinkType::kNull:
      // The address family, in the byte order and numbers of whichever system
      // captured it: the version nibble behind it says the same.
      if (frame.size() < 4) return std::nullopt;
      return frame.subspan(4);
    case LinkType::kRawIp:
      return frame;
  }
  return std::nullopt;
}

}  // namespace nameward
