// SPDX-License-Identifier: Apache-2.0
// The TCP header of a captured packet (RFC 9293 3.1).  Pure; O(1).
#ifndef NAMEWARD_SOURCE_TCP_SEGMENT_H_
#define NAMEWARD_SOURCE_TCP_SEGMENT_H_

#include <cstdint>
#include <optional>

#include "model/address.h"
#include "source/ip_packet.h"

namespace nameward {

struct CapturedSegment {
  Endpoint source;
  Endpoint destination;
  uint32_t sequence = 0;  // of the SYN if it has one, else of the first byte
  uint32_t acknowledged = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  Bytes payload;  // what the capture holds of it

  uint32_t PayloadSequence() const { return sequence + (syn ? 1 : 0); }
};

// nullopt: the header is cut off or of impossible length.
std::optional<CapturedSegment> ParseTcp(const IpPacket& packet);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_TCP_SEGMENT_H_
