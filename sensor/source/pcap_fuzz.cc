// SPDX-License-Identifier: Apache-2.0
// Any bytes as a capture file: no crash, every packet counted once, and every
// record whole.  Run twice, it gives the same records.
#include <cstdlib>

#include "source/pcap_source.h"

namespace nameward {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void CheckRecord(const RecordView& record) {
  if (record.type != RecordType::kKernel) return;
  ByteReader reader(record.payload);
  const auto header = reader.Copy<nw_header>();
  Require(header && header->length == record.payload.size());
  Require(header->kind == NW_CGROUP || header->who.sock_cgroup != 0);
  if (header->kind != NW_DNS_DATAGRAM && header->kind != NW_DNS_SEGMENT) return;
  reader.Seek(0);
  const auto payload = reader.Copy<nw_payload>();
  Require(payload && payload->size == reader.remaining());
  Require(payload->size <= NW_CHUNK);
  if (header->kind == NW_DNS_DATAGRAM)
    Require(payload->offset + payload->size <= payload->total);
}

uint64_t Play(Bytes image, uint64_t& digest) {
  auto file = PcapFile::FromBytes(image, "fuzz");
  if (!file) return 0;
  PcapOptions options;
  options.emit_flows = true;
  PcapSource source(std::move(*file), options);
  uint64_t records = 0;
  uint64_t last_time = 0;
  RecordBatch batch;
  PollOutcome outcome = PollOutcome::kMore;
  while (outcome == PollOutcome::kMore) {
    batch.Clear();
    outcome = *source.Poll(batch, 0s);
    batch.ForEach([&](const RecordView& record) {
      CheckRecord(record);
      ++records;
      digest = SipHash13(record.payload, {digest, records});
      if (record.type != RecordType::kKernel) return;
      const auto header = *ByteReader(record.payload).Copy<nw_header>();
      Require(header.time >= last_time);
      last_time = header.time;
    });
  }
  const PcapStats& stats = source.stats();
  const ReassemblyStats& reassembly = source.reassembly();
  Require(stats.packets == stats.not_ip + stats.damaged + stats.other_protocol +
                               stats.udp + stats.tcp + reassembly.fragments);
  return records;
}

}  // namespace
}  // namespace nameward

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nameward;
  uint64_t one = 0;
  uint64_t two = 0;
  const uint64_t first = Play(Bytes(data, size), one);
  const uint64_t second = Play(Bytes(data, size), two);
  Require(first == second && one == two);
  return 0;
}
