// SPDX-License-Identifier: Apache-2.0
// Writes what happened in a capture as the records of bpf/event.h that the
// kernel side would have made of it on the client's machine.
//
// Each client address is a pod of its own: it gets a cgroup, numbered in order
// of appearance, born before its first record.  No task is known.  Bounded:
// addresses beyond kMaxClients share one cgroup, and their records are counted.
// One thread.
#ifndef NAMEWARD_SOURCE_KERNEL_RECORDS_H_
#define NAMEWARD_SOURCE_KERNEL_RECORDS_H_

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/byte_reader.h"
#include "bpf/event.h"
#include "model/address.h"
#include "model/record.h"

namespace nameward {

// Who talks to whom, and through which socket.
struct Conversation {
  Endpoint client;
  Endpoint server;
  uint64_t cookie = 0;
};

class KernelRecords {
 public:
  // A /16 of clients; about 100 bytes each.
  static constexpr size_t kMaxClients = 65536;
  static constexpr uint64_t kFirstCgroup = 2;  // 1 is the root's

  // Where the records of the next packet go, and when it happened.
  void Begin(uint64_t time_ns, RecordBatch& batch) {
    time_ns_ = time_ns;
    batch_ = &batch;
  }

  // NW_CONNECT, NW_UDP_FLOW.
  void Connect(nw_kind kind, const Conversation& who, uint8_t protocol);

  // A whole UDP payload, or what the capture has of its `size` bytes.
  void Datagram(const Conversation& who, bool ingress, Bytes payload,
                size_t size);
  // Bytes of a TCP stream; `flags` are of enum nw_flag.
  void Segment(const Conversation& who, unsigned flags, uint32_t sequence,
               Bytes payload);

  struct FlowBytes {
    uint64_t sent = 0;
    uint64_t received = 0;
  };
  void Flow(const Conversation& who, nw_flow_what what, int error,
            FlowBytes bytes);

  uint64_t records_beyond_bound() const { return records_beyond_bound_; }

 private:
  nw_header Header(nw_kind kind, const Conversation& who, unsigned flags);
  uint64_t CgroupOf(const IpAddress& client);
  void Born(uint64_t id, std::string_view name);
  template <typename T>
  void Put(T& record, Bytes payload = {});

  uint64_t time_ns_ = 0;
  RecordBatch* batch_ = nullptr;
  uint64_t datagrams_ = 0;
  uint64_t records_beyond_bound_ = 0;
  std::unordered_map<IpAddress, uint64_t, IpAddressHash> cgroups_;
  std::vector<uint8_t> scratch_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_KERNEL_RECORDS_H_
