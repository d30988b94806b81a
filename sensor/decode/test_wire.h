// SPDX-License-Identifier: Apache-2.0
// For tests: DNS messages and kernel records put together by hand.
#ifndef NAMEWARD_DECODE_TEST_WIRE_H_
#define NAMEWARD_DECODE_TEST_WIRE_H_

#include <cstring>
#include <string_view>
#include <vector>

#include "bpf/event.h"
#include "decode/decode.h"

namespace nameward {

using ByteVector = std::vector<uint8_t>;

// Builds a message from left to right; nothing is checked.
class Wire {
 public:
  ByteVector bytes;

  Wire& U8(unsigned value) {
    bytes.push_back(static_cast<uint8_t>(value));
    return *this;
  }
  Wire& U16(unsigned value) { return U8(value >> 8 & 255).U8(value & 255); }
  Wire& U32(uint32_t value) { return U16(value >> 16).U16(value & 0xffff); }
  Wire& Text(std::string_view text) {
    bytes.insert(bytes.end(), text.begin(), text.end());
    return *this;
  }
  Wire& Label(std::string_view label) {
    return U8(static_cast<unsigned>(label.size())).Text(label);
  }
  // "a.b" with its final root; no escapes.
  Wire& Name(std::string_view name) {
    while (!name.empty()) {
      const size_t dot = name.find('.');
      Label(name.substr(0, dot));
      name = dot == name.npos ? std::string_view() : name.substr(dot + 1);
    }
    return U8(0);
  }
  Wire& Pointer(size_t offset) {
    return U16(0xc000 | static_cast<unsigned>(offset));
  }
  Wire& Header(unsigned flags, unsigned qd, unsigned an = 0, unsigned ns = 0,
               unsigned ar = 0) {
    return U16(0x1234).U16(flags).U16(qd).U16(an).U16(ns).U16(ar);
  }
  Wire& Question(std::string_view name, unsigned type, unsigned klass = 1) {
    return Name(name).U16(type).U16(klass);
  }
  // After an owner: the rest of a record.
  Wire& Data(unsigned type, const ByteVector& data, unsigned klass = 1,
             uint32_t ttl = 60) {
    U16(type).U16(klass).U32(ttl).U16(static_cast<unsigned>(data.size()));
    bytes.insert(bytes.end(), data.begin(), data.end());
    return *this;
  }
  Wire& Opt(const ByteVector& options = {}, uint32_t ttl = 0) {
    return U8(0).Data(kTypeOpt, options, 1232, ttl);
  }
};

inline ByteVector Query(std::string_view name = "example.com",
                        unsigned type = kTypeA) {
  return Wire().Header(0x0100, 1).Question(name, type).bytes;
}

// One A record that points to the question.
inline ByteVector Answer(std::string_view name = "example.com",
                         const ByteVector& address = {192, 0, 2, 1}) {
  return Wire()
      .Header(0x8180, 1, 1)
      .Question(name, kTypeA)
      .Pointer(12)
      .Data(kTypeA, address)
      .bytes;
}

// The length of RFC 1035 4.2.2 and the message.
inline void AppendFramed(const ByteVector& message, ByteVector& stream) {
  stream.push_back(static_cast<uint8_t>(message.size() >> 8));
  stream.push_back(static_cast<uint8_t>(message.size()));
  stream.insert(stream.end(), message.begin(), message.end());
}

inline nw_endpoint At(std::string_view text) {
  const auto endpoint = Endpoint::Parse(text);
  nw_endpoint raw{};
  std::memcpy(raw.addr, endpoint->address.bytes().data(), 16);
  raw.port = endpoint->port;
  return raw;
}

inline nw_header Header(unsigned kind, unsigned flags = 0) {
  nw_header header{};
  header.kind = static_cast<uint16_t>(kind);
  header.flags = static_cast<uint16_t>(flags);
  header.time = 1000;
  header.cookie = 77;
  header.who.task_cgroup = 7;
  header.who.sock_cgroup = 8;
  header.who.tgid = 42;
  header.who.mntns = 4026531840;
  std::memcpy(header.who.comm, "curl", 4);
  return header;
}

// A record of bpf/event.h as bytes, with what follows it.
template <typename T>
ByteVector Record(T raw, const ByteVector& payload = {}) {
  raw.h.length = static_cast<uint32_t>(sizeof raw + payload.size());
  ByteVector bytes(sizeof raw);
  std::memcpy(bytes.data(), &raw, sizeof raw);
  bytes.insert(bytes.end(), payload.begin(), payload.end());
  return bytes;
}

inline nw_payload PayloadHead(unsigned kind, unsigned flags, size_t size) {
  nw_payload head{};
  head.h = Header(kind, flags);
  head.local = At("10.0.0.2:40000");
  head.remote = At("10.0.0.1:53");
  head.size = head.total = static_cast<uint32_t>(size);
  return head;
}

inline ByteVector Datagram(const ByteVector& payload, unsigned flags = 0,
                           std::string_view server = "10.0.0.1:53") {
  nw_payload head = PayloadHead(NW_DNS_DATAGRAM, flags, payload.size());
  head.remote = At(server);
  return Record(head, payload);
}

// Keeps copies of what a Decoder gives.
struct Collected : DecodeSink {
  void OnEvent(Event& event) override { events.push_back(event); }
  void OnCgroup(const CgroupChange& change) override {
    cgroups.push_back(change);
  }
  template <typename Body>
  const Body* Get(size_t i) const {
    return i < events.size() ? std::get_if<Body>(&events[i].body) : nullptr;
  }
  std::vector<Event> events;
  std::vector<CgroupChange> cgroups;
};

// A decoder and what came out of it.
struct Bench {
  Decoder decoder;
  Collected out;

  Bench& Feed(const ByteVector& record) {
    decoder.Decode({RecordType::kKernel, record}, out);
    return *this;
  }
  const DecodeStats& stats() const { return decoder.stats(); }
  uint64_t Rejected(MalformedReason reason) const {
    return stats().rejected[static_cast<size_t>(reason)];
  }
  bool LedgerCloses() const {
    uint64_t sum = stats().decoded + stats().not_dns + stats().server_side;
    for (const uint64_t count : stats().rejected) sum += count;
    return sum == stats().records;
  }
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_TEST_WIRE_H_
