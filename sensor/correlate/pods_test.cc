// SPDX-License-Identifier: Apache-2.0
// The states that need to know of pods: what the rest of the pod, its workload
// or its host looked up, and what its spec names.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"
#include "correlate/judge.h"

namespace nameward {
namespace {

using testing::At;
using testing::Connect;
using ::testing::ElementsAre;
using testing::Ip;
using testing::kNeighbour;
using testing::kPod;
using testing::Name;
using testing::Node;

constexpr uint64_t kPodKey = 7;
constexpr uint64_t kApp = 10;
constexpr uint64_t kSidecar = 11;
constexpr std::string_view kGiven = "203.0.113.7:443";

Pod Checkout(std::string uid) {
  Pod pod;
  pod.namespace_name = "payments";
  pod.name = "checkout-" + uid;
  pod.uid = std::move(uid);
  pod.workload = "Deployment/checkout";
  return pod;
}
Workload Of(Pod pod) {
  Workload workload;
  workload.cgroup_path = "/kubepods/pod" + pod.uid + "/c";
  workload.pod_uid = pod.uid;
  workload.pod = std::make_shared<const Pod>(std::move(pod));
  return workload;
}
Workload Unit(std::string path) {
  Workload workload;
  workload.cgroup_path = std::move(path);
  return workload;
}

// Two containers of one pod.
class Two : public Node {
 public:
  Two() {
    Born(kApp, 2s, kPodKey);
    Born(kSidecar, 2s, kPodKey);
  }
};

TEST(OtherContainer, IsWhatTheRestOfThePodLookedUp) {
  Two node;
  node.Resolve({.cgroup = kSidecar}, 10s);
  const auto verdict = node.Judged(Connect(kGiven, 11s, kApp));
  EXPECT_EQ(verdict.state, ConnectState::kOtherContainer);
  EXPECT_THAT(verdict.names, ElementsAre(Name("good.example")));
  EXPECT_EQ(verdict.age, 999ms);
  EXPECT_FALSE(verdict.seen_elsewhere);  // it is the same pod
  EXPECT_EQ(node.StateOf(kGiven, 11s, kSidecar), ConnectState::kBound);
  EXPECT_EQ(node.StateOf(kGiven, 11s, kPod), ConnectState::kNone);
}

TEST(OtherContainer, IsNothingThatAnUntrustedResolverGave) {
  Two node;
  node.Resolve({.server = "203.0.113.53:53", .cgroup = kSidecar}, 10s);
  EXPECT_EQ(node.StateOf(kGiven, 11s, kApp), ConnectState::kNone);
}

TEST(OtherContainer, HoldsAsLongAsAnOwnBindingDoes) {
  Two node;
  node.Resolve({.cgroup = kSidecar}, 10s);
  // Used each day, so that it is not forgotten: stale, but still no surprise.
  for (int day = 0; day < 9; ++day)
    EXPECT_EQ(node.StateOf(kGiven, 11s + day * 24h, kApp),
              ConnectState::kOtherContainer);
  EXPECT_EQ(node.StateOf(kGiven, 11s + 17 * 24h, kApp), ConnectState::kNone);
}

TEST(OtherContainer, OutlivesAnInitContainer) {
  Two node;
  constexpr uint64_t kInit = 12;
  node.Born(kInit, 2s, kPodKey);
  node.Resolve({.cgroup = kInit}, 10s);
  node.Gone(kInit, 11s);
  EXPECT_EQ(node.StateOf(kGiven, 1h, kApp), ConnectState::kOtherContainer);
}

TEST(OtherContainer, EndsWithThePod) {
  Two node;
  node.Resolve({.cgroup = kSidecar}, 10s);
  node.Gone(kSidecar, 20s);
  node.Gone(kApp, 21s);
  node.correlator.AdvanceTo(At(21s + Histories::kGoneKept));
  EXPECT_EQ(node.correlator.stats().addresses.bindings, 0u);
  EXPECT_EQ(node.correlator.stats().cgroups, 2u);  // the two of Node
}

TEST(OtherContainer, KeepsOfACrashLoopItsLastLivesOnly) {
  Two node;
  const uint64_t lives = 3 * PodMembers::kMostEnded;
  for (uint64_t life = 0; life < lives; ++life) {
    node.Born(100 + life, 10s, kPodKey);
    node.Resolve({.cgroup = 100 + life, .cookie = life + 1}, 10s);
    node.Gone(100 + life, 10s);
  }
  node.correlator.AdvanceTo(At(10s + Histories::kGoneKept));
  EXPECT_EQ(node.correlator.stats().addresses.bindings, PodMembers::kMostEnded);
  EXPECT_EQ(node.correlator.stats().cgroups, 4 + PodMembers::kMostEnded);
}

Event Lost(uint64_t cgroup, std::string_view fate, Nanoseconds at) {
  Event event;
  event.time = At(at);
  event.body = LossEvent{"answer", std::string(fate), 1, At(at), cgroup};
  return event;
}

TEST(Flood, OfOneContainerEarnsTheOthersOfItsPodNoWarmup) {
  // One fills the ring, so that an answer of the other is lost.
  for (const bool flooded : {false, true}) {
    Two node;
    Event flood = Lost(kSidecar, "quota", 10s);
    if (flooded) node.correlator.Observe(flood);
    Event loss = Lost(kApp, "full", 10s);
    node.correlator.Observe(loss);
    const auto verdict = node.Judged(Connect(kGiven, 11s, kApp));
    EXPECT_EQ(verdict.state,
              flooded ? ConnectState::kNone : ConnectState::kWarmup);
    EXPECT_FALSE(verdict.history_complete);
  }
}

TEST(Flood, IsNoExcuseForAnotherPod) {
  Two node;
  Event flood = Lost(kSidecar, "quota", 10s);
  node.correlator.Observe(flood);
  EXPECT_TRUE(node.Judged(Connect(kGiven, 11s, kPod)).history_complete);
  Event loss = Lost(kPod, "full", 10s);
  node.correlator.Observe(loss);
  EXPECT_EQ(node.StateOf(kGiven, 11s, kPod), ConnectState::kWarmup);
}

TEST(Flood, AndANeighboursLookUpTogetherStillAreNone) {
  Node node;
  Event flood = Lost(kPod, "quota", 10s);
  node.correlator.Observe(flood);
  Event loss = Lost(kPod, "full", 10s);
  node.correlator.Observe(loss);
  node.Resolve({.cgroup = kNeighbour}, 10s);
  const auto verdict = node.Judged(Connect(kGiven, 11s));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_FALSE(verdict.history_complete);
  EXPECT_TRUE(verdict.seen_elsewhere);
}

TEST(PodMembers, LeavesWhatIsBeyondItsBoundOnItsOwn) {
  PodMembers members;
  for (uint64_t id = 1; id <= PodMembers::kMostLiving; ++id)
    EXPECT_TRUE(members.Add(kPodKey, id));
  EXPECT_FALSE(members.Add(kPodKey, 99));
  EXPECT_EQ(members.Of(kPodKey).size(), PodMembers::kMostLiving);
  std::vector<uint64_t> forgotten;
  members.End(kPodKey, 99, forgotten);
  EXPECT_TRUE(forgotten.empty());
}

TEST(OtherPod, IsWhatAReplicaLookedUp) {
  Node node;
  node.Name(kPod, Of(Checkout("a")));
  node.Name(kNeighbour, Of(Checkout("b")));
  node.Resolve({.cgroup = kNeighbour}, 10s);
  const auto verdict = node.Judged(Connect(kGiven, 11s));
  EXPECT_EQ(verdict.state, ConnectState::kOtherPod);
  EXPECT_TRUE(verdict.seen_elsewhere);
}

TEST(OtherPod, IsNothingThatAnUnrelatedPodLookedUp) {
  Pod other_namespace = Checkout("b");
  other_namespace.namespace_name = "attacker";
  Pod other_workload = Checkout("b");
  other_workload.workload = "Deployment/attacker";
  Pod bare = Checkout("b");
  bare.workload.clear();
  for (const Pod& pod : {other_namespace, other_workload, bare}) {
    Node node;
    Pod own = Checkout("a");
    own.workload = pod.workload.empty() ? "" : own.workload;
    node.Name(kPod, Of(own));
    node.Name(kNeighbour, Of(pod));
    node.Resolve({.cgroup = kNeighbour}, 10s);
    const auto verdict = node.Judged(Connect(kGiven, 11s));
    EXPECT_EQ(verdict.state, ConnectState::kNone);
    EXPECT_TRUE(verdict.seen_elsewhere);
  }
}

TEST(OtherPod, IsNothingThatAReplicaGotOfAResolverOfItsOwn) {
  Node node;
  node.Name(kPod, Of(Checkout("a")));
  node.Name(kNeighbour, Of(Checkout("b")));
  node.Resolve({.server = "203.0.113.53:53", .cgroup = kNeighbour}, 10s);
  EXPECT_EQ(node.StateOf(kGiven, 11s), ConnectState::kNone);
}

TEST(OtherPod, FindsAReplicaAmongFifteenOthersThatAskedLater) {
  Node node;
  node.Name(kPod, Of(Checkout("a")));
  node.Name(kNeighbour, Of(Checkout("b")));
  node.Resolve({.cgroup = kNeighbour}, 10s);
  for (uint64_t other = 0; other < Evidence::kMostHolders; ++other) {
    EXPECT_EQ(node.StateOf(kGiven, 11s), ConnectState::kOtherPod) << other;
    node.Resolve({.cgroup = 500 + other, .cookie = 500 + other}, 10s);
  }
  // Beyond the bound it errs to the side that raises an alert.
  EXPECT_EQ(node.StateOf(kGiven, 11s), ConnectState::kNone);
}

TEST(OtherPod, IsTheHostForAHostNetworkPodAlone) {
  for (const bool host_network : {true, false}) {
    Node node;
    Pod pod = Checkout("a");
    pod.host_network = host_network;
    node.Name(kPod, Of(pod));
    node.Name(kNeighbour, Unit("/system.slice/systemd-resolved.service"));
    node.Resolve({.cgroup = kNeighbour}, 10s);
    EXPECT_EQ(node.StateOf(kGiven, 11s),
              host_network ? ConnectState::kOtherPod : ConnectState::kNone);
  }
}

TEST(OtherPod, IsNeverTheKubeletARuntimeOrTheRootOfTheHost) {
  // They look up what a pod's spec tells them to.
  for (const auto* path :
       {"/system.slice/kubelet.service", "/system.slice/containerd.service",
        "/system.slice/crio.service", "/system.slice/docker.service",
        "/system.slice/k3s.service", "/podruntime/kubelet", "/", ""}) {
    Node node;
    Pod pod = Checkout("a");
    pod.host_network = true;
    node.Name(kPod, Of(pod));
    node.Name(kNeighbour, Unit(path));
    node.Resolve({.cgroup = kNeighbour}, 10s);
    EXPECT_EQ(node.StateOf(kGiven, 11s), ConnectState::kNone) << path;
  }
}

TEST(HostsFile, IsAHostAliasOfThePodsOwnSpec) {
  Node node;
  Pod pod = Checkout("a");
  pod.host_aliases = {Ip("203.0.113.7")};
  node.Name(kPod, Of(pod));
  node.Name(kNeighbour, Of(Checkout("b")));
  EXPECT_EQ(node.StateOf(kGiven, 1h), ConnectState::kHostsFile);
  EXPECT_EQ(node.StateOf("203.0.113.8:443", 1h), ConnectState::kNone);
  EXPECT_EQ(node.StateOf(kGiven, 1h, kNeighbour), ConnectState::kNone);
}

TEST(EnvLiteral, IsAServiceHostOfThePodsOwnSpec) {
  Node node;
  Pod pod = Checkout("a");
  pod.service_hosts = {Ip("203.0.113.7")};
  node.Name(kPod, Of(pod));
  EXPECT_EQ(node.StateOf(kGiven, 1h), ConnectState::kEnvLiteral);
  EXPECT_EQ(node.StateOf("203.0.113.8:443", 1h), ConnectState::kNone);
}

TEST(Judge, CallsInternalWhatThePodListNames) {
  Node node;
  node.context.internal.clear();
  node.context.services.clear();
  node.Reconfigure();
  node.pods.addresses = {Ip("10.99.0.13"), Ip("2001:db8::13")};
  EXPECT_EQ(node.StateOf("10.99.0.13:80", 1h), ConnectState::kInternal);
  EXPECT_EQ(node.StateOf("[2001:db8::13]:80", 1h), ConnectState::kInternal);
  EXPECT_EQ(node.StateOf("10.99.0.14:80", 1h), ConnectState::kPrivate);
}

TEST(Judge, DoesNotTakeOneServicesAddressForARange) {
  Node node;
  node.context.internal.clear();
  node.context.services.clear();
  node.context.service_addresses = {Ip("10.96.0.1")};
  node.Reconfigure();
  EXPECT_EQ(node.StateOf("10.96.0.1:443", 1h), ConnectState::kService);
  EXPECT_EQ(node.StateOf("10.96.0.2:443", 1h), ConnectState::kPrivate);
}

}  // namespace
}  // namespace nameward
