// SPDX-License-Identifier: Apache-2.0
// What a sync costs when there is nothing to do, and what one that fails says.
#include <gtest/gtest.h>

#include "base/clock.h"
#include "deliver/spool.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

TEST(SpoolSync, WithNothingNewTouchesNoDisk) {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto spool = OpenSpool(disk);
  spool->Append(TestAlert(0));
  spool->Sync();
  const int calls = disk->calls;
  for (int i = 0; i < 100; ++i) spool->Sync();
  EXPECT_EQ(disk->calls, calls);
  EXPECT_EQ(Drain(*spool).size(), 1U);  // moves a cursor
  spool->Sync();
  EXPECT_EQ(disk->calls, calls + 1);
}

TEST(SpoolSync, AStateThatCouldNotBeWrittenIsWrittenAgain) {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto spool = OpenSpool(disk);
  spool->Append(TestAlert(0));
  spool->Sync();
  EXPECT_EQ(Drain(*spool).size(), 1U);
  disk->fail_at = disk->calls;
  disk->error = EIO;
  spool->Sync();
  spool->Sync();
  const auto killed = OpenSpool(disk->AfterCrash());
  EXPECT_EQ(killed->ledger(0).pending(), 0U);
}

TEST(SpoolSync, AStopDoesNotHurryIt) {
  const auto spool = OpenSpool(std::make_shared<ModelDiskState>());
  SystemClock clock;
  spool->Wake();
  const BootTime begin = clock.Now();
  EXPECT_FALSE(spool->WaitForUrgent(20ms));
  EXPECT_GE(clock.Now() - begin, 20ms);
}

}  // namespace
}  // namespace nameward
