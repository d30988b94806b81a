// SPDX-License-Identifier: Apache-2.0
#include "source/loss_tracker.h"

#include <gtest/gtest.h>

#include <vector>

namespace nameward {
namespace {

// The tracker, a kernel's counters, and what was told of them.
struct Node {
  LossTracker tracker;
  ClassCounters totals{};
  std::vector<CgroupLoss> losses;
  uint64_t now = 0;

  std::vector<LossRecord> Round() {
    now += 100;
    RecordBatch batch;
    tracker.Update(now, totals, losses, batch);
    std::vector<LossRecord> told;
    batch.ForEach([&](const RecordView& view) {
      told.push_back(*ByteReader(view.payload).Copy<LossRecord>());
    });
    return told;
  }
};

TEST(LossTracker, TellsNothingWhileNothingIsLost) {
  Node node;
  node.totals[NW_CLASS_ANSWER][NW_SENT] = 1000;
  EXPECT_FALSE(node.tracker.Grew(node.totals));
  EXPECT_TRUE(node.Round().empty());
}

TEST(LossTracker, TellsACgroupsLostAnswersByItsId) {
  Node node;
  node.totals[NW_CLASS_ANSWER][NW_DROPPED_FULL] = 3;
  node.losses = {{77, 3, 0}};
  EXPECT_TRUE(node.tracker.Grew(node.totals));
  const auto told = node.Round();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].cgroup, 77U);
  EXPECT_EQ(told[0].count, 3U);
  EXPECT_EQ(told[0].fate, static_cast<uint32_t>(NW_DROPPED_FULL));
  EXPECT_EQ(told[0].time_ns, 100U);
  EXPECT_TRUE(node.Round().empty());
}

TEST(LossTracker, AQueryThatTheRingRefusedIsAnAnswerLost) {
  Node node;
  node.totals[NW_CLASS_ANSWER][NW_DROPPED_FULL] = 2;
  node.totals[NW_CLASS_QUERY][NW_DROPPED_FULL] = 5;
  node.losses = {{77, 6, 0}};
  EXPECT_EQ(node.Round().at(0).count, 6U);
  const auto rest = node.Round();
  ASSERT_EQ(rest.size(), 1U);
  EXPECT_EQ(rest[0].class_index, static_cast<uint32_t>(NW_CLASS_ANSWER));
  EXPECT_EQ(rest[0].count, 1U);
}

TEST(LossTracker, TellsEachGrowthOnce) {
  Node node;
  node.losses = {{77, 0, 5}};
  node.totals[NW_CLASS_QUERY][NW_DROPPED_QUOTA] = 5;
  EXPECT_EQ(node.Round().at(0).count, 5U);
  node.losses = {{77, 0, 9}};
  node.totals[NW_CLASS_QUERY][NW_DROPPED_QUOTA] = 9;
  const auto told = node.Round();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].count, 4U);
  EXPECT_EQ(told[0].since_ns, 100U);
  EXPECT_EQ(told[0].fate, static_cast<uint32_t>(NW_DROPPED_QUOTA));
}

TEST(LossTracker, BlamesNobodyWhileACgroupsCountIsOnlyBehindTheTotal) {
  Node node;
  node.totals[NW_CLASS_ANSWER][NW_DROPPED_FULL] = 8;
  EXPECT_TRUE(node.Round().empty());
  node.losses = {{77, 8, 0}};
  const auto told = node.Round();
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].cgroup, 77U);
}

TEST(LossTracker, TellsWhatNoCgroupExplainsOneRoundLater) {
  Node node;
  node.totals[NW_CLASS_ANSWER][NW_DROPPED_FULL] = 10;
  node.totals[NW_CLASS_CONNECT][NW_DROPPED_FULL] = 2;
  node.losses = {{77, 7, 0}};
  EXPECT_EQ(node.Round().size(), 1U);
  EXPECT_TRUE(node.tracker.Grew(node.totals));
  const auto told = node.Round();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].cgroup, 0U);
  EXPECT_EQ(told[0].count, 3U);
  EXPECT_EQ(told[1].class_index, static_cast<uint32_t>(NW_CLASS_CONNECT));
  EXPECT_EQ(told[1].count, 2U);
  EXPECT_FALSE(node.tracker.Grew(node.totals));
}

TEST(LossTracker, AnEvictedCgroupThatLosesAgainIsToldAgain) {
  Node node;
  node.losses = {{77, 9, 0}};
  EXPECT_EQ(node.Round().at(0).count, 9U);
  node.losses = {};
  EXPECT_TRUE(node.Round().empty());
  node.losses = {{77, 2, 0}};
  EXPECT_EQ(node.Round().at(0).count, 2U);
}

TEST(LossTracker, HoldsNoMoreCgroupsThanItsBound) {
  Node node;
  node.losses.resize(LossTracker::kMaxCgroups + 1, {1, 1, 0});
  for (size_t i = 0; i < node.losses.size(); ++i) node.losses[i].cgroup = i + 2;
  EXPECT_EQ(node.Round().size(), LossTracker::kMaxCgroups);
}

}  // namespace
}  // namespace nameward
