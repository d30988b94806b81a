// SPDX-License-Identifier: Apache-2.0
// The first stage: records of the kernel (bpf/event.h), live, recorded or made
// from a pcap file, become events.
//
// Guarantees: every kernel record ends in exactly one counter of DecodeStats
// (decoded, rejected[reason], not_dns, server_side), so the ledger closes;
// whatever the bytes, no crash, no guess, no log line.  Deterministic: the same
// records give the same events with the same seq.  One thread.
//
// Cost (decode_benchmark.cc): about 0.1 us for a query, 0.5 us for an answer of
// an alias and three addresses; no allocation in the steady state.  Memory is
// bounded by the tables named in datagram.h, tcp_stream.h, origin.h and flow.h.
#ifndef NAMEWARD_DECODE_DECODE_H_
#define NAMEWARD_DECODE_DECODE_H_

#include <array>
#include <cstdint>
#include <memory>

#include "decode/tcp_stream.h"
#include "model/cgroup.h"
#include "model/event.h"
#include "model/record.h"

namespace nameward {

// Gets what was decoded, in order.  The objects are reused by the next call:
// copy or move out what is to be kept.
class DecodeSink {
 public:
  virtual ~DecodeSink() = default;
  virtual void OnEvent(Event& event) = 0;
  virtual void OnCgroup(const CgroupChange& change) = 0;
};

struct DecodeOptions {
  uint64_t first_seq = 1;
};

struct DecodeStats {
  using PerReason =
      std::array<uint64_t, static_cast<size_t>(MalformedReason::kCount)>;

  uint64_t records = 0;  // of the kernel; the sum of the next four
  uint64_t decoded = 0;
  PerReason rejected{};
  uint64_t not_dns = 0;      // off port 53, passed the shape test, isn't DNS
  uint64_t server_side = 0;  // a query that came in, an answer that went out

  uint64_t events = 0;
  uint64_t sockets = 0;  // raw sockets made (NW_SOCKET)
  // What the bounded tables had to forget.
  uint64_t datagrams_evicted = 0;
  uint64_t flows_evicted = 0;
  uint64_t callers_evicted = 0;
  uint64_t executables_evicted = 0;
  TcpStreamStats streams;
};

class Decoder {
 public:
  explicit Decoder(DecodeOptions options = {});
  ~Decoder();

  // Record types other than kKernel and kLoss are none of decode's business
  // and are passed over.
  void Decode(const RecordView& record, DecodeSink& sink);
  const DecodeStats& stats() const;

 private:
  class Work;
  std::unique_ptr<Work> work_;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_DECODE_H_
