// SPDX-License-Identifier: Apache-2.0
#include "source/ip_reassembly.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "source/test_packets.h"

namespace nameward {
namespace {

using namespace test;

constexpr char kV4[] = "192.0.2.1:1";
constexpr char kV6[] = "[2001:db8::1]:1";

Buffer Numbers(size_t size) {
  Buffer bytes(size);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

struct Piece {
  uint16_t offset;
  bool more;
  Buffer bytes;
};

// As on the wire, IPv4 or IPv6 by the address.
Buffer Fragment(std::string_view address, const Piece& piece, uint16_t id = 1) {
  const auto v4_field =
      static_cast<uint16_t>((piece.more ? 0x2000 : 0) | piece.offset / 8);
  Buffer header = {17, 0};
  Put(header, static_cast<uint16_t>(piece.offset | (piece.more ? 1 : 0)), 2);
  Put(header, id, 4);
  return Ip(At(address), At(address), 17, piece.bytes,
            {.id = id,
             .fragment = v4_field,
             .extensions = header,
             .first_extension = 44});
}

std::optional<Buffer> Feed(IpReassembler& reassembler, const Buffer& ip,
                           uint64_t time_ns = 0) {
  IpPacket packet;
  if (ParseIp(ip, ip.size(), packet) != IpParse::kOk || !packet.fragment)
    return std::nullopt;
  const auto whole = reassembler.Add(packet, time_ns);
  if (!whole) return std::nullopt;
  EXPECT_EQ(whole->protocol, 17);
  return Buffer(whole->payload.begin(), whole->payload.end());
}

Piece Part(const Buffer& all, size_t begin, size_t end) {
  return {static_cast<uint16_t>(begin),
          end < all.size(),
          {all.begin() + static_cast<ptrdiff_t>(begin),
           all.begin() + static_cast<ptrdiff_t>(end)}};
}

TEST(IpReassembler, JoinsFragmentsInAnyOrder) {
  const Buffer all = Numbers(60);
  for (const char* address : {kV4, kV6}) {
    std::vector<Piece> parts = {Part(all, 0, 16), Part(all, 16, 40),
                                Part(all, 40, 48), Part(all, 48, 60)};
    std::vector<int> order = {0, 1, 2, 3};
    do {
      IpReassembler reassembler;
      for (int i = 0; i < 3; ++i)
        EXPECT_FALSE(Feed(
            reassembler,
            Fragment(
                address,
                parts[static_cast<size_t>(order[static_cast<size_t>(i)])])));
      EXPECT_EQ(Feed(reassembler,
                     Fragment(address, parts[static_cast<size_t>(order[3])])),
                all);
      EXPECT_EQ(reassembler.stats().overlaps, 0U);
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

TEST(IpReassembler, KeepsTheBytesThatCameFirstAndCountsAnOverlap) {
  const Buffer all = Numbers(48);
  Buffer liar = all;
  std::fill(liar.begin(), liar.end(), uint8_t{0xee});
  IpReassembler reassembler;
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(all, 8, 24))));
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(liar, 0, 32))));
  const auto whole = Feed(reassembler, Fragment(kV4, Part(all, 32, 48)));
  ASSERT_TRUE(whole);
  Buffer expected = liar;
  std::copy(all.begin() + 8, all.begin() + 24, expected.begin() + 8);
  std::copy(all.begin() + 32, all.end(), expected.begin() + 32);
  EXPECT_EQ(*whole, expected);
  EXPECT_EQ(reassembler.stats().overlaps, 1U);
}

TEST(IpReassembler, TellsDatagramsApart) {
  const Buffer one = Numbers(16);
  Buffer two = one;
  std::reverse(two.begin(), two.end());
  IpReassembler reassembler;
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(one, 0, 8), 1)));
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(two, 0, 8), 2)));
  EXPECT_EQ(Feed(reassembler, Fragment(kV4, Part(one, 8, 16), 1)), one);
  EXPECT_EQ(Feed(reassembler, Fragment(kV4, Part(two, 8, 16), 2)), two);
}

TEST(IpReassembler, GivesUpAfterItsTimeoutByTheCapturesClock) {
  const Buffer all = Numbers(16);
  IpReassembler reassembler;
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(all, 0, 8)), 0));
  EXPECT_FALSE(
      Feed(reassembler, Fragment(kV4, Part(all, 8, 16)), 30'000'000'001));
  EXPECT_EQ(reassembler.stats().expired, 1U);
}

TEST(IpReassembler, EvictsTheOldestBeyondItsBound) {
  const Buffer all = Numbers(16);
  IpReassembler reassembler;
  for (uint16_t id = 0; id <= IpReassembler::kMaxOpen; ++id)
    EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(all, 0, 8), id)));
  EXPECT_EQ(reassembler.stats().evicted, 1U);
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, Part(all, 8, 16), 0)));
  EXPECT_EQ(Feed(reassembler, Fragment(kV4, Part(all, 8, 16), 5)), all);
}

TEST(IpReassembler, RefusesImpossibleFragments) {
  IpReassembler reassembler;
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, {0, true, Numbers(9)})));
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, {8, false, {}})));
  EXPECT_FALSE(Feed(reassembler, Fragment(kV4, {65528, false, Numbers(8)})));
  EXPECT_EQ(reassembler.stats().refused, 3U);
}

}  // namespace
}  // namespace nameward
