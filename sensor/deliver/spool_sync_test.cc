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

TEST(SpoolSync, OnlyACriticalAlertIsUrgentAndOnce) {
  const auto spool = OpenSpool(std::make_shared<ModelDiskState>());
  spool->Append(TestAlert(0, Severity::kHigh));
  EXPECT_FALSE(spool->WaitForUrgent(0ms));
  spool->Append(TestAlert(1, Severity::kCritical));
  EXPECT_TRUE(spool->WaitForUrgent(1h));
  EXPECT_FALSE(spool->WaitForUrgent(0ms));
}

TEST(SpoolSync, ADiskThatTakesWritesButNoSyncIsInTroubleUntilOneSucceeds) {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto spool = OpenSpool(disk);
  disk->syncs_fail = true;
  for (int i = 0; i < 3; ++i) {
    spool->Append(TestAlert(i));
    EXPECT_EQ(spool->Trouble().empty(), i == 0) << spool->Trouble();
    EXPECT_TRUE(spool->Sync());
    EXPECT_NE(spool->Trouble(), "");
    spool->Sync();  // proves nothing: there is nothing that it could refuse
  }
  EXPECT_NE(spool->Trouble(), "");
  disk->syncs_fail = false;
  spool->Append(TestAlert(3));
  EXPECT_NE(spool->Trouble(), "");
  EXPECT_TRUE(spool->Sync());
  EXPECT_EQ(spool->Trouble(), "");
  EXPECT_FALSE(spool->Sync());
}

TEST(SpoolSync, NamesThatCouldNotBeSyncedAreSyncedByTheNext) {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto spool = OpenSpool(disk);
  spool->Append(TestAlert(0));
  disk->syncs_fail = true;
  spool->Sync();
  EXPECT_TRUE(disk->synced_names.empty());
  disk->syncs_fail = false;
  spool->Sync();
  EXPECT_EQ(disk->synced_names.size(), disk->files.size());
}

}  // namespace
}  // namespace nameward
