// SPDX-License-Identifier: Apache-2.0
#include "model/context.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

TEST(Context, RoundTripsThroughText) {
  Context context;
  context.node = {"worker-7", "eu1", "0123456789abcdef0123456789abcdef"};
  context.boot_id = "5b1c";
  context.live = false;
  context.attached = BootTime(Nanoseconds(123));
  context.resolvers = {*Endpoint::Parse("10.96.0.10:53")};
  context.trust_any_on_port = {53};
  context.internal = {*Network::Parse("10.244.0.0/16")};
  context.services = {*Network::Parse("fd00::/112")};
  context.node_addresses = {*IpAddress::Parse("192.0.2.7")};
  context.encrypted = {*IpAddress::Parse("9.9.9.9")};
  context.service_addresses = {*IpAddress::Parse("10.96.0.1")};
  context.redirects = {*Redirect::Parse("198.51.100.0/24"),
                       *Redirect::Parse("[2001:db8::1]:15001")};
  context.zones = {*DomainName::Parse("cluster.local")};
  context.searches = {*DomainName::Parse("corp.example")};
  context.warmup = 90s;
  const Context read = Context::FromText(context.ToText());
  EXPECT_EQ(read.ToText(), context.ToText());
  EXPECT_EQ(read.unknown_lines, 0U);
}

TEST(Redirect, IsANetworkOrOnePortOfAnAddress) {
  EXPECT_EQ(Redirect::Parse("198.51.100.1")->ToString(), "198.51.100.1/32");
  const auto mesh = Redirect::Parse("198.51.100.1:15001");
  ASSERT_TRUE(mesh);
  EXPECT_TRUE(mesh->Contains(*Endpoint::Parse("198.51.100.1:15001")));
  EXPECT_FALSE(mesh->Contains(*Endpoint::Parse("198.51.100.1:15006")));
  EXPECT_FALSE(mesh->Contains(*Endpoint::Parse("198.51.100.2:15001")));
  for (const auto* bad : {"", "198.51.100.1/24", "198.51.100.0/24:15001",
                          "198.51.100.1:0", "mesh.example"})
    EXPECT_FALSE(Redirect::Parse(bad)) << bad;
}

TEST(Context, CountsLinesThatANewerVersionWrote) {
  const Context read =
      Context::FromText("node a\nmoon full\nresolver nowhere\n\n");
  EXPECT_EQ(read.node.name, "a");
  EXPECT_EQ(read.unknown_lines, 2U);
}

}  // namespace
}  // namespace nameward
