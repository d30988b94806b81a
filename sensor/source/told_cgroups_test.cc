// SPDX-License-Identifier: Apache-2.0
#include "source/told_cgroups.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

TEST(ToldCgroups, AsksForAnUnknownIdOnce) {
  ToldCgroups cgroups;
  cgroups.Told(7);
  cgroups.Saw(7);
  cgroups.Saw(0);
  EXPECT_FALSE(cgroups.AnyWaits());
  cgroups.Saw(8);
  cgroups.Saw(8);
  ASSERT_TRUE(cgroups.AnyWaits());
  EXPECT_EQ(cgroups.TakeWaiting(), 8U);
  cgroups.Saw(8);
  EXPECT_FALSE(cgroups.AnyWaits());
}

TEST(ToldCgroups, AnIdWithoutRoomAsksAgain) {
  ToldCgroups cgroups;
  for (uint64_t id = 1; id <= ToldCgroups::kMostWaiting; ++id) cgroups.Saw(id);
  constexpr uint64_t kLate = 100000;
  cgroups.Saw(kLate);
  while (cgroups.AnyWaits()) EXPECT_NE(cgroups.TakeWaiting(), kLate);
  cgroups.Saw(kLate);
  ASSERT_TRUE(cgroups.AnyWaits());
  EXPECT_EQ(cgroups.TakeWaiting(), kLate);
}

TEST(ToldCgroups, ForgetsAtItsBoundAndCountsIt) {
  ToldCgroups cgroups;
  for (uint64_t id = 1; id <= ToldCgroups::kMost; ++id) cgroups.Told(id);
  EXPECT_EQ(cgroups.forgotten(), 0U);
  cgroups.Told(ToldCgroups::kMost + 1);
  EXPECT_EQ(cgroups.forgotten(), ToldCgroups::kMost);
  cgroups.Saw(1);
  EXPECT_TRUE(cgroups.AnyWaits());
}

}  // namespace
}  // namespace nameward
