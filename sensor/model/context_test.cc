// SPDX-License-Identifier: Apache-2.0
#include "model/context.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

TEST(Context, RoundTripsThroughText) {
  Context context;
  context.node = "worker-7";
  context.boot_id = "5b1c";
  context.live = false;
  context.attached = BootTime(Nanoseconds(123));
  context.resolvers = {*Endpoint::Parse("10.96.0.10:53")};
  context.trust_any_on_port = {53};
  context.internal = {*Network::Parse("10.244.0.0/16")};
  context.services = {*Network::Parse("fd00::/112")};
  context.node_addresses = {*IpAddress::Parse("192.0.2.7")};
  context.encrypted = {*IpAddress::Parse("9.9.9.9")};
  context.warmup = 90s;
  const Context read = Context::FromText(context.ToText());
  EXPECT_EQ(read.ToText(), context.ToText());
  EXPECT_EQ(read.unknown_lines, 0U);
}

TEST(Context, CountsLinesThatANewerVersionWrote) {
  const Context read =
      Context::FromText("node a\nmoon full\nresolver nowhere\n\n");
  EXPECT_EQ(read.node, "a");
  EXPECT_EQ(read.unknown_lines, 2U);
}

}  // namespace
}  // namespace nameward
