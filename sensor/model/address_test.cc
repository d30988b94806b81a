// SPDX-License-Identifier: Apache-2.0
#include "model/address.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

TEST(IpAddress, MappedAndPlainIpv4AreOne) {
  EXPECT_EQ(IpAddress::Parse("192.0.2.1"),
            IpAddress::Parse("::ffff:192.0.2.1"));
  EXPECT_EQ(IpAddress::Parse("::ffff:192.0.2.1")->ToString(), "192.0.2.1");
}

TEST(IpAddress, RefusesWhatIsNoAddress) {
  for (const char* text :
       {"", "1.2.3", "1.2.3.4.5", "[::1]", "fe80::1%eth0", "01.2.3.4x", "::g"})
    EXPECT_EQ(IpAddress::Parse(text), std::nullopt) << text;
}

TEST(IpAddress, KnowsItsKind) {
  const auto at = [](const char* text) { return *IpAddress::Parse(text); };
  EXPECT_TRUE(at("0.0.0.0").IsUnspecified());
  EXPECT_TRUE(at("::").IsUnspecified());
  EXPECT_TRUE(at("127.8.8.8").IsLoopback());
  EXPECT_TRUE(at("::1").IsLoopback());
  EXPECT_TRUE(at("169.254.20.10").IsLinkLocal());
  EXPECT_TRUE(at("febf::1").IsLinkLocal());
  EXPECT_FALSE(at("fec0::1").IsLinkLocal());
  EXPECT_TRUE(at("239.1.1.1").IsMulticast());
  EXPECT_TRUE(at("ff02::fb").IsMulticast());
  EXPECT_TRUE(at("255.255.255.255").IsBroadcast());
  for (const char* text :
       {"10.0.0.1", "172.31.255.255", "192.168.1.1", "100.127.0.1", "fd00::1"})
    EXPECT_TRUE(at(text).IsPrivate()) << text;
  for (const char* text :
       {"11.0.0.1", "172.32.0.1", "100.128.0.1", "2001:db8::1"})
    EXPECT_FALSE(at(text).IsPrivate()) << text;
}

TEST(Endpoint, RoundTripsThroughText) {
  for (const char* text : {"192.0.2.1:53", "[2001:db8::1]:853", "0.0.0.0:0"})
    EXPECT_EQ(Endpoint::Parse(text)->ToString(), text);
  for (const char* text : {"192.0.2.1", "2001:db8::1:53", "[192.0.2.1]:53",
                           "192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1: 5"})
    EXPECT_EQ(Endpoint::Parse(text), std::nullopt) << text;
}

TEST(Network, ContainsByPrefix) {
  const auto net = Network::Parse("100.64.0.0/10");
  ASSERT_TRUE(net);
  EXPECT_TRUE(net->Contains(*IpAddress::Parse("100.127.255.255")));
  EXPECT_FALSE(net->Contains(*IpAddress::Parse("100.128.0.0")));
  EXPECT_EQ(net->ToString(), "100.64.0.0/10");
  EXPECT_TRUE(
      Network::Parse("::/0")->Contains(*IpAddress::Parse("2001:db8::1")));
}

TEST(Network, RefusesHostBits) {
  EXPECT_EQ(Network::Parse("10.0.0.1/8"), std::nullopt);
  EXPECT_EQ(Network::Parse("fd00::1/8"), std::nullopt);
  EXPECT_EQ(Network::Parse("10.0.0.0/33"), std::nullopt);
}

}  // namespace
}  // namespace nameward
