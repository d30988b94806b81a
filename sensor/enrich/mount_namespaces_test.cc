// SPDX-License-Identifier: Apache-2.0
#include "enrich/mount_namespaces.h"

#include <gtest/gtest.h>

#include "enrich/enrich.h"
#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

constexpr MountNamespace kNs{4026532315, 77};
constexpr ContainerCgroup kContainer{91, BootTime(5s)};

TEST(MountNamespaces, KnowsWhoseAProcessOutsideIs) {
  MountNamespaces known;
  known.SeeIn(kContainer, kNs);
  EXPECT_EQ(known.SeeOutside(kNs, At(6s)), 91U);
  EXPECT_EQ(known.SeeOutside({4026532316, 77}, At(6s)), 0U);
  EXPECT_EQ(known.SeeOutside({4026532315, 78}, At(6s)), 0U);
  EXPECT_EQ(known.SeeOutside({0, 0}, At(6s)), 0U);
}

TEST(MountNamespaces, TheHostsIsNeverAContainers) {
  MountNamespaces known;
  EXPECT_EQ(known.SeeOutside(kNs, At(1s)), 0U);
  known.SeeIn(kContainer, kNs);  // nsenter from a debugging pod
  EXPECT_EQ(known.SeeOutside(kNs, At(6s)), 0U);
  const MountNamespace initial{4026531841, 1};
  known.SeeIn(kContainer, initial);
  EXPECT_EQ(known.SeeOutside(initial, At(6s)), 0U);
}

TEST(MountNamespaces, AProcessThatLeftAtOnceIsFoundOut) {
  MountNamespaces known;
  EXPECT_EQ(known.SeeOutside(kNs, At(6s)), 0U);
  known.SeeIn(kContainer, kNs);
  EXPECT_EQ(known.SeeOutside(kNs, At(7s)), 91U);
}

TEST(MountNamespaces, OneThatTwoContainersHaveIsNobodys) {
  MountNamespaces known;
  known.SeeIn(kContainer, kNs);
  known.SeeIn({92, BootTime(5s)}, kNs);
  known.SeeIn(kContainer, kNs);
  EXPECT_EQ(known.SeeOutside(kNs, At(6s)), 0U);
  EXPECT_EQ(known.conflicts(), 1U);
}

// Two pods seconds apart got the same inode number.
TEST(MountNamespaces, ANumberDiesWithItsContainer) {
  MountNamespaces known;
  const MountNamespace bare{kNs.inum, 0};
  known.SeeIn(kContainer, bare);
  known.Gone(91);
  EXPECT_EQ(known.SeeOutside(bare, At(6s)), 0U);
}

TEST(MountNamespaces, OneWithASequenceNumberIsKeptUntilItIsForgotten) {
  MountNamespaces known;
  known.SeeIn(kContainer, kNs);
  known.Gone(91);
  EXPECT_EQ(known.SeeOutside(kNs, At(6s)), 91U);
  known.Forget(91);
  EXPECT_EQ(known.SeeOutside(kNs, At(6s)), 0U);
}

TEST(MountNamespaces, StaysWithinItsBound) {
  MountNamespaces known(8);
  for (uint32_t i = 1; i <= 100; ++i) known.SeeIn(kContainer, {i, 1});
  EXPECT_EQ(known.size(), 8U);
  EXPECT_EQ(known.evicted(), 92U);
  EXPECT_EQ(known.SeeOutside({100, 1}, At(6s)), 91U);
}

class Attribution : public ::testing::Test {
 protected:
  Attribution() {
    enricher_.OnCgroup(Born(91, "/kubepods/" + ContainerId(1), 5s));
    enricher_.OnCgroup(Born(92, "/kubepods/" + ContainerId(1) + "/in", 5s));
    enricher_.OnCgroup(Found(7, 1, "/system.slice/ssh.service"));
  }
  Origin Attribute(uint64_t cgroup, uint32_t mntns = kNs.inum) {
    Event event = EventOf(cgroup, 6s);
    event.origin.mntns = mntns;
    event.origin.mntns_seq = mntns == kNs.inum ? kNs.seq : 0;
    enricher_.Attribute(event);
    return event.origin;
  }
  Enricher enricher_;
};

TEST_F(Attribution, GivesAProcessInTheHostsCgroupBackToItsContainer) {
  EXPECT_EQ(Attribute(91).moved_from, 0U);
  const Origin moved = Attribute(1);
  EXPECT_EQ(moved.cgroup_id, 91U);
  EXPECT_EQ(moved.moved_from, 1U);
  EXPECT_EQ(Attribute(7).cgroup_id, 91U);
  EXPECT_EQ(enricher_.stats().moved, 2U);
}

TEST_F(Attribution, LearnsFromADescendantForTheContainer) {
  (void)Attribute(92);
  EXPECT_EQ(Attribute(1).cgroup_id, 91U);
}

// containerd: the host's cgroup and mount namespace, the pod's network.
TEST_F(Attribution, LeavesPortForwardToTheHost) {
  (void)Attribute(91);
  EXPECT_EQ(Attribute(1, 4026531841).cgroup_id, 1U);
  EXPECT_EQ(Attribute(1, 0).cgroup_id, 1U);
}

TEST_F(Attribution, LeavesWhatIsInAContainerThere) {
  enricher_.OnCgroup(Born(95, "/kubepods/" + ContainerId(5), 5s));
  (void)Attribute(91);
  EXPECT_EQ(Attribute(95).cgroup_id, 95U);
}

TEST_F(Attribution, ForgetsWithTheContainersCgroup) {
  (void)Attribute(91);
  enricher_.OnCgroup(Gone(91, 10s));
  enricher_.OnCgroup(Gone(4, 10s + Enricher::kGoneKept));
  EXPECT_EQ(Attribute(1).cgroup_id, 1U);
}

}  // namespace
}  // namespace nameward
