// SPDX-License-Identifier: Apache-2.0
#include "kube/pod_list_json.h"

#include <gmock/gmock.h>

#include "kube/pod_list_testing.h"

namespace nameward {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

IpAddress Ip(const char* text) { return *IpAddress::Parse(text); }

std::string Workload(const PodSnapshot& snapshot, const std::string& pod) {
  return PodCalled(snapshot, pod).pod->workload;
}

TEST(PodListJson, TakesNullItemsForNoPods) {
  PodListCounts counts;
  EXPECT_THAT(MustParse(ReadPodList("no_pods"), &counts).pods, IsEmpty());
  EXPECT_EQ(counts.pods, 0U);
  EXPECT_EQ(counts.skipped, 0U);
  EXPECT_THAT(MustParse("{}").pods, IsEmpty());
  EXPECT_THAT(MustParse(R"({"items":[]})").pods, IsEmpty());
  EXPECT_THAT(MustParse(R"({"items":{"metadata":{"uid":"x"}}})").pods,
              IsEmpty());
}

TEST(PodListJson, SeesThroughTheOwnerToTheWorkload) {
  const PodSnapshot pods = MustParse(ReadPodList("owners"));
  EXPECT_EQ(Workload(pods, "web-7d9f8b6c5d-x2x4z"), "Deployment/web");
  EXPECT_EQ(Workload(pods, "db-0"), "StatefulSet/db");
  EXPECT_EQ(Workload(pods, "migrate-abcde"), "Job/migrate");
  EXPECT_EQ(Workload(pods, "report-29123456-abcde"), "CronJob/report");
  EXPECT_EQ(Workload(pods, "log-agent-abcde"), "DaemonSet/log-agent");
  EXPECT_EQ(Workload(pods, "canary-5f6d7c8b9-abcde"), "Rollout/canary");
  EXPECT_EQ(Workload(pods, "legacy-3-abcde"), "DeploymentConfig/legacy");
  EXPECT_EQ(Workload(pods, "alone"), "Pod/alone");
  EXPECT_EQ(Workload(pods, "rs-by-hand-abcde"), "ReplicaSet/rs-by-hand");
  EXPECT_EQ(Workload(pods, "custom-abcde"), "Widget/custom");
}

TEST(PodListJson, NamesStaticPodsWithoutTheirNode) {
  const PodSnapshot pods = MustParse(ReadPodList("owners"));
  EXPECT_EQ(Workload(pods, "etcd-node-1"), "Pod/etcd");
  EXPECT_EQ(Workload(pods, "own-uid-node-1"), "Pod/own-uid");
  EXPECT_EQ(Workload(pods, "proxy-node-1"), "Pod/proxy");
}

TEST(PodListJson, GivesStaticPodsTheUidOfTheirCgroups) {
  const PodSnapshot pods = MustParse(ReadPodList("owners"));
  EXPECT_EQ(PodCalled(pods, "etcd-node-1").pod->uid,
            "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(PodCalled(pods, "own-uid-node-1").pod->uid, "any-uid_at all");
  // The API server's copy has a uid of its own, which no cgroup carries.
  EXPECT_EQ(PodCalled(pods, "proxy-node-1").pod->uid,
            "fedcba9876543210fedcba9876543210");
}

TEST(PodListJson, KeepsEveryKindOfContainer) {
  const PodSnapshot pods = MustParse(ReadPodList("containers"));
  const PodState& full = PodCalled(pods, "full");
  ASSERT_EQ(full.containers.size(), 5U);
  EXPECT_EQ(ContainerCalled(full, "app").kind, ContainerKind::kRegular);
  EXPECT_EQ(ContainerCalled(full, "second").kind, ContainerKind::kRegular);
  EXPECT_EQ(ContainerCalled(full, "prepare").kind, ContainerKind::kInit);
  EXPECT_EQ(ContainerCalled(full, "mesh").kind, ContainerKind::kSidecar);
  EXPECT_EQ(ContainerCalled(full, "debugger").kind, ContainerKind::kEphemeral);
  EXPECT_EQ(ContainerCalled(full, "app").image, "registry.example/app:3");
}

TEST(PodListJson, KeepsTheIdsOfContainersThatEnded) {
  const PodSnapshot pods = MustParse(ReadPodList("containers"));
  const PodState& full = PodCalled(pods, "full");
  const std::string zeros(61, '0');
  EXPECT_THAT(ContainerCalled(full, "app").ids,
              ElementsAre("a4" + zeros + "4", "a3" + zeros + "3"));
  EXPECT_THAT(ContainerCalled(full, "prepare").ids,
              ElementsAre("a1" + zeros + "1"));
  EXPECT_THAT(ContainerCalled(full, "debugger").ids,
              ElementsAre("a5" + zeros + "5"));
  EXPECT_THAT(ContainerCalled(full, "second").ids, IsEmpty());
  EXPECT_THAT(ContainerCalled(PodCalled(pods, "crashing"), "app").ids,
              ElementsAre("f0"));
}

TEST(PodListJson, KeepsTheIdOfTheImageThatRuns) {
  const PodSnapshot pods = MustParse(ReadPodList("containers"));
  const PodState& full = PodCalled(pods, "full");
  EXPECT_EQ(ContainerCalled(full, "app").image_id,
            "registry.example/app@sha256:0f");
  EXPECT_EQ(ContainerCalled(full, "second").image_id, "");
  EXPECT_EQ(ContainerCalled(PodCalled(pods, "backwards"), "app").image_id,
            "app@sha256:1f");
}

TEST(PodListJson, NamesContainersBeforeTheyHaveAStatus) {
  const PodSnapshot pods = MustParse(ReadPodList("containers"));
  const PodState& creating = PodCalled(pods, "creating");
  ASSERT_EQ(creating.containers.size(), 1U);
  EXPECT_EQ(creating.containers[0].name, "app");
  EXPECT_THAT(creating.containers[0].ids, IsEmpty());
}

TEST(PodListJson, ReadsTheFieldsInAnyOrder) {
  const PodSnapshot pods = MustParse(ReadPodList("containers"));
  const PodContainer& app =
      ContainerCalled(PodCalled(pods, "backwards"), "app");
  EXPECT_EQ(app.image, "app");
  EXPECT_THAT(app.ids, ElementsAre("e1"));
}

TEST(PodListJson, TellsWhichPodsAreOver) {
  const PodSnapshot pods = MustParse(ReadPodList("containers"));
  EXPECT_TRUE(PodCalled(pods, "done").finished);
  EXPECT_TRUE(PodCalled(pods, "failed").finished);
  EXPECT_FALSE(PodCalled(pods, "full").finished);
  EXPECT_FALSE(PodCalled(pods, "creating").finished);
}

TEST(PodListJson, ReadsWhatThePodWasToldOfNames) {
  const PodSnapshot pods = MustParse(ReadPodList("network"));
  const Pod& dual = *PodCalled(pods, "dual").pod;
  EXPECT_EQ(dual.dns.policy, PodDns::Policy::kNone);
  EXPECT_THAT(dual.dns.nameservers,
              ElementsAre(Ip("192.0.2.53"), Ip("2001:db8::53")));
  EXPECT_THAT(dual.dns.searches,
              ElementsAre(*DomainName::Parse("corp.example"),
                          *DomainName::Parse("svc.cluster.local")));
  EXPECT_EQ(dual.dns.ndots, 2U);
  EXPECT_THAT(dual.host_aliases, ElementsAre(Ip("198.51.100.7")));
  EXPECT_EQ(dual.service_account, "runner");
  EXPECT_EQ(PodCalled(pods, "host").pod->dns.policy,
            PodDns::Policy::kClusterFirstWithHostNet);
  EXPECT_EQ(PodCalled(pods, "default").pod->dns.policy,
            PodDns::Policy::kDefault);
}

TEST(PodListJson, KeepsOfEnvOnlyLiteralServiceHosts) {
  const PodSnapshot pods = MustParse(ReadPodList("network"));
  EXPECT_THAT(PodCalled(pods, "dual").pod->service_hosts,
              ElementsAre(Ip("10.96.0.1"), Ip("2001:db8::7")));
  EXPECT_THAT(Reduced(pods), Not(HasSubstr("hunter2")));
  EXPECT_THAT(Reduced(pods), Not(HasSubstr("203.0.113.9")));
}

TEST(PodListJson, ReadsTheAddressesOfPodsAndNode) {
  const PodSnapshot pods = MustParse(ReadPodList("network"));
  EXPECT_THAT(PodCalled(pods, "dual").addresses,
              ElementsAre(Ip("10.0.0.5"), Ip("2001:db8:1::5")));
  EXPECT_TRUE(PodCalled(pods, "host").pod->host_network);
  EXPECT_THAT(pods.node_addresses,
              ElementsAre(Ip("192.0.2.10"), Ip("2001:db8::10")));
}

TEST(PodListJson, TakesFieldsOfTheWrongTypeForAbsent) {
  PodListCounts counts;
  const PodSnapshot pods = MustParse(ReadPodList("odd"), &counts);
  ASSERT_EQ(pods.pods.size(), 1U);
  EXPECT_EQ(counts.skipped, 9U);
  const PodState& kept = pods.pods[0];
  EXPECT_EQ(kept.pod->name, "kept");
  EXPECT_EQ(kept.pod->namespace_name, "");
  EXPECT_EQ(kept.pod->workload, "Pod/kept");
  EXPECT_FALSE(kept.pod->host_network);
  EXPECT_THAT(kept.addresses, ElementsAre(Ip("10.0.0.1")));
  ASSERT_EQ(kept.containers.size(), 2U);
  EXPECT_EQ(kept.containers[0].name, "late");
  EXPECT_EQ(kept.containers[1].name, "i");
}

TEST(PodListJson, RefusesWhatIsNoPodList) {
  for (const char* text :
       {"", " ", "null", "7", "[]", "[{}]", "\"x\"", "{", "{\"items\":[",
        "{\"items\":[{}", "{}x", "Unauthorized", "<html>"}) {
    EXPECT_FALSE(ParsePodList(text)) << text;
  }
}

TEST(PodListJson, RefusesEveryTruncatedAnswer) {
  std::string whole = ReadPodList("network");
  whole.erase(whole.find_last_of('}') + 1);
  for (size_t size = 0; size < whole.size(); ++size)
    ASSERT_FALSE(ParsePodList(whole.substr(0, size))) << size;
}

TEST(PodListJson, ErrorsDoNotQuoteTheInput) {
  const auto broken = ParsePodList(R"({"items":"hunter2)");
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().ToString(), Not(HasSubstr("hunter2")));
}

}  // namespace
}  // namespace nameward
