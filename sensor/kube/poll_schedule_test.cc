// SPDX-License-Identifier: Apache-2.0
#include "kube/poll_schedule.h"

#include <gtest/gtest.h>

#include <set>

namespace nameward {
namespace {

class PollScheduleTest : public ::testing::Test {
 protected:
  // A look that takes no time, when it is due; how long it was waited for.
  Nanoseconds Next(bool well) {
    const Nanoseconds waited = schedule_.due() - now_;
    now_ = schedule_.due();
    schedule_.Began(now_);
    schedule_.Ended(now_, well);
    return waited;
  }
  BootTime now_{Nanoseconds(1'000'000)};
  PollSchedule schedule_{now_, 10s, 42};
};

TEST_F(PollScheduleTest, LooksAtOnceThenEveryTenSecondsMoreOrLess) {
  EXPECT_EQ(Next(true), 0s);
  std::set<Nanoseconds> waits;
  for (int i = 0; i < 1000; ++i) waits.insert(Next(true));
  EXPECT_GE(*waits.begin(), 8s);
  EXPECT_LE(*waits.rbegin(), 12s);
  EXPECT_GT(waits.size(), 900U);
  EXPECT_LT(*waits.begin(), 8500ms);
  EXPECT_GT(*waits.rbegin(), 11500ms);
}

TEST_F(PollScheduleTest, LooksSoonerWhenAskedButOnceASecondAtMost) {
  Next(true);
  now_ += 300ms;
  for (int i = 0; i < 100; ++i) schedule_.Asked();
  EXPECT_EQ(Next(true), 700ms);
  EXPECT_GE(Next(true), 8s);
  now_ += 5s;
  schedule_.Asked();
  EXPECT_LE(schedule_.due(), now_);
}

TEST_F(PollScheduleTest, LooksAgainForWhoAskedWhileItLooked) {
  schedule_.Began(now_);
  schedule_.Asked();
  schedule_.Ended(now_ + 50ms, true);
  EXPECT_EQ(schedule_.due(), now_ + 1s);
}

TEST_F(PollScheduleTest, BacksOffToThirtySecondsAndRecoversAtOnce) {
  Next(false);
  const Nanoseconds expected[] = {1s, 2s, 4s, 8s, 16s, 30s, 30s, 30s};
  for (const Nanoseconds wait : expected) {
    const Nanoseconds waited = Next(false);
    EXPECT_GE(waited, wait * 4 / 5);
    EXPECT_LE(waited, std::min<Nanoseconds>(wait * 6 / 5, 30s));
  }
  Next(true);
  EXPECT_GE(Next(false), 8s);
  EXPECT_LE(Next(false), 1200ms);
}

TEST_F(PollScheduleTest, DoesNotHurryAKubeletInTrouble) {
  for (int i = 0; i < 6; ++i) Next(false);
  const BootTime due = schedule_.due();
  schedule_.Asked();
  EXPECT_EQ(schedule_.due(), due);
}

}  // namespace
}  // namespace nameward
