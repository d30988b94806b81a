// SPDX-License-Identifier: Apache-2.0
// In the steady state decoding allocates nothing.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "decode/test_wire.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Out of line, so that the compiler does not pair them with the library's own.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace nameward {
namespace {

struct Discard : DecodeSink {
  void OnEvent(Event&) override { ++events; }
  void OnCgroup(const CgroupChange&) override {}
  uint64_t events = 0;
};

// Allocations of one more round of `records` after some have warmed the
// buffers; each round's TCP bytes follow those of the one before.
uint64_t Allocations(std::vector<ByteVector> records) {
  Decoder decoder;
  Discard sink;
  uint64_t before = 0;
  for (uint32_t round = 0; round < 4; ++round) {
    before = allocations;
    for (ByteVector& record : records) {
      decoder.Decode({RecordType::kKernel, record}, sink);
      nw_payload head;
      std::memcpy(&head, record.data(), sizeof head);
      head.seq += 48;
      std::memcpy(record.data(), &head, sizeof head);
    }
  }
  EXPECT_GT(sink.events, 0U);
  return allocations - before;
}

TEST(Allocation, IsNoneForQueriesAndAnswers) {
  EXPECT_EQ(Allocations({Datagram(Query()), Datagram(Answer(), NW_F_INGRESS)}),
            0U);
}

// As correlate and judge do, for their names.
struct GivesNames : DecodeSink {
  void OnEvent(Event& event) override {
    auto& connect = std::get<ConnectEvent>(event.body);
    if (!connect.evidence.own) connect.evidence.own.emplace();
    for (auto* names : {&connect.evidence.own->names, &connect.verdict.names})
      names->assign(3, DomainName());
  }
  void OnCgroup(const CgroupChange&) override {}
};

TEST(Allocation, IsNoneForTheNamesThatConnectsGet) {
  nw_connect connect{};
  connect.h = Header(NW_CONNECT);
  connect.dst = At("192.0.2.1:443");
  const ByteVector record = Record(connect);
  Decoder decoder;
  GivesNames sink;
  decoder.Decode({RecordType::kKernel, record}, sink);
  const uint64_t before = allocations;
  decoder.Decode({RecordType::kKernel, record}, sink);
  EXPECT_EQ(allocations, before);
}

TEST(Allocation, IsNoneForDnsOnAnotherPort) {
  EXPECT_EQ(Allocations({Datagram(Query("a-name-of-some-length.example"), 0,
                                  "192.0.2.9:5300")}),
            0U);
}

TEST(Allocation, IsNoneForMalformedMessages) {
  EXPECT_EQ(Allocations({Datagram({1, 2, 3})}), 0U);
}

TEST(Allocation, IsNoneForDnsOverTcpInPieces) {
  ByteVector stream;
  AppendFramed(Query("a-name-of-16.test"), stream);
  ByteVector padded(stream);
  AppendFramed(ByteVector(48 - stream.size() - 2, 0), padded);
  padded.resize(48);
  std::vector<ByteVector> records;
  for (size_t at = 0; at < padded.size(); at += 8) {
    nw_payload head = PayloadHead(NW_DNS_SEGMENT, 0, 8);
    head.seq = static_cast<uint32_t>(at);
    const auto begin = padded.begin() + static_cast<ptrdiff_t>(at);
    records.push_back(Record(head, ByteVector(begin, begin + 8)));
  }
  EXPECT_EQ(Allocations(records), 0U);
}

}  // namespace
}  // namespace nameward
