// SPDX-License-Identifier: Apache-2.0
// A pcap or pcapng file as a source: what the kernel side would have seen on
// the clients' machines.  docs/captures.md says what that means, and what
// a capture can't show.
//
// Capture time is boot time and wall time at once; a timer record marks each
// second of it.  Every client address is a pod of its own, and nothing is ever
// in warm-up.  Deterministic: the same file gives the same records.  Damage
// does not end it unless nothing further can be read: stats() counts what was
// passed over and Warning() tells where a torn file ends.  One thread; memory
// bounded by the limits of udp_capture.h, tcp_capture.h, ip_reassembly.h and
// kernel_records.h.
#ifndef NAMEWARD_SOURCE_PCAP_SOURCE_H_
#define NAMEWARD_SOURCE_PCAP_SOURCE_H_

#include <memory>
#include <string>
#include <vector>

#include "model/address.h"
#include "model/domain_name.h"
#include "source/ip_reassembly.h"
#include "source/kernel_records.h"
#include "source/pcap_file.h"
#include "source/source.h"
#include "source/tcp_capture.h"
#include "source/udp_capture.h"

namespace nameward {

struct PcapOptions {
  // Trusted resolvers; none: every server on port 53.
  std::vector<Endpoint> resolvers;
  std::vector<DomainName> zones;  // the cluster's own
  bool emit_flows = false;        // established, failed and closed connections
};

// Every packet of the file is in one of `not_ip`, `damaged`, `fragments`,
// `other_protocol`, `udp` and `tcp`; a reassembled datagram is counted as a
// packet too.
struct PcapStats {
  uint64_t packets = 0;
  uint64_t not_ip = 0;
  uint64_t damaged = 0;         // an IP header cut off or impossible
  uint64_t other_protocol = 0;  // neither UDP nor TCP
  uint64_t udp = 0;
  uint64_t tcp = 0;
  uint64_t cut_by_capture = 0;  // of all these, shorter than on the wire
  uint64_t time_backwards = 0;  // earlier than the one before, taken as now
};

class PcapSource final : public RecordSource {
 public:
  static Result<std::unique_ptr<PcapSource>> Open(
      const std::string& path, const PcapOptions& options = {});
  PcapSource(PcapFile file, const PcapOptions& options);

  Result<PollOutcome> Poll(RecordBatch& batch, Nanoseconds wait) override;

  const PcapStats& stats() const { return stats_; }
  const ReassemblyStats& reassembly() const { return fragments_.stats(); }
  const UdpCapture& udp() const { return udp_; }
  const TcpCapture& tcp() const { return tcp_; }
  const KernelRecords& records() const { return records_; }
  std::optional<Error> Warning() const override { return file_.Warning(); }

 private:
  void Begin(const CapturedPacket& first, RecordBatch& batch);
  void OnPacket(const CapturedPacket& packet, RecordBatch& batch);
  void PassTime(uint64_t time_ns, RecordBatch& batch);
  void OnDatagram(const IpPacket& packet);

  PcapFile file_;
  PcapOptions options_;
  KernelRecords records_;
  IpReassembler fragments_;
  UdpCapture udp_;
  TcpCapture tcp_;
  bool begun_ = false;
  uint64_t begin_ns_ = 0;
  uint64_t now_ns_ = 0;
  PcapStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_PCAP_SOURCE_H_
