// SPDX-License-Identifier: Apache-2.0
// What a gap in the history does to a connect that no answer explains.
#include "correlate/histories.h"

#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::At;
using testing::Connect;
using testing::kNeighbour;
using testing::kPod;
using testing::Node;

constexpr uint64_t kOlder = 17;  // no birth was seen

Event WithLosses(Nanoseconds at, uint32_t answers, uint32_t quota,
                 uint64_t cgroup = kPod) {
  Event event = Connect("203.0.113.7:443", at, cgroup);
  std::get<ConnectEvent>(event.body).lost_answers = answers;
  std::get<ConnectEvent>(event.body).lost_quota = quota;
  return event;
}
Event Loss(const char* record_class, const char* fate, uint64_t cgroup,
           Nanoseconds at) {
  Event event;
  event.time = At(at);
  event.body = LossEvent{record_class, fate, 1, At(at), cgroup};
  return event;
}

TEST(Warmup, CoversACgroupOlderThanTheSensorForTenMinutes) {
  Node node;  // attached at 1 s
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 600s, kOlder),
            ConnectState::kWarmup);
  const auto after = node.Judged(Connect("203.0.113.7:443", 601s, kOlder));
  EXPECT_EQ(after.state, ConnectState::kNone);
  EXPECT_FALSE(after.history_complete);
  const auto day = node.Judged(Connect("203.0.113.7:443", 601s + 24h, kOlder));
  EXPECT_EQ(day.state, ConnectState::kNone);
  EXPECT_TRUE(day.history_complete);
}

TEST(Warmup, CoversACgroupFoundAtStart) {
  Node node;
  node.correlator.OnCgroup(
      {CgroupChange::What::kFound, kOlder, 1, At(1s), "/old"});
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 10s, kOlder),
            ConnectState::kWarmup);
}

TEST(Warmup, NeverCoversACgroupBornUnderTheSensorsEyesForItsAge) {
  Node node;
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 3s));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_TRUE(verdict.history_complete);
}

TEST(Warmup, BeginsAgainForAllWhenTheSensorAttachesAgain) {
  Node node;
  node.context.attached = At(1h);
  node.Reconfigure();
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 5min), ConnectState::kWarmup);
}

TEST(Warmup, LastsAsLongAsConfigured) {
  Node node;
  node.context.warmup = 30s;
  node.Reconfigure();
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 30s, kOlder),
            ConnectState::kWarmup);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 32s, kOlder), ConnectState::kNone);
}

TEST(Warmup, DoesNotExistInACapture) {
  Node node;
  node.context.live = false;
  node.Reconfigure();
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 3s, kOlder));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_TRUE(verdict.history_complete);
}

TEST(Warmup, FollowsALostAnswerStampedIntoThisVeryConnect) {
  Node node;
  EXPECT_EQ(node.Judged(WithLosses(1h, 1, 0)).state, ConnectState::kWarmup);
  EXPECT_EQ(node.Judged(WithLosses(1h + 599s, 1, 0)).state,
            ConnectState::kWarmup);
  const auto after = node.Judged(WithLosses(1h + 600s, 1, 0));
  EXPECT_EQ(after.state, ConnectState::kNone);
  EXPECT_FALSE(after.history_complete);
  EXPECT_TRUE(node.Judged(WithLosses(26h, 1, 0)).history_complete);
}

TEST(Warmup, FollowsEachNewLossAndACounterThatBeganAnew) {
  Node node;
  node.Judged(WithLosses(1h, 5, 0));
  EXPECT_EQ(node.Judged(WithLosses(2h, 5, 0)).state, ConnectState::kNone);
  EXPECT_EQ(node.Judged(WithLosses(3h, 6, 0)).state, ConnectState::kWarmup);
  EXPECT_EQ(node.Judged(WithLosses(4h, 0, 0)).state, ConnectState::kNone);
  EXPECT_EQ(node.Judged(WithLosses(5h, 2, 0)).state, ConnectState::kWarmup);
}

TEST(Warmup, IsNotEarnedByOnesOwnFlood) {
  Node node;
  const auto verdict = node.Judged(WithLosses(1h, 0, 1000));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_FALSE(verdict.history_complete);
}

TEST(Warmup, IsNotEarnedByAFloodThatFillsTheRingToo) {
  Node node;
  EXPECT_EQ(node.Judged(WithLosses(1h, 9, 0)).state, ConnectState::kWarmup);
  const auto verdict = node.Judged(WithLosses(1h + 1s, 9, 1));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_FALSE(verdict.history_complete);
  // Long after its flood the sensor's loss is the sensor's again.
  EXPECT_EQ(node.Judged(WithLosses(1h + 602s, 10, 1)).state,
            ConnectState::kWarmup);
}

TEST(Warmup, OfOneCgroupLeavesItsNeighbourAlone) {
  Node node;
  node.Judged(WithLosses(1h, 7, 7, kNeighbour));
  node.Resolve({}, 1h);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 1s), ConnectState::kBound);
  const auto none = node.Judged(Connect("203.0.113.8:443", 1h + 1s));
  EXPECT_EQ(none.state, ConnectState::kNone);
  EXPECT_TRUE(none.history_complete);
}

TEST(Warmup, DoesNotHideWhatAnAnswerExplains) {
  Node node;
  node.Resolve({.cgroup = kOlder}, 10s);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s, kOlder), ConnectState::kBound);
}

TEST(Warmup, FollowsALossRecordThatNamesItsCgroup) {
  for (const char* lost : {"answer", "query"}) {
    Node node;
    Event loss = Loss(lost, "full", kPod, 1h);
    node.correlator.Observe(loss);
    EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h), ConnectState::kWarmup);
    EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h, kNeighbour),
              ConnectState::kNone);
  }
}

TEST(Warmup, DoesNotFollowALossRecordOfAQuotaOrOfNoCgroup) {
  Node node;
  Event quota = Loss("answer", "quota", kPod, 1h);
  Event total = Loss("answer", "full", 0, 1h);
  Event state = Loss("state", "full", kPod, 1h);
  node.correlator.Observe(quota);
  node.correlator.Observe(total);
  node.correlator.Observe(state);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 1h));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_FALSE(verdict.history_complete);
  EXPECT_EQ(node.correlator.stats().unattributed_losses, 1u);
}

TEST(Warmup, FollowsAQueryThatFoundNoRoomAmongOthers) {
  Node node({.pending = {.per_cgroup = 4, .in_all = 4}});
  for (uint16_t id = 0; id < 4; ++id) {
    Event query =
        testing::Query({.cgroup = kNeighbour, .cookie = 5, .id = id}, 1h);
    node.correlator.Observe(query);
  }
  EXPECT_FALSE(node.Resolve({}, 1h));
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h + 1s), ConnectState::kWarmup);
}

TEST(Warmup, IsNotEarnedByFloodingOnesOwnTable) {
  Node node({.addresses = {.bindings_per_cgroup = 2}});
  node.Resolve({}, 1h);
  for (uint16_t id = 2; id < 9; ++id) {
    const std::string name = "n" + std::to_string(id) + ".example";
    const std::string address = "198.51.100." + std::to_string(id);
    node.Resolve({.name = name, .addresses = {{address, 60}}, .id = id},
                 1h + 1s);
  }
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 1h + 2s));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_FALSE(verdict.history_complete);
}

TEST(Histories, StayWithinTheirBoundAndForgetTheUnannouncedFirst) {
  Node node({.cgroups = 8});
  for (uint64_t cgroup = 100; cgroup < 200; ++cgroup)
    node.Resolve({.cgroup = cgroup}, 1h);
  node.correlator.AdvanceTo(At(1h));
  const auto stats = node.correlator.stats();
  EXPECT_EQ(stats.cgroups, 8u);
  EXPECT_EQ(stats.cgroups_evicted, 94u);
  EXPECT_LE(stats.addresses.bindings, 8u);
  EXPECT_EQ(node.StateOf("203.0.113.8:443", 1h, kPod), ConnectState::kNone);
  EXPECT_EQ(node.StateOf("203.0.113.8:443", 1h, 100), ConnectState::kWarmup)
      << "nobody knows any more what it was told";
}

TEST(Histories, RefuseAndCountWhenAllAreAnnouncedAndAlive) {
  Node node({.cgroups = 2});
  node.Resolve({.cgroup = kOlder}, 1h);
  EXPECT_EQ(node.correlator.stats().cgroups, 2u);
  EXPECT_GT(node.correlator.stats().cgroups_refused, 0u);
  EXPECT_EQ(node.correlator.stats().addresses.bindings, 0u);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 1h, kOlder), ConnectState::kWarmup);
}

}  // namespace
}  // namespace nameward
