// SPDX-License-Identifier: Apache-2.0
#include "enrich/pod_index.h"

#include <gtest/gtest.h>

#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

const std::string kUid = PodUid(1);

PodSnapshot Of(std::vector<PodState> pods) { return {std::move(pods), {}}; }

std::string NameOf(const PodIndex& index, std::string_view uid) {
  const KnownPod* pod = index.FindPod(uid);
  return pod == nullptr ? "" : pod->state.pod->name;
}

TEST(PodIndex, FindsAPodByItsUidAsDashOrUnderscore) {
  PodIndex index;
  index.Take(Of({MakePod(kUid, "a", {})}), At(1s));
  EXPECT_EQ(NameOf(index, kUid), "a");
  EXPECT_EQ(NameOf(index, "2c48913c_b29f_11e7_9350_100000000001"), "a");
  EXPECT_EQ(NameOf(index, PodUid(2)), "");
}

TEST(PodIndex, FindsStaticPodsWhateverTheirUid) {
  PodIndex index;
  index.Take(Of({MakePod("2732ca68f6358eba7703fb6f82a25c94", "etcd", {}),
                 MakePod("my_own-uid", "own", {})}),
             At(1s));
  EXPECT_EQ(NameOf(index, "2732ca68f6358eba7703fb6f82a25c94"), "etcd");
  EXPECT_EQ(NameOf(index, "my_own-uid"), "own");
  EXPECT_EQ(NameOf(index, "my_own_uid"), "own");
}

TEST(PodIndex, FindsNoneWhereASliceCouldMeanTwoPods) {
  PodIndex index;
  index.Take(Of({MakePod("a-b", "dash", {}), MakePod("a_b", "under", {})}),
             At(1s));
  EXPECT_EQ(NameOf(index, "a-b"), "dash");
  EXPECT_EQ(NameOf(index, "a_b"), "");
}

TEST(PodIndex, FindsCurrentAndEndedContainers) {
  PodIndex index;
  index.Take(Of({MakePod(kUid, "a",
                         {{"main", {ContainerId(2), ContainerId(1)}},
                          {"side", {ContainerId(3)}}})}),
             At(1s));
  ASSERT_NE(index.FindContainer(ContainerId(1)), nullptr);
  EXPECT_EQ(index.FindContainer(ContainerId(1))->name, "main");
  EXPECT_EQ(index.FindContainer(ContainerId(2))->name, "main");
  EXPECT_EQ(index.FindContainer(ContainerId(3))->name, "side");
  EXPECT_EQ(index.FindContainer(ContainerId(4)), nullptr);
}

TEST(PodIndex, KeepsAContainerThatRestartedTwiceForItsLateEvents) {
  PodIndex index;
  for (uint64_t run = 1; run <= 3; ++run) {
    std::vector<std::string> ids = {ContainerId(run)};
    if (run > 1) ids.push_back(ContainerId(run - 1));
    index.Take(Of({MakePod(kUid, "a", {{"main", ids}})}), At(1s * run));
  }
  EXPECT_NE(index.FindContainer(ContainerId(1)), nullptr);
  index.Take(Of({MakePod(kUid, "a", {{"main", {ContainerId(3)}}})}),
             At(3s + PodIndex::kGoneKept));
  EXPECT_EQ(index.FindContainer(ContainerId(1)), nullptr);
  EXPECT_NE(index.FindContainer(ContainerId(2)), nullptr);
}

TEST(PodIndex, AnEndedContainerKeepsTheImageThatItRan) {
  PodIndex index;
  PodState pod = MakePod(kUid, "a", {{"main", {ContainerId(1)}}});
  pod.containers[0].image_id = "sha256:1";
  index.Take(Of({pod}), At(1s));
  pod.containers[0].image = "main:2";
  pod.containers[0].image_id = "sha256:2";
  pod.containers[0].ids = {ContainerId(2), ContainerId(1)};
  index.Take(Of({pod}), At(2s));
  EXPECT_EQ(index.FindContainer(ContainerId(1))->image, "main:1");
  EXPECT_EQ(index.FindContainer(ContainerId(2))->image, "main:2");
  EXPECT_EQ(index.FindContainer(ContainerId(1))->image_id, "sha256:1");
  EXPECT_EQ(index.FindContainer(ContainerId(2))->image_id, "sha256:2");
}

TEST(PodIndex, TheIdOfAnImageIsThatOfTheRunningContainerAlone) {
  PodIndex index;
  PodState pod =
      MakePod(kUid, "a", {{"main", {ContainerId(2), ContainerId(1)}}});
  pod.containers[0].image_id = "sha256:2";
  index.Take(Of({pod}), At(1s));
  EXPECT_EQ(index.FindContainer(ContainerId(1))->image_id, "");
  EXPECT_EQ(index.FindContainer(ContainerId(2))->image_id, "sha256:2");
}

TEST(PodIndex, OneAnswerWithoutAPodDoesNotMakeItGone) {
  PodIndex index;
  const auto all = Of({MakePod(kUid, "a", {{"main", {ContainerId(1)}}})});
  index.Take(all, At(1s));
  index.Take(Of({}), At(2s));
  EXPECT_EQ(index.stats().pods, 1U);
  index.Take(all, At(3s));
  index.Take(Of({}), At(4s));
  EXPECT_EQ(index.stats().pods, 1U);
  index.Take(Of({}), At(5s));
  EXPECT_EQ(index.stats().pods, 0U);
  EXPECT_EQ(index.stats().gone, 2U);
}

TEST(PodIndex, TheSameAnswerOnceMoreIsASecondOne) {
  PodIndex index;
  index.Take(Of({MakePod(kUid, "a", {})}), At(1s));
  index.Confirm(At(2s));
  EXPECT_EQ(index.stats().pods, 1U);
  index.Take(Of({}), At(3s));
  index.Confirm(At(4s));
  EXPECT_EQ(index.stats().pods, 0U);
  EXPECT_EQ(index.stats().taken, At(4s));
}

TEST(PodIndex, KeepsAGonePodForTwoMinutes) {
  PodIndex index;
  index.Take(Of({MakePod(kUid, "a", {{"main", {ContainerId(1)}}})}), At(1s));
  index.Take(Of({}), At(2s));
  index.Take(Of({}), At(3s));
  index.Take(Of({}), At(3s + PodIndex::kGoneKept - 1ms));
  EXPECT_EQ(NameOf(index, kUid), "a");
  EXPECT_NE(index.FindContainer(ContainerId(1)), nullptr);
  index.Take(Of({}), At(3s + PodIndex::kGoneKept));
  EXPECT_EQ(NameOf(index, kUid), "");
  EXPECT_EQ(index.FindContainer(ContainerId(1)), nullptr);
}

TEST(PodIndex, APodThatComesBackStays) {
  PodIndex index;
  const auto all = Of({MakePod(kUid, "a", {{"main", {ContainerId(1)}}})});
  index.Take(all, At(1s));
  index.Take(Of({}), At(2s));
  index.Take(Of({}), At(3s));
  index.Take(all, At(4s));
  index.Take(all, At(4s + PodIndex::kGoneKept));
  EXPECT_EQ(NameOf(index, kUid), "a");
  EXPECT_NE(index.FindContainer(ContainerId(1)), nullptr);
  EXPECT_EQ(index.stats().gone, 0U);
}

// A static pod of another manifest may have the uid of one that went.
TEST(PodIndex, AUidThatIsUsedAgainLeavesTheOldContainersTheirPod) {
  PodIndex index;
  index.Take(Of({MakePod("fixed", "old", {{"main", {ContainerId(1)}}})}),
             At(1s));
  index.Take(Of({MakePod("fixed", "new", {{"main", {ContainerId(2)}}})}),
             At(2s));
  EXPECT_EQ(NameOf(index, "fixed"), "new");
  EXPECT_EQ(index.FindPod("fixed")->renamed, At(2s));
  EXPECT_EQ(index.FindContainer(ContainerId(1))->pod->name, "old");
  EXPECT_EQ(index.FindContainer(ContainerId(2))->pod->name, "new");
}

TEST(PodIndex, AnUnchangedPodStaysTheSameObject) {
  PodIndex index;
  index.Take(Of({MakePod(kUid, "a", {})}), At(1s));
  const PodRef before = index.FindPod(kUid)->state.pod;
  index.Take(Of({MakePod(kUid, "a", {{"main", {ContainerId(1)}}})}), At(2s));
  EXPECT_EQ(index.FindPod(kUid)->state.pod, before);
}

TEST(PodIndex, AContainerStaysWithThePodThatListedItFirst) {
  PodIndex index;
  index.Take(Of({MakePod(PodUid(1), "a", {{"main", {ContainerId(1)}}})}),
             At(1s));
  index.Take(Of({MakePod(PodUid(1), "a", {{"main", {ContainerId(1)}}}),
                 MakePod(PodUid(2), "b", {{"main", {ContainerId(1)}}})}),
             At(2s));
  EXPECT_EQ(index.FindContainer(ContainerId(1))->pod->name, "a");
  EXPECT_EQ(index.stats().conflicts, 1U);
}

TEST(PodIndex, FindsThePodThatHasAnAddressForItself) {
  PodState own = MakePod(PodUid(1), "own", {});
  PodState host = MakePod(PodUid(2), "host", {});
  PodState done = MakePod(PodUid(3), "done", {});
  const IpAddress address = IpAddress::V4(0x0a000001);
  const IpAddress node = IpAddress::V4(0x0a000002);
  own.addresses = {address};
  done.addresses = {address};
  done.finished = true;
  auto pod = std::make_shared<Pod>(*host.pod);
  pod->host_network = true;
  host.pod = pod;
  host.addresses = {node};
  PodIndex index;
  index.Take(Of({own, host, done}), At(1s));
  EXPECT_EQ(index.FindAddress(address)->name, "own");
  EXPECT_EQ(index.FindAddress(node), nullptr);
  done.finished = false;
  index.Take(Of({own, host, done}), At(2s));
  EXPECT_EQ(index.FindAddress(address), nullptr);
}

TEST(PodIndex, KeepsNoMoreOfTheGoneThanItsBound) {
  constexpr size_t kMost = 8;
  PodIndex index(kMost);
  for (uint64_t i = 0; i < 100; ++i)
    index.Take(Of({MakePod(PodUid(i), "a", {{"main", {ContainerId(i)}}})}),
               At(1s));
  EXPECT_EQ(index.stats().gone, kMost);
  EXPECT_GT(index.stats().evicted, 100U);
  EXPECT_EQ(NameOf(index, PodUid(10)), "");
}

}  // namespace
}  // namespace nameward
