// SPDX-License-Identifier: Apache-2.0
#include "source/ip_packet.h"

#include <gtest/gtest.h>

#include "source/link_layer.h"
#include "source/test_packets.h"

namespace nameward {
namespace {

using namespace test;

constexpr char kV4[] = "192.0.2.1:1";
constexpr char kV6[] = "[2001:db8::1]:1";

IpParse Parse(const Buffer& ip, IpPacket& packet) {
  return ParseIp(ip, ip.size(), packet);
}

Buffer Extension(uint8_t next, uint8_t length_field, size_t size) {
  Buffer out(size);
  out[0] = next;
  out[1] = length_field;
  return out;
}

TEST(IpPacket, ReadsIpv4AndLeavesTheFramesPaddingOut) {
  Buffer ip = Ip(At(kV4), At("192.0.2.2:1"), 17, Text("payload"));
  ip.resize(46);  // Ethernet's least
  IpPacket packet;
  ASSERT_EQ(Parse(ip, packet), IpParse::kOk);
  EXPECT_EQ(packet.source.ToString(), "192.0.2.1");
  EXPECT_EQ(packet.destination.ToString(), "192.0.2.2");
  EXPECT_EQ(packet.protocol, 17);
  EXPECT_EQ(packet.payload.size(), 7U);
  EXPECT_FALSE(packet.CutByCapture());
}

TEST(IpPacket, WalksExtensionHeadersToTheTransport) {
  Buffer extensions = Extension(43, 0, 8);  // hop-by-hop
  Put(extensions, Extension(60, 2, 24));    // routing
  Put(extensions, Extension(51, 0, 8));     // destination options
  Put(extensions, Extension(44, 4, 24));    // AH: (4 + 2) * 4
  Put(extensions, Extension(17, 0, 8));     // an atomic fragment
  const Buffer ip = Ip(At(kV6), At(kV6), 17, Text("payload"),
                       {.extensions = extensions, .first_extension = 0});
  IpPacket packet;
  ASSERT_EQ(Parse(ip, packet), IpParse::kOk);
  EXPECT_EQ(packet.protocol, 17);
  EXPECT_EQ(packet.payload.size(), 7U);
  EXPECT_FALSE(packet.fragment);
}

TEST(IpPacket, RefusesTooManyExtensionsAndCutOnes) {
  Buffer many;
  for (int i = 0; i < 8; ++i) Put(many, Extension(60, 0, 8));
  IpPacket packet;
  EXPECT_EQ(Parse(Ip(At(kV6), At(kV6), 17, Text("payload"),
                     {.extensions = many, .first_extension = 60}),
                  packet),
            IpParse::kDamaged);
  EXPECT_EQ(
      Parse(Ip(At(kV6), At(kV6), 17, {},
               {.extensions = Extension(17, 9, 8), .first_extension = 60}),
            packet),
      IpParse::kDamaged);
}

TEST(IpPacket, TakesALengthThatOffloadLeftZeroFromTheCapture) {
  Buffer ip = Ip(At(kV4), At(kV4), 6, Buffer(1000));
  ip[2] = ip[3] = 0;
  IpPacket packet;
  ASSERT_EQ(Parse(ip, packet), IpParse::kOk);
  EXPECT_EQ(packet.payload.size(), 1000U);
}

TEST(IpPacket, NeverReadsBeyondItsBytes) {
  const Buffer v4 = Udp(kV4, kV4, Query());
  const Buffer v6 =
      Udp(kV6, kV6, Query(),
          {.extensions = Extension(17, 0, 8), .first_extension = 60});
  for (const Buffer& ip : {v4, v6})
    for (size_t size = 0; size < ip.size(); ++size) {
      IpPacket packet;
      const Buffer cut(ip.begin(), ip.begin() + static_cast<ptrdiff_t>(size));
      const IpParse parsed = ParseIp(cut, ip.size(), packet);
      if (parsed == IpParse::kOk) {
        EXPECT_TRUE(packet.CutByCapture());
      }
    }
}

TEST(LinkLayer, FindsTheIpHeaderBehindEachLinkType) {
  const Buffer ip = Udp(kV4, kV4, Text("x"));
  const auto check = [&](LinkType type, const Buffer& frame) {
    const auto found = NetworkLayer(type, frame);
    ASSERT_TRUE(found);
    EXPECT_TRUE(std::equal(found->begin(), found->end(), ip.begin(), ip.end()));
  };
  const auto with_header = [&](size_t header, size_t type_at) {
    Buffer frame(header);
    frame[type_at] = 0x08;
    Put(frame, ip);
    return frame;
  };
  check(LinkType::kEthernet, Ethernet(ip));
  check(LinkType::kEthernet, Ethernet(ip, {0x81000007}));
  check(LinkType::kEthernet, Ethernet(ip, {0x88a80005, 0x81000007}));
  check(LinkType::kRawIp, ip);
  check(LinkType::kLinuxSll, with_header(16, 14));
  check(LinkType::kLinuxSll2, with_header(20, 0));
  Buffer null = {2, 0, 0, 0};
  Put(null, ip);
  check(LinkType::kNull, null);
}

TEST(LinkLayer, FindsNothingBehindOtherTypesOrTooManyTags) {
  const Buffer ip = Udp(kV4, kV4, Text("x"));
  Buffer arp = Ethernet(ip);
  arp[13] = 0x06;
  EXPECT_FALSE(NetworkLayer(LinkType::kEthernet, arp));
  EXPECT_FALSE(NetworkLayer(LinkType::kEthernet, Buffer(13)));
  EXPECT_FALSE(NetworkLayer(LinkType::kNull, Buffer(3)));
  EXPECT_FALSE(NetworkLayer(
      LinkType::kEthernet, Ethernet(ip, std::vector<uint32_t>(5, 0x81000001))));
}

}  // namespace
}  // namespace nameward
