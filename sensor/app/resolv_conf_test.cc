// SPDX-License-Identifier: Apache-2.0
#include "app/resolv_conf.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

template <typename T>
std::string Joined(const std::vector<T>& list) {
  std::string text;
  for (const T& one : list) text += (text.empty() ? "" : " ") + one.ToString();
  return text;
}

// As the kubelet writes it for a ClusterFirst pod of namespace `nameward`.
const ResolvConf kInPod = ParseResolvConf(
    "search nameward.svc.k8s.example svc.k8s.example k8s.example corp.example\n"
    "nameserver 10.96.0.10\noptions ndots:5\n");
const ResolvConf kOfNode = ParseResolvConf(
    "nameserver 127.0.0.53\nnameserver 192.0.2.53\nsearch corp.example .\n");

Settings Kubernetes() {
  Settings settings;
  settings.pods = PodsFrom::kKubelet;
  return settings;
}

TEST(ResolvConf, HasNameserversAndTheLastSearchList) {
  const ResolvConf conf = ParseResolvConf(
      "# nameserver 192.0.2.9\nsearch a.test\nnameserver 192.0.2.53\n"
      "nameserver fe80::1%eth0 192.0.2.8\noptions ndots:5\nnameserver junk\n"
      "search b.test c..test C.test.\n");
  EXPECT_EQ(Joined(conf.resolvers), "192.0.2.53:53 [fe80::1]:53");
  EXPECT_EQ(Joined(conf.searches), "b.test c.test");
}

TEST(ResolvConf, TellsTheClustersZone) {
  EXPECT_EQ(ZoneOf(kInPod.searches)->ToString(), "k8s.example");
  EXPECT_FALSE(ZoneOf(kOfNode.searches));
  EXPECT_FALSE(ZoneOf({}));
}

TEST(AddNames, JoinsWhatPodAndNodeSay) {
  Context context;
  AddNames(Kubernetes(), kInPod, kOfNode, context);
  // In a pod 127.0.0.53 would be whoever listens there.
  EXPECT_EQ(Joined(context.resolvers), "10.96.0.10:53 192.0.2.53:53");
  EXPECT_EQ(Joined(context.zones), "k8s.example");
  EXPECT_EQ(Joined(context.searches), "corp.example");
}

TEST(AddNames, TakesClusterLocalForTheZoneIfNothingElseIsSaid) {
  Context context;
  AddNames(Kubernetes(), kOfNode, {}, context);
  EXPECT_EQ(Joined(context.zones), "cluster.local");
}

TEST(AddNames, KnowsNoZoneAndTrustsItsOwnStubWithoutKubernetes) {
  Context context;
  AddNames({}, kOfNode, {}, context);
  EXPECT_EQ(Joined(context.resolvers), "127.0.0.53:53 192.0.2.53:53");
  EXPECT_EQ(Joined(context.zones), "");
  EXPECT_EQ(Joined(context.searches), "corp.example");
}

TEST(AddNames, PutsTheConfigurationFirst) {
  Settings settings = Kubernetes();
  settings.resolvers = {*Endpoint::Parse("192.0.2.54:53")};
  settings.zones = {*DomainName::Parse("one.example"),
                    *DomainName::Parse("two.example")};
  settings.search = {*DomainName::Parse("lab.example")};
  Context context;
  AddNames(settings, kInPod, kOfNode, context);
  EXPECT_EQ(Joined(context.resolvers), "192.0.2.54:53");
  EXPECT_EQ(Joined(context.zones), "one.example two.example");
  EXPECT_EQ(context.searches[0].ToString(), "lab.example");
}

}  // namespace
}  // namespace nameward
