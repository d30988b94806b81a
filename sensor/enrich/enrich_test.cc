// SPDX-License-Identifier: Apache-2.0
#include "enrich/enrich.h"

#include <gtest/gtest.h>

#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

constexpr uint64_t kPodCgroup = 90;
constexpr uint64_t kContainerCgroup = 91;
const std::string kContainerId(64, 'a');
const std::string kContainerPath =
    "/kubepods/burstable/pod2c48913c-b29f-11e7-9350-020968147796/" +
    kContainerId;

TEST(Enricher, NamesTheContainerOfACgroup) {
  Enricher enricher;
  enricher.OnCgroup(Found(kContainerCgroup, kPodCgroup, kContainerPath));
  const auto workload = WorkloadOf(enricher, kContainerCgroup);
  ASSERT_TRUE(workload->container);
  EXPECT_EQ(workload->container->id, kContainerId);
  EXPECT_EQ(workload->cgroup_path, kContainerPath);
}

TEST(Enricher, NamesACgroupWithoutContainerByUnitAndPath) {
  Enricher enricher;
  enricher.OnCgroup(Found(5, 1, "/system.slice/cron.service"));
  enricher.OnCgroup(Found(6, 1, "/test/client"));
  EXPECT_EQ(WorkloadOf(enricher, 5)->unit, "cron.service");
  EXPECT_EQ(WorkloadOf(enricher, 6)->DisplayName(), "cgroup/test/client");
}

TEST(Enricher, KnowsTheRootWithoutBeingTold) {
  Enricher enricher;
  EXPECT_TRUE(WorkloadOf(enricher, 1)->IsHost());
}

TEST(Enricher, GivesAnUnknownCgroupAWorkloadWithItsId) {
  Enricher enricher;
  const auto workload = WorkloadOf(enricher, 77);
  ASSERT_NE(workload, nullptr);
  EXPECT_EQ(workload->cgroup_id, 77u);
  EXPECT_TRUE(workload->cgroup_path.empty());
  EXPECT_EQ(enricher.stats().unknown, 1u);
  EXPECT_EQ(WorkloadOf(enricher, 77), workload);
}

TEST(Enricher, LearnsTheNameOfAnUnknownCgroupLater) {
  Enricher enricher;
  WorkloadOf(enricher, 77);
  enricher.OnCgroup(Found(77, 1, "/late"));
  EXPECT_EQ(WorkloadOf(enricher, 77)->cgroup_path, "/late");
}

TEST(Enricher, GivesDescendantsToTheirContainer) {
  Enricher enricher;
  enricher.OnCgroup(Found(kPodCgroup, 1, "/kubepods/podx"));
  enricher.OnCgroup(Found(kContainerCgroup, kPodCgroup, kContainerPath));
  enricher.OnCgroup(Found(92, kContainerCgroup, kContainerPath + "/a"));
  enricher.OnCgroup(Found(93, 92, kContainerPath + "/a/b"));
  EXPECT_EQ(enricher.OwnerOf(kContainerCgroup), kContainerCgroup);
  EXPECT_EQ(enricher.OwnerOf(93), kContainerCgroup);
  EXPECT_EQ(WorkloadOf(enricher, 93)->container->id, kContainerId);
  EXPECT_EQ(enricher.OwnerOf(1234), 1234u);
}

TEST(Enricher, RemembersAGoneCgroupForItsLatePackets) {
  Enricher enricher;
  enricher.OnCgroup(Found(5, 1, "/job"));
  enricher.OnCgroup(Gone(5, 10s));
  enricher.OnCgroup(Gone(4, 10s + Enricher::kGoneKept - 1ms));
  EXPECT_EQ(WorkloadOf(enricher, 5)->cgroup_path, "/job");
  enricher.OnCgroup(Gone(4, 10s + Enricher::kGoneKept));
  EXPECT_TRUE(WorkloadOf(enricher, 5)->cgroup_path.empty());
}

TEST(Enricher, StaysWithinItsBoundAndKeepsTheKnown) {
  Enricher enricher(8);
  for (uint64_t id = 2; id < 6; ++id)
    enricher.OnCgroup(Found(id, 1, "/known" + std::to_string(id)));
  for (uint64_t id = 100; id < 200; ++id) WorkloadOf(enricher, id);
  EXPECT_EQ(enricher.size(), 8u);
  EXPECT_EQ(enricher.stats().evicted, 97u);
  EXPECT_EQ(WorkloadOf(enricher, 2)->cgroup_path, "/known2");
}

TEST(Enricher, RefusesAndCountsWhenAllAreKnownAndAlive) {
  Enricher enricher(3);
  for (uint64_t id = 2; id < 6; ++id)
    enricher.OnCgroup(Found(id, 1, "/known" + std::to_string(id)));
  EXPECT_EQ(enricher.stats().refused, 2u);
  EXPECT_NE(WorkloadOf(enricher, 50), nullptr);
}

}  // namespace
}  // namespace nameward
