// SPDX-License-Identifier: Apache-2.0
// Long datagrams through the whole decoder.
#include "decode/datagram.h"

#include <gtest/gtest.h>

#include "decode/test_wire.h"

namespace nameward {
namespace {

// An answer of `count` addresses.
ByteVector LongAnswer(unsigned count) {
  Wire wire;
  wire.Header(0x8180, 1, count).Question("long.example", kTypeA);
  for (unsigned i = 0; i < count; ++i)
    wire.Pointer(12).Data(
        kTypeA, {10, 0, static_cast<uint8_t>(i >> 8), static_cast<uint8_t>(i)});
  return wire.bytes;
}

std::vector<ByteVector> Chunks(const ByteVector& payload, uint64_t id) {
  std::vector<ByteVector> records;
  for (size_t at = 0; at < payload.size(); at += NW_CHUNK) {
    const size_t size = std::min(payload.size() - at, size_t{NW_CHUNK});
    nw_payload head = PayloadHead(NW_DNS_DATAGRAM, NW_F_INGRESS, size);
    head.id = id;
    head.total = static_cast<uint32_t>(payload.size());
    head.offset = static_cast<uint32_t>(at);
    const auto begin = payload.begin() + static_cast<ptrdiff_t>(at);
    records.push_back(
        Record(head, ByteVector(begin, begin + static_cast<ptrdiff_t>(size))));
  }
  return records;
}

TEST(Datagrams, ChunksBecomeOneMessage) {
  Bench bench;
  for (const auto& record : Chunks(LongAnswer(1000), 1)) bench.Feed(record);
  ASSERT_EQ(bench.out.events.size(), 1U);
  EXPECT_EQ(bench.out.Get<DnsEvent>(0)->message.addresses.size(), 1000U);
  EXPECT_TRUE(bench.LedgerCloses());
}

TEST(Datagrams, ThoseOfOthersMayLieBetween) {
  const auto one = Chunks(LongAnswer(700), 1);
  const auto two = Chunks(LongAnswer(900), 2);
  Bench bench;
  for (size_t i = 0; i < std::max(one.size(), two.size()); ++i) {
    if (i < two.size()) bench.Feed(two[i]);
    if (i < one.size()) bench.Feed(one[i]);
  }
  ASSERT_EQ(bench.out.events.size(), 2U);
  EXPECT_EQ(bench.out.Get<DnsEvent>(0)->message.addresses.size(), 700U);
  EXPECT_EQ(bench.out.Get<DnsEvent>(1)->message.addresses.size(), 900U);
}

TEST(Datagrams, AMissingChunkIsOneMalformedEvent) {
  const auto records = Chunks(LongAnswer(1000), 1);
  ASSERT_GE(records.size(), 4U);
  for (size_t lost = 0; lost + 1 < records.size(); ++lost) {
    Bench bench;
    for (size_t i = 0; i < records.size(); ++i)
      if (i != lost) bench.Feed(records[i]);
    ASSERT_EQ(bench.out.events.size(), 1U) << lost;
    EXPECT_EQ(bench.out.Get<MalformedEvent>(0)->reason,
              MalformedReason::kChunkMissing);
    EXPECT_TRUE(bench.LedgerCloses());
  }
}

TEST(Datagrams, OnesWithoutTheirEndAreEvictedAndSaid) {
  Bench bench;
  for (uint64_t id = 1; id <= 200; ++id)
    bench.Feed(Chunks(LongAnswer(700), id)[0]);
  EXPECT_GE(bench.stats().datagrams_evicted, 200U - Datagrams::kMaxDatagrams);
  EXPECT_EQ(bench.out.events.size(), bench.stats().datagrams_evicted);
  EXPECT_EQ(bench.out.Get<MalformedEvent>(0)->reason,
            MalformedReason::kChunkMissing);
}

TEST(Datagrams, ContradictoryNumbersAreRefused) {
  nw_payload head = PayloadHead(NW_DNS_DATAGRAM, 0, 4);
  Bench bench;
  head.offset = 1;
  bench.Feed(Record(head, ByteVector(4)));
  head.offset = 0xffffffff;
  bench.Feed(Record(head, ByteVector(4)));
  head.offset = 0;
  head.total = NW_MAX_DATAGRAM + 1;
  bench.Feed(Record(head, ByteVector(4)));
  EXPECT_EQ(bench.Rejected(MalformedReason::kShortRecord), 3U);
}

TEST(Datagrams, LongerThanTheSensorShipsIsOneMalformedEvent) {
  Bench bench;
  nw_payload head =
      PayloadHead(NW_DNS_DATAGRAM, NW_F_INGRESS | NW_F_TRUNCATED, 4);
  head.total = 8;
  bench.Feed(Record(head, ByteVector(4)));
  head.offset = 4;
  bench.Feed(Record(head, ByteVector(4)));
  ASSERT_EQ(bench.out.events.size(), 1U);
  EXPECT_EQ(bench.Rejected(MalformedReason::kCaptureTruncated), 2U);
}

}  // namespace
}  // namespace nameward
