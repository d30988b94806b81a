// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <gtest/gtest.h>

#include "app/surroundings.h"

namespace nameward {
namespace {

std::string ErrorOf(const Status& status) {
  return status ? "" : status.error().ToString();
}

TEST(Settings, UnknownKeysAreErrorsThatListTheKnownOnes) {
  Settings settings;
  const std::string error =
      ErrorOf(SetKey(settings, "correlate.warmpu", {"5m"}, "--set"));
  EXPECT_NE(error.find("unknown key correlate.warmpu"), std::string::npos);
  EXPECT_NE(error.find("correlate.warmup"), std::string::npos);
}

TEST(Settings, BadValuesSayWhatIsExpected) {
  Settings settings;
  for (const auto& [key, value] :
       {std::pair{"cluster.internal", "10.0.0.1/8"},
        std::pair{"correlate.resolvers", "10.0.0.1"},
        std::pair{"correlate.warmup", "5"},
        std::pair{"limits.ring_bytes", "65537"},
        std::pair{"metrics.listen", "localhost:9464"},
        std::pair{"node.flows", "yes"}}) {
    const std::string error = ErrorOf(SetKey(settings, key, {value}, "f:1:1"));
    EXPECT_NE(error.find("f:1:1: bad value for " + std::string(key)),
              std::string::npos)
        << error;
    EXPECT_NE(error.find("(expected "), std::string::npos) << error;
  }
}

TEST(Settings, ThePrintedConfigReadsBackTheSame) {
  Settings settings;
  ASSERT_TRUE(SetKey(settings, "node.name", {"n1"}, "--set"));
  ASSERT_TRUE(SetKey(settings, "cluster.internal",
                     {"10.244.0.0/16", "fd00::/48"}, "--set"));
  ASSERT_TRUE(SetKey(settings, "correlate.warmup", {"90s"}, "--set"));
  const std::string printed = PrintConfig(settings);
  Settings read;
  const Status status = ReadConfigFile(read, "printed.yaml", printed);
  ASSERT_TRUE(status) << ErrorOf(status);
  EXPECT_EQ(read.internal.size(), 2U);
  EXPECT_EQ(read.warmup, 90s);
  EXPECT_NE(PrintConfig(read).find("warmup: \"90s\"  # printed.yaml:"),
            std::string::npos)
      << PrintConfig(read);
}

TEST(Settings, AConfigFilesErrorNamesTheLine) {
  Settings settings;
  const std::string error = ErrorOf(ReadConfigFile(
      settings, "n.yaml", "node:\n  name: a\nmetrics:\n  x: 1\n"));
  EXPECT_NE(error.find("n.yaml:4:3: unknown key metrics.x"), std::string::npos)
      << error;
}

TEST(ResolvConf, TakesNameserversOnly) {
  const auto resolvers = ParseResolvConf(
      "# nameserver 192.0.2.9\nsearch a.test\nnameserver 192.0.2.53\n"
      "nameserver fe80::1%eth0\noptions ndots:5\nnameserver junk\n");
  ASSERT_EQ(resolvers.size(), 2U);
  EXPECT_EQ(resolvers[0].ToString(), "192.0.2.53:53");
  EXPECT_EQ(resolvers[1].ToString(), "[fe80::1]:53");
}

}  // namespace
}  // namespace nameward
