// SPDX-License-Identifier: Apache-2.0
// What a disk refused, and its way to the disk when that takes writes again.
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "deliver/spool.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

SpoolOptions SmallSegments(std::vector<std::string> sinks = {"kafka"}) {
  SpoolOptions options = TestOptions(std::move(sinks));
  options.segment_bytes = 2048;
  return options;
}

Severity SeverityOf(int number) {
  return static_cast<Severity>(1 + number % 5);
}

void Append(Spool& spool, int first, int last) {
  for (int i = first; i <= last; ++i)
    spool.Append(TestAlert(i, SeverityOf(i), 150));
}

std::vector<std::string> Uids(int first, int last) {
  std::vector<std::string> uids;
  for (int i = first; i <= last; ++i)
    uids.push_back("uid-" + std::to_string(i));
  return uids;
}

std::string Give(Spool& spool, size_t sink, bool acknowledge) {
  SpooledAlert alert;
  if (!spool.Next(sink, alert, 0ms)) return "nothing";
  if (acknowledge) (void)spool.Ack(sink, alert.position);
  return alert.alert.uid;
}

class SpoolMemory : public testing::Test {
 protected:
  std::shared_ptr<ModelDiskState> disk_ = std::make_shared<ModelDiskState>();
};

TEST_F(SpoolMemory, GoesToTheDiskInOrderAndOutlivesTheProcess) {
  auto spool = OpenSpool(disk_, SmallSegments());
  Append(*spool, 0, 4);
  disk_->full = true;
  Append(*spool, 5, 29);
  EXPECT_EQ(spool->stats().memory_records, 25U);
  disk_->full = false;
  spool->Sync();
  EXPECT_EQ(spool->stats().memory_records, 0U);
  EXPECT_EQ(spool->stats().written_back, 25U);
  EXPECT_EQ(spool->Trouble(), "");
  Append(*spool, 30, 34);
  const auto killed = OpenSpool(disk_->AfterCrash(), SmallSegments());
  EXPECT_EQ(Drain(*killed), Uids(0, 34));
  EXPECT_TRUE(killed->TakeLosses().empty());
  EXPECT_EQ(Drain(*spool), Uids(0, 34));
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST_F(SpoolMemory, IsWrittenByASyncThatFollowsWithinABound) {
  const auto spool = OpenSpool(disk_, TestOptions());
  constexpr int kAlerts = 3 * static_cast<int>(Spool::kWrittenBackASync);
  disk_->full = true;
  Append(*spool, 0, kAlerts - 1);
  disk_->full = false;
  for (uint64_t sync = 1; sync <= 3; ++sync) {
    spool->Sync();
    EXPECT_EQ(spool->stats().written_back, sync * Spool::kWrittenBackASync);
  }
  EXPECT_EQ(Drain(*spool), Uids(0, kAlerts - 1));
}

TEST_F(SpoolMemory, EmptiesThoughAlertsComeWithoutAPause) {
  const auto spool = OpenSpool(disk_, TestOptions());
  disk_->full = true;
  Append(*spool, 0, 999);
  disk_->full = false;
  spool->Sync();
  Append(*spool, 1000, 1299);
  EXPECT_EQ(spool->stats().memory_records, 0U);
  EXPECT_EQ(Drain(*spool), Uids(0, 1299));
}

TEST_F(SpoolMemory, IsGivenOnceToEachSinkWhereverItIsByThen) {
  const auto spool = OpenSpool(disk_, SmallSegments({"fast", "slow"}));
  disk_->full = true;
  Append(*spool, 0, 9);
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(Give(*spool, 0, i % 2 == 0), Uids(i, i)[0]);
  EXPECT_EQ(Give(*spool, 1, false), "uid-0");
  disk_->full = false;
  spool->Sync();
  Append(*spool, 10, 14);
  EXPECT_EQ(Drain(*spool, 0), Uids(6, 14));
  EXPECT_EQ(Drain(*spool, 1), Uids(1, 14));
  spool->Rewind(0);
  spool->Rewind(1);
  EXPECT_EQ(Drain(*spool, 0),
            (std::vector<std::string>{"uid-1", "uid-3", "uid-5"}));
  EXPECT_EQ(Drain(*spool, 1), Uids(0, 0));
  for (const size_t sink : {0, 1}) {
    EXPECT_TRUE(Closes(spool->ledger(sink)));
    EXPECT_EQ(spool->ledger(sink).acked, 15U);
  }
  Append(*spool, 15, 15);
  EXPECT_EQ(Drain(*spool, 0), Drain(*spool, 1));
  spool->Close();
  EXPECT_EQ(disk_->files.size(), 1U) << "no alert is left on the disk";
}

TEST_F(SpoolMemory, IsWrittenAfterARewindToo) {
  const auto spool = OpenSpool(disk_, SmallSegments());
  disk_->full = true;
  Append(*spool, 0, 5);
  for (int i = 0; i < 6; ++i) Give(*spool, 0, i == 1 || i == 4);
  spool->Rewind(0);
  EXPECT_EQ(Give(*spool, 0, true), "uid-0");
  disk_->full = false;
  spool->Sync();
  EXPECT_EQ(Drain(*spool),
            (std::vector<std::string>{"uid-2", "uid-3", "uid-5"}));
  EXPECT_TRUE(Closes(spool->ledger(0)));
  EXPECT_EQ(spool->ledger(0).acked, 6U);
}

TEST_F(SpoolMemory, ObeysTheQuotaOnItsWay) {
  SpoolOptions options = TestOptions();
  options.quota = 128 << 10;
  const auto spool = OpenSpool(disk_, options);
  const auto append = [&](int first, int last, Severity severity) {
    for (int i = first; i <= last; ++i)
      spool->Append(TestAlert(i, severity, 1000));
  };
  append(0, 99, Severity::kHigh);
  disk_->full = true;
  append(100, 149, Severity::kLow);
  append(150, 159, Severity::kCritical);
  disk_->full = false;
  spool->Sync();
  EXPECT_EQ(spool->stats().memory_records, 0U);
  EXPECT_LE(spool->stats().bytes, options.quota);
  const SinkLedger ledger = spool->ledger(0);
  EXPECT_GT(ledger.evicted, 0U);
  EXPECT_TRUE(Closes(ledger));
  uint64_t told = 0;
  for (const LostAlerts& loss : spool->TakeLosses()) told += loss.count;
  EXPECT_EQ(told, ledger.evicted);
  const auto given = Drain(*spool);
  EXPECT_EQ(given.size() + ledger.evicted, 160U);
  EXPECT_EQ(std::vector<std::string>(given.end() - 10, given.end()),
            Uids(150, 159));
}

TEST_F(SpoolMemory, IsWrittenBeforeTheEndIfTheDiskIsWell) {
  {
    const auto spool = OpenSpool(disk_, SmallSegments());
    disk_->full = true;
    Append(*spool, 0, 499);
    disk_->full = false;
    spool->Close();
  }
  EXPECT_EQ(Drain(*OpenSpool(disk_, SmallSegments())), Uids(0, 499));
}

// The disk refuses `failures` calls from `fail_at` on; then the process dies at
// `crash_at`.  What was on the disk after a whole Sync is there.
struct Fault {
  int error, fail_at, failures, crash_at;
};

struct Kept {
  std::set<std::string> on_disk, acked;
  int calls = 0;
};

Kept Work(const std::shared_ptr<ModelDiskState>& disk, const Fault& fault) {
  Kept run;
  disk->error = fault.error;
  disk->fail_at = fault.fail_at;
  disk->failures = fault.failures;
  disk->crash_at = fault.crash_at;
  const auto spool = OpenSpool(disk, SmallSegments());
  const auto stopped = [&] {
    return fault.crash_at >= 0 && disk->calls > fault.crash_at;
  };
  std::set<std::string> appended;
  SpooledAlert alert;
  for (int i = 0; spool != nullptr && i < 40 && !stopped(); ++i) {
    Append(*spool, i, i);
    appended.insert("uid-" + std::to_string(i));
    if (i % 3 == 0 && spool->Next(0, alert, 0ms)) {
      EXPECT_TRUE(spool->Ack(0, alert.position));
      run.acked.insert(alert.alert.uid);
    }
    if (i % 5 == 4) spool->Sync();
    if (!stopped() && spool->stats().memory_records == 0)
      run.on_disk = appended;
  }
  run.calls = disk->calls;
  return run;
}

TEST_F(SpoolMemory, ACrashBetweenAnyTwoCallsLosesNothingThatCameToTheDisk) {
  for (const int error : {ENOSPC, EIO, EROFS}) {
    for (const int fail_at : {0, 20, 21, 22, 23, 40}) {
      const int calls =
          Work(std::make_shared<ModelDiskState>(), {error, fail_at, 5, -1})
              .calls;
      ASSERT_GT(calls, fail_at + 20);
      for (int crash_at = fail_at; crash_at < calls; ++crash_at) {
        const auto disk = std::make_shared<ModelDiskState>();
        const Kept run = Work(disk, {error, fail_at, 5, crash_at});
        const auto spool = OpenSpool(disk->AfterCrash(), SmallSegments());
        ASSERT_NE(spool, nullptr);
        const auto uids = Drain(*spool);
        const std::set<std::string> given(uids.begin(), uids.end());
        EXPECT_EQ(given.size(), uids.size()) << "twice";
        for (const std::string& uid : run.on_disk)
          ASSERT_TRUE(given.count(uid) + run.acked.count(uid) > 0)
              << uid << " is lost: error " << error << " at call " << fail_at
              << ", crash at " << crash_at;
        ASSERT_TRUE(Closes(spool->ledger(0)));
      }
    }
  }
}

// Whatever a refused call leaves behind, each alert is given once, in order.
TEST_F(SpoolMemory, ADiskThatFailsAtAnyCallForAnyWhileCostsNothing) {
  const int calls =
      Work(std::make_shared<ModelDiskState>(), {0, -1, 0, -1}).calls;
  for (const int error : {ENOSPC, EIO, EROFS}) {
    for (int fail_at = 0; fail_at < calls; ++fail_at) {
      for (const int failures : {2, 3, 5, 30}) {
        const auto disk = std::make_shared<ModelDiskState>();
        disk->error = error;
        disk->fail_at = fail_at;
        disk->failures = failures;
        const auto spool = OpenSpool(disk, SmallSegments());
        ASSERT_NE(spool, nullptr);
        std::vector<std::string> seen;
        for (int i = 0; i < 40; ++i) {
          Append(*spool, i, i);
          if (i % 3 == 0) seen.push_back(Give(*spool, 0, true));
          if (i % 5 == 4) spool->Sync();
        }
        for (int i = 0; i < failures; ++i) spool->Sync();
        EXPECT_EQ(spool->stats().memory_records, 0U);
        for (const std::string& uid : Drain(*spool)) seen.push_back(uid);
        ASSERT_EQ(seen, Uids(0, 39)) << "call " << fail_at << ", " << failures;
        ASSERT_TRUE(Closes(spool->ledger(0)));
      }
    }
  }
}

TEST_F(SpoolMemory, FillsAndEmptiesUnderTwoSinksThatRead) {
  constexpr int kAlerts = 4000;
  const auto spool = OpenSpool(disk_, SmallSegments({"a", "b"}));
  disk_->full = true;
  Append(*spool, 0, 99);
  disk_->full = false;
  spool->Sync();
  EXPECT_EQ(spool->stats().written_back, 100U);
  std::atomic<bool> done = false;
  std::thread syncer([&] {
    for (int round = 0; !done; ++round) {
      {
        const std::lock_guard lock(disk_->mutex);
        disk_->full = round % 4 == 1;
      }
      (void)spool->WaitForUrgent(1ms);
      spool->Sync();
    }
  });
  std::vector<std::thread> sinks;
  for (const size_t sink : {0, 1})
    sinks.emplace_back([&, sink] {
      SpooledAlert alert;
      for (int i = 0; i < kAlerts; ++i) {
        while (!spool->Next(sink, alert, 100ms)) {
        }
        ASSERT_EQ(alert.alert.uid, "uid-" + std::to_string(i));
        ASSERT_EQ(alert.sequence, static_cast<uint64_t>(i));
        (void)spool->Ack(sink, alert.position);
      }
    });
  Append(*spool, 100, kAlerts - 1);
  for (auto& sink : sinks) sink.join();
  done = true;
  syncer.join();
  EXPECT_EQ(spool->stats().damaged_bytes, 0U);
  EXPECT_TRUE(Closes(spool->ledger(0)) && Closes(spool->ledger(1)));
}

}  // namespace
}  // namespace nameward
