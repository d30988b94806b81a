// SPDX-License-Identifier: Apache-2.0
#include "source/kernel_records.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace nameward {
namespace {

nw_endpoint ToRecord(const Endpoint& endpoint) {
  nw_endpoint record{};
  const auto& bytes = endpoint.address.bytes();
  std::copy(bytes.begin(), bytes.end(), record.addr);
  record.port = endpoint.port;
  return record;
}

}  // namespace

void KernelRecords::Connect(nw_kind kind, const Conversation& who,
                            uint8_t protocol) {
  nw_connect record{};
  record.h = Header(kind, who, 0);
  record.src = ToRecord(who.client);
  record.dst = ToRecord(who.server);
  record.proto = protocol;
  record.count = 1;
  Put(record);
}

void KernelRecords::Datagram(const Conversation& who, bool ingress,
                             Bytes payload, size_t size) {
  unsigned flags = 0;
  if (ingress) flags |= NW_F_INGRESS;
  if (payload.size() < size) flags |= NW_F_TRUNCATED;
  nw_payload record{};
  record.h = Header(NW_DNS_DATAGRAM, who, flags);
  record.local = ToRecord(who.client);
  record.remote = ToRecord(who.server);
  record.id = ++datagrams_;
  record.total = static_cast<uint32_t>(size);
  do {
    const Bytes chunk =
        payload.first(std::min<size_t>(payload.size(), NW_CHUNK));
    record.size = static_cast<uint32_t>(chunk.size());
    Put(record, chunk);
    record.offset += record.size;
    payload = payload.subspan(chunk.size());
  } while (!payload.empty());
}

void KernelRecords::Segment(const Conversation& who, unsigned flags,
                            uint32_t sequence, Bytes payload) {
  nw_payload record{};
  record.local = ToRecord(who.client);
  record.remote = ToRecord(who.server);
  record.seq = sequence;
  do {
    const Bytes chunk =
        payload.first(std::min<size_t>(payload.size(), NW_CHUNK));
    payload = payload.subspan(chunk.size());
    // The stream ends behind the last chunk only.
    const unsigned ends = payload.empty() ? 0U : unsigned{NW_F_FIN};
    record.h = Header(NW_DNS_SEGMENT, who, flags & ~ends);
    record.size = static_cast<uint32_t>(chunk.size());
    Put(record, chunk);
    record.seq += record.size;
  } while (!payload.empty());
}

void KernelRecords::Flow(const Conversation& who, nw_flow_what what, int error,
                         FlowBytes bytes) {
  nw_flow record{};
  record.h = Header(NW_FLOW, who, 0);
  record.local = ToRecord(who.client);
  record.remote = ToRecord(who.server);
  record.sent = bytes.sent;
  record.received = bytes.received;
  record.what = what;
  record.error = static_cast<uint32_t>(error);
  record.proto = IPPROTO_TCP;
  Put(record);
}

nw_header KernelRecords::Header(nw_kind kind, const Conversation& who,
                                unsigned flags) {
  nw_header header{};
  header.who.task_cgroup = CgroupOf(who.client.address);
  header.who.sock_cgroup = header.who.task_cgroup;
  header.kind = static_cast<uint16_t>(kind);
  header.flags = static_cast<uint16_t>(flags | NW_F_NO_TASK);
  header.time = time_ns_;
  header.cookie = who.cookie;
  return header;
}

uint64_t KernelRecords::CgroupOf(const IpAddress& client) {
  const auto known = cgroups_.find(client);
  if (known != cgroups_.end()) return known->second;
  const uint64_t overflow = kFirstCgroup + kMaxClients;
  if (cgroups_.size() == kMaxClients) {
    if (records_beyond_bound_++ == 0) Born(overflow, "beyond-bound");
    return overflow;
  }
  const uint64_t id = kFirstCgroup + cgroups_.size();
  cgroups_.emplace(client, id);
  Born(id, client.ToString());
  return id;
}

void KernelRecords::Born(uint64_t id, std::string_view name) {
  nw_cgroup record{};
  record.h.kind = NW_CGROUP;
  record.h.flags = NW_F_BORN;
  record.h.time = time_ns_;
  record.id = id;
  record.parent = 1;
  record.level = 2;
  const std::string path = "/pcap/" + std::string(name);
  record.size = static_cast<uint32_t>(path.size());
  std::memcpy(record.path, path.data(), path.size());
  Put(record);
}

// Appends the payload, if any, and fills in the length.
template <typename T>
void KernelRecords::Put(T& record, Bytes payload) {
  record.h.length = static_cast<uint32_t>(sizeof record + payload.size());
  scratch_.resize(record.h.length);
  std::memcpy(scratch_.data(), &record, sizeof record);
  if (!payload.empty())
    std::memcpy(scratch_.data() + sizeof record, payload.data(),
                payload.size());
  batch_->Append(RecordType::kKernel, scratch_);
}

}  // namespace nameward
