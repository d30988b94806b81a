// SPDX-License-Identifier: Apache-2.0
// Puts the fragments of IP datagrams together (RFC 791 3.2, RFC 8200 4.5).
//
// Where two fragments overlap, the bytes that came first stay and the overlap
// is counted; Linux drops such a datagram, so what comes of it is not what the
// host saw, and an overlap in a capture is worth a look.  Bounded: kMaxOpen
// datagrams at a time, the oldest goes first; one older than kTimeout by the
// capture's clock is given up.  One thread.
#ifndef NAMEWARD_SOURCE_IP_REASSEMBLY_H_
#define NAMEWARD_SOURCE_IP_REASSEMBLY_H_

#include <cstdint>
#include <list>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "source/ip_packet.h"

namespace nameward {

struct ReassemblyStats {
  uint64_t fragments = 0;
  uint64_t datagrams = 0;  // made whole
  uint64_t overlaps = 0;   // fragments that brought bytes already there
  uint64_t refused = 0;    // fragments of impossible size or cut by the capture
  uint64_t expired = 0;    // datagrams given up for their age
  uint64_t evicted = 0;    // datagrams given up for room
};

class IpReassembler {
 public:
  // A node with heavy NFS over UDP has tens open; 256 of 64 KiB are 16 MiB.
  static constexpr size_t kMaxOpen = 256;
  // Linux: net.ipv4.ipfrag_time; IPv6 has 60 s there.
  static constexpr Nanoseconds kTimeout = 30s;

  // The whole datagram if `packet` was its last missing fragment; its payload
  // is valid until the next call.
  std::optional<IpPacket> Add(const IpPacket& packet, uint64_t time_ns);

  const ReassemblyStats& stats() const { return stats_; }

 private:
  struct Range {
    size_t begin;
    size_t end;
  };
  struct Open {
    IpAddress source;
    IpAddress destination;
    uint8_t protocol = 0;  // of the first fragment where that is known
    uint32_t id = 0;
    uint64_t since_ns = 0;
    std::optional<size_t> total;  // known from the last fragment
    std::vector<uint8_t> bytes;
    std::vector<Range> ranges;  // filled, sorted, not touching
  };
  using OpenList = std::list<Open>;

  void Expire(uint64_t time_ns);
  OpenList::iterator FindOrMake(const IpPacket& packet, uint64_t time_ns);
  void Fill(Open& open, size_t offset, Bytes bytes);

  OpenList open_;  // oldest first
  std::vector<uint8_t> whole_;
  ReassemblyStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_IP_REASSEMBLY_H_
