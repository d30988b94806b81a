// SPDX-License-Identifier: Apache-2.0
// UDP datagrams of a capture, as records: the first of each conversation as a
// flow, those that look like DNS whole.
//
// Who is the client: of a message that looks like DNS its QR bit says it; of
// anything else on port 53 the port; of other conversations who spoke first.
// One thread; bounded (kMaxFlows).
#ifndef NAMEWARD_SOURCE_UDP_CAPTURE_H_
#define NAMEWARD_SOURCE_UDP_CAPTURE_H_

#include <cstdint>

#include "base/clock.h"
#include "source/flow_table.h"
#include "source/ip_packet.h"
#include "source/kernel_records.h"

namespace nameward {

struct UdpCaptureStats {
  uint64_t datagrams = 0;
  uint64_t dns = 0;      // of them, shipped as DNS
  uint64_t flows = 0;    // NW_UDP_FLOW records
  uint64_t damaged = 0;  // a header cut off, or a length at odds with IP's
  uint64_t older = 0;    // conversations begun before the capture
};

class UdpCapture {
 public:
  static constexpr size_t kMaxFlows = 65536;
  // nf_conntrack_udp_timeout_stream: after it, the next datagram begins anew.
  static constexpr Nanoseconds kIdle = 120s;

  explicit UdpCapture(KernelRecords& records)
      : records_(records), flows_(kMaxFlows) {}

  // `begin_ns`: of the capture.
  void OnPacket(const IpPacket& packet, uint64_t time_ns, uint64_t begin_ns);

  const UdpCaptureStats& stats() const { return stats_; }
  uint64_t evicted() const { return flows_.evicted(); }

 private:
  struct Flow {
    uint64_t last_ns = 0;
  };
  // False if the conversation was known already.
  bool IsNew(const EndpointPair& pair, uint64_t time_ns);

  KernelRecords& records_;
  FlowTable<Flow> flows_;
  UdpCaptureStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_UDP_CAPTURE_H_
