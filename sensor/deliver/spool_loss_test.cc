// SPDX-License-Identifier: Apache-2.0
// Every alert arrives or is named as lost: no gap is silent, and none is named
// that is not there.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "deliver/spool_books_testing.h"

namespace nameward {
namespace {

using Reason = LostAlerts::Reason;

// Several segments in a small quota.
SpoolOptions SmallQuota(std::vector<std::string> sinks = {"kafka"}) {
  SpoolOptions options = TestOptions(std::move(sinks));
  options.quota = 256 << 10;
  return options;
}

SpoolOptions SmallSegments() {
  SpoolOptions options = TestOptions();
  options.segment_bytes = 2048;
  return options;
}

class SpoolLoss : public testing::Test {
 protected:
  void Take(Spool& spool, int alerts) {
    SpooledAlert alert;
    for (int i = 0; i < alerts; ++i) ASSERT_TRUE(spool.Next(0, alert, 0ms));
  }
  std::shared_ptr<ModelDiskState> disk_ = std::make_shared<ModelDiskState>();
  Books books_;
};

TEST_F(SpoolLoss, WhatTheQuotaTakesIsNamedForEachStreamAndSeverity) {
  const auto spool = OpenSpool(disk_, SmallQuota());
  for (int i = 0; i < 800; ++i) {
    const auto alert = TestAlert(i, static_cast<Severity>(2 + i % 2 * 3), 1000);
    books_.Append(*spool, i % 7 == 0 ? DryRun(alert) : alert);
    if (i == 90) books_.Drain(*spool);
    if (i % 10 == 0) books_.Named(*spool);
  }
  books_.Drain(*spool);
  books_.Named(*spool);
  EXPECT_GT(books_.missing(), 400U);
  EXPECT_EQ(books_.missing(), spool->ledger(0).evicted);
  books_.ExpectEachGapIsNamed();
}

TEST_F(SpoolLoss, WhatIsEvictedInFlightIsNamedWhenItCanNotBeGivenAgain) {
  const auto spool = OpenSpool(disk_, SmallQuota());
  for (int i = 0; i < 600; ++i) {
    const auto alert = TestAlert(i, Severity::kLow, 1000);
    books_.Append(*spool, i % 3 == 0 ? DryRun(alert) : alert);
    Take(*spool, 1);
  }
  books_.Named(*spool);
  spool->Rewind(0);
  books_.Drain(*spool);
  books_.Named(*spool);
  EXPECT_GT(books_.missing(), 300U);
  EXPECT_EQ(books_.missing(), spool->ledger(0).evicted);
  books_.ExpectEachGapIsNamed();
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST_F(SpoolLoss, WhatIsEvictedInFlightAndThenAcknowledgedIsNoLoss) {
  const auto spool = OpenSpool(disk_, SmallQuota());
  for (int i = 0; i < 600; ++i) {
    books_.Append(*spool, TestAlert(i, Severity::kLow, 1000));
    Take(*spool, 1);
  }
  for (uint64_t i = 0; i < 600; ++i) EXPECT_TRUE(spool->Ack(0, i));
  EXPECT_TRUE(spool->TakeLosses().empty());
}

TEST_F(SpoolLoss, WhatMemoryTakesIsNamedAlsoWhenItWasInFlight) {
  SpoolOptions options = TestOptions();
  options.memory_bytes = 100'000;
  const auto spool = Spool::InMemory(options);
  for (int i = 0; i < 400; ++i) {
    books_.Append(*spool, TestAlert(i, static_cast<Severity>(2 + i % 2), 1000));
    if (i < 150) Take(*spool, 1);
  }
  spool->Rewind(0);
  books_.Drain(*spool);
  books_.Named(*spool);
  EXPECT_GT(books_.missing(), 200U);
  EXPECT_EQ(books_.Reasons(), std::set{Reason::kMemory});
  books_.ExpectEachGapIsNamed();
}

TEST_F(SpoolLoss, AnAlertBeyondTheBoundUsesUpItsNumberAndIsNamed) {
  const auto spool = OpenSpool(disk_);
  books_.Append(*spool, TestAlert(0));
  books_.Append(*spool,
                DryRun(TestAlert(1, Severity::kCritical, spool::kMaxPayload)));
  books_.Append(*spool, TestAlert(2, Severity::kHigh, spool::kMaxPayload));
  books_.Append(*spool, DryRun(TestAlert(3)));
  books_.Append(*spool, TestAlert(4));
  EXPECT_EQ(spool->stats().too_long, 2U);
  books_.Drain(*spool);
  books_.Named(*spool);
  EXPECT_EQ(books_.missing(), 2U);
  EXPECT_EQ(books_.Reasons(), std::set{Reason::kTooLong});
  books_.ExpectEachGapIsNamed();
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST_F(SpoolLoss, WhatADamagedFileHeldIsNamed) {
  {
    const auto spool = OpenSpool(disk_, SmallSegments());
    for (int i = 0; i < 60; ++i)
      books_.Append(*spool,
                    TestAlert(i, static_cast<Severity>(2 + i % 2), 200));
    spool->Close();
  }
  for (const auto& [name, file] : disk_->files)
    if (PositionInName(name)) file->bytes[spool::kRecordsAt + 60] ^= 1;
  const auto spool = OpenSpool(disk_, SmallSegments());
  books_.Drain(*spool);
  books_.Named(*spool);
  EXPECT_GT(books_.missing(), 5U);
  EXPECT_EQ(books_.missing(), spool->ledger(0).damaged);
  EXPECT_EQ(books_.Reasons(), std::set{Reason::kDamaged});
  books_.ExpectEachGapIsNamed();
}

TEST_F(SpoolLoss, OneLossToSeveralSinksIsNamedOnce) {
  const auto spool = OpenSpool(disk_, SmallQuota({"a", "b"}));
  for (int i = 0; i < 400; ++i)
    books_.Append(*spool, TestAlert(i, Severity::kLow, 1000));
  books_.Drain(*spool, 0);
  Drain(*spool, 1);
  books_.Named(*spool);
  EXPECT_GT(books_.missing(), 100U);
  books_.ExpectEachGapIsNamed();
}

// Any read fails once: it is counted, said, and tried again.
TEST_F(SpoolLoss, AReadThatFailsOnceCostsNothing) {
  int reads = 1;
  for (int read = -1; read < reads; ++read) {
    const auto disk = std::make_shared<ModelDiskState>();
    const auto spool = OpenSpool(disk, SmallSegments());
    disk->reads = 0;
    disk->fail_read_at = read;
    std::vector<std::string> seen;
    const auto drain = [&] {
      for (const std::string& uid : Drain(*spool)) seen.push_back(uid);
      EXPECT_EQ(spool->Trouble().empty(), spool->ledger(0).untaken == 0);
    };
    for (int i = 0; i < 60; ++i) {
      spool->Append(TestAlert(i, static_cast<Severity>(1 + i % 5), 150));
      if (i % 7 == 0) drain();
      if (i % 9 == 0) spool->Sync();
    }
    drain();
    spool->Sync();
    drain();
    ASSERT_EQ(seen.size(), 60U) << "read " << read;
    for (size_t i = 0; i < seen.size(); ++i)
      ASSERT_EQ(seen[i], "uid-" + std::to_string(i)) << "read " << read;
    EXPECT_EQ(spool->stats().read_errors, read < 0 ? 0U : 1U);
    EXPECT_EQ(spool->ledger(0).damaged, 0U);
    EXPECT_TRUE(spool->TakeLosses().empty());
    if (read < 0) reads = disk->reads;
  }
  EXPECT_GT(reads, 50);
}

// Any read of a start fails once: what it was to find waits for the next start.
TEST_F(SpoolLoss, AReadThatFailsAtTheStartCostsNothing) {
  for (const bool killed : {false, true}) {
    int reads = 1;
    for (int read = -1; read < reads; ++read) {
      const auto disk = std::make_shared<ModelDiskState>();
      std::map<std::string, uint64_t> numbers;  // of what may be given again
      {
        const auto spool = OpenSpool(disk, SmallSegments());
        SpooledAlert alert;
        for (int i = 0; i < 30; ++i)
          spool->Append(TestAlert(i, static_cast<Severity>(2 + i % 2), 150));
        for (int i = 0; i < 4; ++i)
          if (spool->Next(0, alert, 0ms)) (void)spool->Ack(0, alert.position);
        spool->Sync();
        for (int i = 30; i < 33; ++i) spool->Append(TestAlert(i));
        if (!killed) spool->Close();
      }
      std::set<std::string> seen;
      std::set<uint64_t> used;
      for (int start = 0; start < 3; ++start) {
        disk->reads = 0;
        disk->fail_read_at = start == 0 ? read : -1;
        const auto spool = OpenSpool(disk, SmallSegments());
        if (start == 0 && read < 0) reads = disk->reads;
        if (spool == nullptr) continue;  // and the sensor uses memory alone
        spool->Append(TestAlert(100 + start));
        SpooledAlert alert;
        while (spool->Next(0, alert, 0ms)) {
          seen.insert(alert.alert.uid);
          const auto [at, is_new] =
              numbers.emplace(alert.alert.uid, alert.sequence);
          EXPECT_EQ(at->second, alert.sequence);
          EXPECT_TRUE(!is_new || used.insert(alert.sequence).second)
              << "a number is given twice, read " << read;
          (void)spool->Ack(0, alert.position);
        }
        if (!killed) spool->Close();
        EXPECT_TRUE(Closes(spool->ledger(0)));
      }
      for (int i = 4; i < 33; ++i)
        ASSERT_EQ(seen.count("uid-" + std::to_string(i)), 1U)
            << i << " is lost, read " << read << (killed ? ", killed" : "");
    }
    EXPECT_GT(reads, 10);
  }
}

TEST_F(SpoolLoss, WhatCanNotBeReadForLongIsGivenUpAndNamed) {
  const auto spool = OpenSpool(disk_, SmallSegments());
  for (int i = 0; i < 30; ++i)
    books_.Append(*spool, TestAlert(i, static_cast<Severity>(2 + i % 2), 200));
  disk_->unreadable = disk_->files.begin()->first;
  for (int i = 0; i < Spool::kReadAttempts - 1; ++i) {
    books_.Drain(*spool);
    spool->Sync();
  }
  EXPECT_NE(spool->Trouble(), "");
  EXPECT_EQ(spool->ledger(0).damaged, 0U);
  EXPECT_EQ(spool->ledger(0).acked, 0U);
  books_.Drain(*spool);
  books_.Named(*spool);
  EXPECT_GT(spool->ledger(0).damaged, 3U);
  EXPECT_EQ(spool->ledger(0).damaged, books_.missing());
  books_.ExpectEachGapIsNamed();
}

// What is given up is not given later, in place of what is younger.
TEST_F(SpoolLoss, TheSegmentBeingWrittenGoesOnAfterItCouldNotBeRead) {
  const auto spool = OpenSpool(disk_);
  for (int i = 0; i < 10; ++i) books_.Append(*spool, TestAlert(i));
  disk_->unreadable = SegmentName(2, 0);
  for (int i = 0; i < Spool::kReadAttempts; ++i) {
    books_.Drain(*spool);
    spool->Sync();
  }
  EXPECT_EQ(spool->ledger(0).damaged, 10U);
  disk_->unreadable.clear();
  books_.Append(*spool, TestAlert(10));
  EXPECT_EQ(Drain(*spool), std::vector<std::string>{"uid-10"});
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST_F(SpoolLoss, AStateThatAnEarlierVersionWroteIsRead) {
  {
    const auto spool = OpenSpool(disk_);
    spool->Append(TestAlert(0));
    Drain(*spool);
    spool->Close();
  }
  auto& bytes = disk_->files[kStateName]->bytes;
  for (size_t slot = 0; slot < 2; ++slot) {
    uint8_t* const at = bytes.data() + slot * spool::kStateSlot;
    spool::State state;
    std::memcpy(&state, at, sizeof state);
    state.length = spool::kLeastState;
    state.crc =
        spool::StateCrc(spool::AsBytes(state).first(spool::kLeastState));
    std::memcpy(at, &state, spool::kLeastState);
  }
  bytes.resize(spool::kStateSlot + spool::kLeastState);
  const auto spool = OpenSpool(disk_);
  EXPECT_TRUE(Drain(*spool).empty());
  spool->Append(TestAlert(1));
  SpooledAlert alert;
  ASSERT_TRUE(spool->Next(0, alert, 0ms));
  EXPECT_EQ(alert.sequence, 1U);
}

TEST_F(SpoolLoss, MemoryThatWasNotWishedIsSaidAsTrouble) {
  const auto spool = Spool::InMemory(TestOptions(), "mkdir: no space");
  spool->Append(TestAlert(0));
  spool->Sync();
  EXPECT_EQ(Drain(*spool).size(), 1U);
  EXPECT_EQ(spool->Trouble(), "mkdir: no space");
}

}  // namespace
}  // namespace nameward
