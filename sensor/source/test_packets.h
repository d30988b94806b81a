// SPDX-License-Identifier: Apache-2.0
// For tests only: builds packets and capture files byte by byte, and puts the
// records that come of them into words.
#ifndef NAMEWARD_SOURCE_TEST_PACKETS_H_
#define NAMEWARD_SOURCE_TEST_PACKETS_H_

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "bpf/event.h"
#include "model/address.h"
#include "model/record.h"

namespace nameward::test {

using Buffer = std::vector<uint8_t>;

inline void Put(Buffer& out, uint64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i)
    out.push_back(static_cast<uint8_t>(value >> (8 * i)));
}
inline void Put(Buffer& out, Bytes bytes) {
  out.insert(out.end(), bytes.begin(), bytes.end());
}
inline Buffer Text(std::string_view text) { return {text.begin(), text.end()}; }
inline Endpoint At(std::string_view text) { return *Endpoint::Parse(text); }

// A message with one question of type A for `name`; an answer has `records`
// copies of one A record behind it.
inline Buffer Dns(std::string_view name, bool answer, size_t records = 1) {
  Buffer out;
  Put(out, 0x1234, 2);
  Put(out, answer ? 0x8180 : 0x0100, 2);
  Put(out, 1, 2);
  Put(out, answer ? records : 0, 2);
  Put(out, 0, 4);
  while (!name.empty()) {
    const size_t label = std::min(name.find('.'), name.size());
    Put(out, label, 1);
    Put(out, Text(name.substr(0, label)));
    name.remove_prefix(std::min(label + 1, name.size()));
  }
  Put(out, 0, 1);
  Put(out, 0x00010001, 4);
  for (size_t i = 0; answer && i < records; ++i) {
    Put(out, 0xc00c, 2);
    Put(out, 0x00010001, 4);
    Put(out, 60, 4);
    Put(out, 4, 2);
    Put(out, 0xc0000200 + i, 4);
  }
  return out;
}
inline Buffer Query(std::string_view name = "a.example") {
  return Dns(name, false);
}
inline Buffer Answer(std::string_view name = "a.example", size_t records = 1) {
  return Dns(name, true, records);
}
inline Buffer Prefixed(const Buffer& message) {
  Buffer out;
  Put(out, message.size(), 2);
  Put(out, message);
  return out;
}

struct IpOptions {
  uint16_t id = 1;
  uint16_t fragment = 0;  // IPv4 flags and offset as on the wire
  Buffer extensions;      // IPv6, whole headers
  uint8_t first_extension = 0;
};

inline Buffer Ip(const Endpoint& from, const Endpoint& to, uint8_t protocol,
                 const Buffer& payload, const IpOptions& options = {}) {
  Buffer out;
  const auto& source = from.address.bytes();
  const auto& destination = to.address.bytes();
  if (from.address.IsV4()) {
    Put(out, 0x4500, 2);
    Put(out, 20 + payload.size(), 2);
    Put(out, options.id, 2);
    Put(out, options.fragment, 2);
    Put(out, 64, 1);
    Put(out, protocol, 1);
    Put(out, 0, 2);
    Put(out, Bytes(source).last(4));
    Put(out, Bytes(destination).last(4));
  } else {
    Put(out, 0x60000000, 4);
    Put(out, options.extensions.size() + payload.size(), 2);
    Put(out, options.extensions.empty() ? protocol : options.first_extension,
        1);
    Put(out, 64, 1);
    Put(out, source);
    Put(out, destination);
    Put(out, options.extensions);
  }
  Put(out, payload);
  return out;
}

inline Buffer UdpSegment(uint16_t from, uint16_t to, const Buffer& payload) {
  Buffer out;
  Put(out, from, 2);
  Put(out, to, 2);
  Put(out, 8 + payload.size(), 2);
  Put(out, 0, 2);
  Put(out, payload);
  return out;
}
inline Buffer Udp(std::string_view from, std::string_view to,
                  const Buffer& payload, const IpOptions& options = {}) {
  return Ip(At(from), At(to), 17,
            UdpSegment(At(from).port, At(to).port, payload), options);
}

enum TcpFlag : uint8_t { kFin = 1, kSyn = 2, kRst = 4, kAck = 16 };
struct TcpFields {
  unsigned flags = kAck;
  uint32_t sequence = 0;
  uint32_t acknowledged = 0;
};
inline Buffer Tcp(std::string_view from, std::string_view to, TcpFields fields,
                  const Buffer& payload = {}) {
  Buffer out;
  Put(out, At(from).port, 2);
  Put(out, At(to).port, 2);
  Put(out, fields.sequence, 4);
  Put(out, fields.acknowledged, 4);
  Put(out, 0x5000 | fields.flags, 2);
  Put(out, 0, 6);
  Put(out, payload);
  return Ip(At(from), At(to), 6, out);
}

inline Buffer Ethernet(const Buffer& ip,
                       const std::vector<uint32_t>& tags = {}) {
  Buffer out(12);
  for (const uint32_t tag : tags) Put(out, tag, 4);
  Put(out, ip[0] >> 4 == 4 ? 0x0800 : 0x86dd, 2);
  Put(out, ip);
  return out;
}

// A capture file in memory, big-endian unless told otherwise.
class Capture {
 public:
  explicit Capture(uint32_t link_type = 1, bool nanoseconds = true)
      : nanoseconds_(nanoseconds) {
    Put(bytes_, nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, 4);
    Put(bytes_, 0x00020004, 4);
    Put(bytes_, 0, 8);
    Put(bytes_, 262144, 4);
    Put(bytes_, link_type, 4);
  }
  Capture& Add(uint64_t time_ns, const Buffer& frame, size_t cut = 0) {
    const uint64_t fraction = time_ns % 1'000'000'000;
    Put(bytes_, time_ns / 1'000'000'000, 4);
    Put(bytes_, nanoseconds_ ? fraction : fraction / 1000, 4);
    Put(bytes_, frame.size() - cut, 4);
    Put(bytes_, frame.size(), 4);
    Put(bytes_, Bytes(frame).first(frame.size() - cut));
    return *this;
  }
  const Buffer& bytes() const { return bytes_; }

 private:
  bool nanoseconds_;
  Buffer bytes_;
};

// One line a record; payloads as their size.
inline std::string Describe(const RecordView& record) {
  const auto text = [](const nw_endpoint& endpoint) {
    return Endpoint{IpAddress(endpoint.addr), endpoint.port}.ToString();
  };
  if (record.type != RecordType::kKernel)
    return "type " + std::to_string(static_cast<int>(record.type));
  const auto header = *ByteReader(record.payload).Copy<nw_header>();
  const std::string who = " #" + std::to_string(header.who.sock_cgroup) + " ";
  switch (header.kind) {
    case NW_CGROUP: {
      const auto cgroup = *ByteReader(record.payload).Copy<nw_cgroup>();
      return "cgroup " + std::to_string(cgroup.id) + " " +
             std::string(cgroup.path, cgroup.size);
    }
    case NW_CONNECT:
    case NW_UDP_FLOW: {
      const auto connect = *ByteReader(record.payload).Copy<nw_connect>();
      return (header.kind == NW_CONNECT ? "connect" : "udp") + who +
             text(connect.src) + " > " + text(connect.dst);
    }
    case NW_FLOW: {
      const auto flow = *ByteReader(record.payload).Copy<nw_flow>();
      return "flow" + who + std::to_string(flow.what) + " errno " +
             std::to_string(flow.error) + " sent " + std::to_string(flow.sent) +
             " received " + std::to_string(flow.received);
    }
    default:
      break;
  }
  const auto payload = *ByteReader(record.payload).Copy<nw_payload>();
  std::string line = header.kind == NW_DNS_DATAGRAM ? "datagram" : "segment";
  line += who + text(payload.local);
  line += (header.flags & NW_F_INGRESS) != 0 ? " < " : " > ";
  line += text(payload.remote);
  if (header.kind == NW_DNS_DATAGRAM)
    line += " at " + std::to_string(payload.offset) + " of " +
            std::to_string(payload.total);
  else
    line += " seq " + std::to_string(payload.seq);
  line += " size " + std::to_string(payload.size);
  if ((header.flags & NW_F_TRUNCATED) != 0) line += " truncated";
  if ((header.flags & NW_F_MIDSTREAM) != 0) line += " midstream";
  if ((header.flags & NW_F_SYN) != 0) line += " syn";
  if ((header.flags & NW_F_FIN) != 0) line += " fin";
  return line;
}

}  // namespace nameward::test

#endif  // NAMEWARD_SOURCE_TEST_PACKETS_H_
