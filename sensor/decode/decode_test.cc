// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

#include <gtest/gtest.h>

#include <cstring>

#include "bpf/event.h"

namespace nameward {
namespace {

struct Collected : DecodeSink {
  void OnEvent(Event& event) override { events.push_back(event); }
  void OnCgroup(const CgroupChange& change) override {
    cgroups.push_back(change);
  }
  std::vector<Event> events;
  std::vector<CgroupChange> cgroups;
};

nw_endpoint At(const char* text) {
  const auto endpoint = Endpoint::Parse(text);
  nw_endpoint raw{};
  std::memcpy(raw.addr, endpoint->address.bytes().data(), 16);
  raw.port = endpoint->port;
  return raw;
}

TEST(Decoder, TurnsAQueryIntoADnsEvent) {
  const std::vector<uint8_t> query = {0x12, 0x34, 1, 0,   0, 1, 0, 0, 0, 0,
                                      0,    0,    1, 'A', 0, 0, 1, 0, 1};
  nw_payload head{};
  head.h.kind = NW_DNS_DATAGRAM;
  head.h.who.task_cgroup = 7;
  head.h.who.tgid = 42;
  head.local = At("10.0.0.2:40000");
  head.remote = At("10.0.0.1:53");
  head.size = head.total = static_cast<uint32_t>(query.size());
  std::vector<uint8_t> bytes(sizeof head + query.size());
  std::memcpy(bytes.data(), &head, sizeof head);
  std::copy(query.begin(), query.end(), bytes.begin() + sizeof head);
  Decoder decoder;
  Collected sink;
  decoder.Decode({RecordType::kKernel, bytes}, sink);
  ASSERT_EQ(sink.events.size(), 1U);
  const auto* dns = std::get_if<DnsEvent>(&sink.events[0].body);
  ASSERT_NE(dns, nullptr);
  EXPECT_EQ(dns->message.question.name.ToString(), "a");
  EXPECT_EQ(dns->server.ToString(), "10.0.0.1:53");
  EXPECT_EQ(sink.events[0].origin.cgroup_id, 7U);
}

}  // namespace
}  // namespace nameward
