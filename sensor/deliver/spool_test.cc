// SPDX-License-Identifier: Apache-2.0
#include "deliver/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "deliver/spool_testing.h"

namespace nameward {
namespace {

using testing::ElementsAre;

std::vector<std::string> Uids(int first, int last) {
  std::vector<std::string> uids;
  for (int i = first; i <= last; ++i)
    uids.push_back("uid-" + std::to_string(i));
  return uids;
}

class SpoolTest : public testing::Test {
 protected:
  std::shared_ptr<ModelDiskState> disk_ = std::make_shared<ModelDiskState>();
};

TEST_F(SpoolTest, GivesWhatWasAppendedOldestFirstOverAllSeverities) {
  const auto spool = OpenSpool(disk_);
  for (int i = 0; i < 20; ++i)
    spool->Append(TestAlert(i, static_cast<Severity>(1 + i * 7 % 5)));
  EXPECT_EQ(Drain(*spool), Uids(0, 19));
  EXPECT_TRUE(Closes(spool->ledger(0)));
  EXPECT_EQ(spool->ledger(0).acked, 20U);
}

TEST_F(SpoolTest, KeepsEveryFieldAndWritesTheSequenceIntoTheText) {
  const auto spool = OpenSpool(disk_);
  spool->Append(TestAlert(0));
  RenderedAlert dry = TestAlert(1, Severity::kHigh);
  dry.dry_run = true;
  spool->Append(dry);
  spool->Append(TestAlert(2));
  SpooledAlert seen;
  ASSERT_TRUE(spool->Next(0, seen, 0ms));
  EXPECT_EQ(seen.alert.text, R"({"metadata":{"sequence":0,"uid":"uid-0"}})");
  EXPECT_EQ(seen.alert.key, "key-0");
  EXPECT_EQ(seen.alert.rule, "rule");
  EXPECT_EQ(seen.alert.finding_uid, "finding");
  ASSERT_TRUE(spool->Next(0, seen, 0ms));
  EXPECT_TRUE(seen.alert.dry_run);
  EXPECT_EQ(seen.alert.severity, Severity::kHigh);
  EXPECT_EQ(seen.sequence, 0U) << "dry runs count apart";
  ASSERT_TRUE(spool->Next(0, seen, 0ms));
  EXPECT_EQ(seen.sequence, 1U);
}

TEST_F(SpoolTest, ARestartGivesAgainWhatWasNotAcknowledgedAndCountsOn) {
  {
    const auto spool = OpenSpool(disk_);
    for (int i = 0; i < 10; ++i) spool->Append(TestAlert(i));
    SpooledAlert alert;
    for (int i = 0; i < 6; ++i) {
      ASSERT_TRUE(spool->Next(0, alert, 0ms));
      EXPECT_TRUE(i >= 4 || spool->Ack(0, alert.position));
    }
    spool->Close();
  }
  const auto spool = OpenSpool(disk_);
  EXPECT_EQ(spool->ledger(0).untaken, 6U);
  spool->Append(TestAlert(10));
  EXPECT_EQ(Drain(*spool), Uids(4, 10));
  EXPECT_TRUE(spool->TakeLosses().empty());
  spool->Append(TestAlert(11));
  SpooledAlert last;
  ASSERT_TRUE(spool->Next(0, last, 0ms));
  EXPECT_EQ(last.sequence, 11U);
}

TEST_F(SpoolTest, EachSinkHasItsOwnCursor) {
  const auto options = TestOptions({"kafka", "file"});
  {
    const auto spool = OpenSpool(disk_, options);
    for (int i = 0; i < 4; ++i) spool->Append(TestAlert(i));
    EXPECT_EQ(Drain(*spool, 0), Uids(0, 3));
    spool->Close();
  }
  const auto spool = OpenSpool(disk_, options);
  EXPECT_TRUE(Drain(*spool, 0).empty());
  EXPECT_EQ(Drain(*spool, 1), Uids(0, 3));
}

TEST_F(SpoolTest, ARewindGivesTheUnacknowledgedAgainAndNothingElse) {
  const auto spool = OpenSpool(disk_);
  for (int i = 0; i < 6; ++i)
    spool->Append(TestAlert(i, static_cast<Severity>(1 + i % 5)));
  SpooledAlert alert;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(spool->Next(0, alert, 0ms));
    EXPECT_TRUE(i % 2 == 0 || spool->Ack(0, alert.position));
  }
  spool->Rewind(0);
  EXPECT_THAT(Drain(*spool), ElementsAre("uid-0", "uid-2", "uid-4", "uid-5"));
  const SinkLedger ledger = spool->ledger(0);
  EXPECT_TRUE(Closes(ledger));
  EXPECT_EQ(ledger.acked, 6U);
}

TEST_F(SpoolTest, AnAcknowledgementTooManyIsNotCounted) {
  const auto spool = OpenSpool(disk_);
  spool->Append(TestAlert(0));
  SpooledAlert alert;
  ASSERT_TRUE(spool->Next(0, alert, 0ms));
  EXPECT_EQ(spool->Ack(0, alert.position), alert.alert.time);
  EXPECT_FALSE(spool->Ack(0, alert.position));
  EXPECT_FALSE(spool->Ack(0, 77));
  EXPECT_EQ(spool->ledger(0).acked, 1U);
}

TEST_F(SpoolTest, WhatEverySinkAcknowledgedLeavesTheDisk) {
  SpoolOptions options = TestOptions();
  options.segment_bytes = 4096;
  const auto spool = OpenSpool(disk_, options);
  for (int i = 0; i < 100; ++i)
    spool->Append(TestAlert(i, Severity::kLow, 1000));
  EXPECT_GT(disk_->files.size(), 20U);
  Drain(*spool);
  spool->Sync();
  EXPECT_LE(disk_->files.size(), 2U);  // the state and the active segment
  EXPECT_LE(spool->stats().bytes, 2 * options.segment_bytes);
}

TEST_F(SpoolTest, AFullQuotaTakesTheLowestSeverityFirstAndNamesTheGap) {
  SpoolOptions options = TestOptions();
  options.quota = 384 << 10;
  const auto spool = OpenSpool(disk_, options);
  for (int i = 0; i < 1000; ++i)
    spool->Append(
        TestAlert(i, i % 2 == 0 ? Severity::kLow : Severity::kCritical, 1000));
  EXPECT_LE(spool->stats().bytes, options.quota);
  const SinkLedger before = spool->ledger(0);
  EXPECT_TRUE(Closes(before));
  EXPECT_GT(before.evicted, 500U);
  const auto losses = spool->TakeLosses();
  ASSERT_EQ(losses.size(), 2U) << "first all that is low, then the oldest";
  EXPECT_EQ(losses[0].severity, 2);
  EXPECT_EQ(losses[1].severity, 5);
  EXPECT_EQ(losses[0].count + losses[1].count, before.evicted);
  EXPECT_EQ(losses[1].first_sequence, 1U);
  // Of the critical ones the newest are there, without a gap; a low one only
  // where there was room for it.
  SpooledAlert alert;
  uint64_t last = 0;
  int low = 0;
  while (spool->Next(0, alert, 0ms)) {
    if (alert.alert.severity == Severity::kLow && ++low > 0) continue;
    EXPECT_TRUE(last == 0 || alert.sequence == last + 2);
    last = alert.sequence;
  }
  EXPECT_LT(low, 50);
  EXPECT_EQ(last, 999U);
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST_F(SpoolTest, ALowAlertNeverDisplacesAHigherOne) {
  SpoolOptions options = TestOptions();
  options.quota = 256 << 10;
  const auto spool = OpenSpool(disk_, options);
  for (int i = 0; i < 220; ++i)
    spool->Append(TestAlert(i, Severity::kHigh, 1000));
  const uint64_t evicted = spool->ledger(0).evicted;
  for (int i = 220; i < 300; ++i)
    spool->Append(TestAlert(i, Severity::kLow, 1000));
  EXPECT_GT(spool->ledger(0).evicted, evicted);
  EXPECT_EQ(Drain(*spool).front(), "uid-0");
}

TEST_F(SpoolTest, EvictionUnderAReaderIsCountedOnce) {
  SpoolOptions options = TestOptions({"fast", "slow"});
  options.quota = 256 << 10;
  const auto spool = OpenSpool(disk_, options);
  SpooledAlert alert;
  for (int i = 0; i < 600; ++i) {
    spool->Append(TestAlert(i, Severity::kLow, 1000));
    // Never acknowledged:
    EXPECT_TRUE(i % 3 != 0 || spool->Next(1, alert, 0ms));
    Drain(*spool, 0);
    ASSERT_TRUE(Closes(spool->ledger(1))) << i;
  }
  spool->Rewind(1);
  EXPECT_TRUE(Closes(spool->ledger(1)));
  const uint64_t pending = spool->ledger(1).pending();
  EXPECT_EQ(Drain(*spool, 1).size(), pending);
  EXPECT_EQ(spool->ledger(0).acked, 600U);
  EXPECT_TRUE(Closes(spool->ledger(1)));
}

TEST_F(SpoolTest, APowerCutSkipsNumbersAndSaysSo) {
  {
    const auto spool = OpenSpool(disk_);
    spool->Append(TestAlert(0));
    spool->Sync();
    spool->Append(TestAlert(1));  // produced perhaps, but never synced
  }
  SpoolOptions options = TestOptions();
  options.boot_id = "boot-2";
  const auto spool = OpenSpool(disk_->AfterPowerCut(), options);
  EXPECT_EQ(Drain(*spool), Uids(0, 0));
  const auto losses = spool->TakeLosses();
  ASSERT_EQ(losses.size(), 1U);
  EXPECT_EQ(losses[0].reason, LostAlerts::Reason::kPowerCut);
  EXPECT_EQ(losses[0].first_sequence, 1U);
  spool->Append(TestAlert(2));
  SpooledAlert alert;
  ASSERT_TRUE(spool->Next(0, alert, 0ms));
  EXPECT_EQ(alert.sequence, losses[0].last_sequence + 1);
}

TEST_F(SpoolTest, ARebootAfterACleanEndSkipsNothing) {
  {
    const auto spool = OpenSpool(disk_);
    spool->Append(TestAlert(0));
    spool->Close();
  }
  SpoolOptions options = TestOptions();
  options.boot_id = "boot-2";
  const auto spool = OpenSpool(disk_->AfterPowerCut(), options);
  EXPECT_TRUE(spool->TakeLosses().empty());
  EXPECT_EQ(Drain(*spool), Uids(0, 0));
}

TEST_F(SpoolTest, WithoutADiskItKeepsTheHighestSeveritiesInMemory) {
  SpoolOptions options = TestOptions();
  options.memory_bytes = 100'000;
  const auto spool = Spool::InMemory(options);
  for (int i = 0; i < 200; ++i)
    spool->Append(
        TestAlert(i, i % 2 == 0 ? Severity::kLow : Severity::kHigh, 1000));
  const SinkLedger ledger = spool->ledger(0);
  EXPECT_GT(ledger.evicted, 50U);
  EXPECT_TRUE(Closes(ledger));
  SpooledAlert alert;
  int high = 0;
  while (spool->Next(0, alert, 0ms))
    high += alert.alert.severity == Severity::kHigh ? 1 : 0;
  EXPECT_GT(high, 90);
  EXPECT_EQ(spool->TakeLosses()[0].reason, LostAlerts::Reason::kMemory);
}

TEST_F(SpoolTest, AnAlertBeyondTheBoundIsCounted) {
  const auto spool = OpenSpool(disk_);
  spool->Append(TestAlert(0, Severity::kHigh, spool::kMaxPayload));
  spool->Append(TestAlert(1));
  EXPECT_EQ(spool->stats().too_long, 1U);
  EXPECT_EQ(Drain(*spool), Uids(1, 1));
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST(SpoolOnDisk, TwoSensorsCanNotShareOneSpool) {
  char folder[] = "/tmp/nameward-spool-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  {
    const auto first = Spool::Open(*OpenDisk(folder), TestOptions());
    ASSERT_TRUE(first) << first.error().ToString();
    const auto second = Spool::Open(*OpenDisk(folder), TestOptions());
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().ToString(),
                testing::HasSubstr("another sensor uses this spool"));
  }
  EXPECT_TRUE(Spool::Open(*OpenDisk(folder), TestOptions()));
  std::filesystem::remove_all(folder);
}

TEST(SpoolOnDisk, AFolderThatCanNotBeUsedIsAnErrorThatSaysWhatToDo) {
  const auto disk = OpenDisk("/proc/nowhere/spool");
  ASSERT_FALSE(disk);
  EXPECT_THAT(disk.error().ToString(), testing::HasSubstr("alerts.spool"));
  EXPECT_FALSE(OpenDisk("/dev/null"));
}

TEST(SpoolOnDisk, AppendingSyncingAndTwoSinksRunSideBySide) {
  char folder[] = "/tmp/nameward-spool-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  constexpr int kAlerts = 2000;
  {
    SpoolOptions options = TestOptions({"a", "b"});
    options.segment_bytes = 64 << 10;
    const auto spool = std::move(*Spool::Open(*OpenDisk(folder), options));
    std::thread syncer([&] {
      while (spool->ledger(0).acked < kAlerts ||
             spool->ledger(1).acked < kAlerts) {
        (void)spool->WaitForUrgent(1ms);
        spool->Sync();
      }
    });
    std::vector<std::thread> sinks;
    for (size_t sink : {0, 1})
      sinks.emplace_back([&, sink] {
        SpooledAlert alert;
        for (int i = 0; i < kAlerts; ++i) {
          while (!spool->Next(sink, alert, 100ms)) {
          }
          EXPECT_EQ(alert.alert.uid, "uid-" + std::to_string(i));
          (void)spool->Ack(sink, alert.position);
        }
      });
    for (int i = 0; i < kAlerts; ++i)
      spool->Append(TestAlert(i, static_cast<Severity>(1 + i % 5), 200));
    for (auto& sink : sinks) sink.join();
    syncer.join();
    spool->Close();
    EXPECT_TRUE(Closes(spool->ledger(0)));
    EXPECT_EQ(spool->stats().damaged_bytes, 0U);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace nameward
