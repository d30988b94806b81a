// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

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
        std::pair{"metrics.listen", "pod:http"}, std::pair{"pods", "docker"},
        std::pair{"kubelet.address", "worker-7"},
        std::pair{"kubelet.port", "65536"}, std::pair{"kubelet.tls", "off"},
        std::pair{"kubelet.poll", "0s"}, std::pair{"node.flows", "yes"},
        std::pair{"kafka.brokers", "kafka"}, std::pair{"kafka.topic", "a b"},
        std::pair{"kafka.sasl_mechanism", "GSSAPI"}}) {
    const std::string error = ErrorOf(SetKey(settings, key, {value}, "f:1:1"));
    EXPECT_NE(error.find("f:1:1: bad value for " + std::string(key)),
              std::string::npos)
        << error;
    EXPECT_NE(error.find("(expected "), std::string::npos) << error;
  }
}

TEST(Settings, ABadValueSaysItsOwnReasonWhereItHasOne) {
  Settings settings;
  for (const auto& [key, value, reason] :
       {std::tuple{"kafka.properties", "sasl.password=x",
                   "kafka.sasl_password_file"},
        std::tuple{"kafka.properties", "acks=1", "may be lost"},
        std::tuple{"webhook.url", "ftp://a", "neither https:// nor http://"}}) {
    const std::string error = ErrorOf(SetKey(settings, key, {value}, "f:1:1"));
    EXPECT_TRUE(error.starts_with("f:1:1: " + std::string(key) + ": "))
        << error;
    EXPECT_NE(error.find(reason), std::string::npos) << error;
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

TEST(Settings, EveryKeyIsDocumented) {
  std::ifstream file(NW_DOCS "/operations.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  for (const std::string_view name : SettingNames())
    EXPECT_NE(text.find("`" + std::string(name) + "`"), std::string::npos)
        << name << " is not in docs/operations.md";
}

TEST(Settings, EveryDefaultReadsBack) {
  Settings settings;
  settings.node_name = "n1";
  const Status status = ReadConfigFile(settings, "d", PrintConfig(settings));
  EXPECT_TRUE(status) << ErrorOf(status);
}

TEST(Settings, PodsIsShortForItsSource) {
  Settings settings;
  ASSERT_TRUE(ReadConfigFile(settings, "a.yaml", "pods: kubelet\n"));
  EXPECT_EQ(settings.pods, PodsFrom::kKubelet);
  ASSERT_TRUE(ReadConfigFile(settings, "b.yaml",
                             "pods:\n  source: file\n  file: /p.json\n"));
  EXPECT_EQ(settings.pods, PodsFrom::kFile);
  EXPECT_EQ(settings.pods_file, "/p.json");
}

TEST(Settings, TheMetricsListenOnThePodsOwnAddress) {
  Settings settings;
  ASSERT_TRUE(SetKey(settings, "metrics.listen", {"pod:9464"}, "--set"));
  EXPECT_FALSE(MetricsAddress(settings));
  settings.pod_ip = "10.244.1.7";
  EXPECT_EQ(*MetricsAddress(settings), "10.244.1.7:9464");
  settings.pod_ip = "fd00::7";
  EXPECT_EQ(*MetricsAddress(settings), "[fd00::7]:9464");
}

TEST(PodEnvironment, FindsTheKubeletWhereAllOfItIsThere) {
  const PodEnvironment whole = {.node_name = "worker-7",
                                .host_ip = "192.0.2.7,2001:db8::7",
                                .has_account = true};
  Settings settings;
  ASSERT_TRUE(ApplyEnvironment(whole, settings));
  EXPECT_EQ(settings.pods, PodsFrom::kKubelet);
  EXPECT_EQ(settings.node_name, "worker-7");
  EXPECT_EQ(settings.kubelet.server_name, "worker-7");
  EXPECT_EQ(settings.kubelet.address.size(), 2U);
  EXPECT_EQ(settings.node_addresses.size(), 2U);
  EXPECT_NE(PrintConfig(settings).find(
                "source: \"kubelet\"  # HOST_IP, NODE_NAME and a service"),
            std::string::npos)
      << PrintConfig(settings);

  for (auto forget : {+[](PodEnvironment& pod) { pod.node_name.clear(); },
                      +[](PodEnvironment& pod) { pod.host_ip.clear(); },
                      +[](PodEnvironment& pod) { pod.has_account = false; }}) {
    PodEnvironment part = whole;
    forget(part);
    Settings without;
    ASSERT_TRUE(ApplyEnvironment(part, without));
    EXPECT_EQ(without.pods, PodsFrom::kNone);
  }
}

TEST(PodEnvironment, SaysWhichVariableIsNoAddress) {
  Settings settings;
  const std::string error =
      ErrorOf(ApplyEnvironment({.host_ip = "worker-7"}, settings));
  EXPECT_NE(error.find("HOST_IP: bad value"), std::string::npos) << error;
}

TEST(MachineId, IsThirtyTwoHexDigitsOrNotKnown) {
  EXPECT_TRUE(IsMachineId("0123456789abcdef0123456789abcdef"));
  for (const char* other :
       {"", "uninitialized", "0123456789ABCDEF0123456789ABCDEF",
        "0123456789abcdef0123456789abcdef0"})
    EXPECT_FALSE(IsMachineId(other)) << other;
}

TEST(Settings, SayWhichItemOfAListIsBad) {
  for (const auto& [key, bad] :
       {std::pair{"cluster.internal", "10.244.0.1/16"},
        std::pair{"cluster.services", "services"},
        std::pair{"cluster.zones", "."}, std::pair{"cluster.search", "a..b"},
        std::pair{"correlate.redirects", "192.0.2.0/24:15001"},
        std::pair{"correlate.resolvers", "192.0.2.53"}}) {
    Settings settings;
    const Status set = SetKey(settings, key, {bad}, "f.yaml:3");
    ASSERT_FALSE(set) << key;
    const std::string error = set.error().ToString();
    EXPECT_NE(error.find(key + (": \"" + std::string(bad)) + "\""),
              std::string::npos)
        << error;
  }
  Settings settings;
  EXPECT_TRUE(SetKey(settings, "cluster.zones", {"k8s.example"}, "flag"));
  EXPECT_TRUE(SetKey(settings, "correlate.redirects",
                     {"192.0.2.0/24", "192.0.2.1:15001"}, "flag"));
  EXPECT_NE(PrintConfig(settings).find(
                R"(redirects: ["192.0.2.0/24", "192.0.2.1:15001"]  # flag)"),
            std::string::npos);
}

TEST(Settings, TakeAClustersNameThatStandsInAPathAsItIs) {
  Settings settings;
  for (const std::string name : {"", "eu1", "Prod_eu-1.example"}) {
    EXPECT_TRUE(SetKey(settings, "cluster.name", {name}, "flag")) << name;
    EXPECT_EQ(settings.cluster_name, name);
  }
  for (const std::string& bad :
       {std::string("a/b"), std::string("-a"), std::string(".."),
        std::string("a b"), std::string("\xc3\xbc"), std::string(101, 'a')})
    EXPECT_FALSE(SetKey(settings, "cluster.name", {bad}, "flag")) << bad;
}

}  // namespace
}  // namespace nameward
