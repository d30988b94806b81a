// SPDX-License-Identifier: Apache-2.0
// The IP header of a captured packet, with the extension headers walked.
// Pure; O(1): at most eight extension headers.  Checksums are not looked at:
// with offloading a capture rarely holds the right ones.
// Sources: RFC 791, RFC 8200 4, RFC 4302 2 (AH).
#ifndef NAMEWARD_SOURCE_IP_PACKET_H_
#define NAMEWARD_SOURCE_IP_PACKET_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/byte_reader.h"
#include "model/address.h"

namespace nameward {

struct IpFragment {
  uint32_t id = 0;
  uint16_t offset = 0;  // bytes
  bool more = false;
};

struct IpPacket {
  IpAddress source;
  IpAddress destination;
  uint8_t protocol = 0;  // of `payload`
  Bytes payload;         // what the capture holds of it
  size_t size = 0;       // of the payload, as the header says it
  std::optional<IpFragment> fragment;

  bool CutByCapture() const { return payload.size() < size; }
};

enum class IpParse { kOk, kNotIp, kDamaged };

// `bytes` begin with the IP header; `wire_size` is how long they were before
// the capture cut them.
IpParse ParseIp(Bytes bytes, size_t wire_size, IpPacket& packet);

// Walks the extension headers that `packet.payload` begins with, up to a
// fragment header; false if one is cut off or there are too many.
bool WalkExtensions(IpPacket& packet);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_IP_PACKET_H_
