// SPDX-License-Identifier: Apache-2.0
// A spool whose quota is full dies between any two of its calls: each alert
// arrives or is named as lost, by an alert before or by the next start.
#include <gtest/gtest.h>

#include <deque>

#include "deliver/spool_books_testing.h"

namespace nameward {
namespace {

constexpr int kAlerts = 90;

SpoolOptions FewSegments() {
  SpoolOptions options = TestOptions();
  options.segment_bytes = 2048;
  options.quota = 12 << 10;
  return options;
}

// Three are taken of five that come; of these one is never acknowledged, and
// the others late.
class CrowdedRun {
 public:
  explicit CrowdedRun(std::shared_ptr<ModelDiskState> disk)
      : disk_(std::move(disk)) {
    spool_ = OpenSpool(disk_, FewSegments());
    for (int i = 0; spool_ != nullptr && i < kAlerts && !Stopped(); ++i)
      Step(i);
  }
  // The next start, and what both have given.
  void ExpectNothingSilent(int call) {
    const auto next = OpenSpool(disk_->AfterCrash(), FewSegments());
    ASSERT_NE(next, nullptr) << "call " << call;
    books_.Named(*next);
    books_.Drain(*next);
    books_.ExpectEachGapIsNamed(", stopped at call " + std::to_string(call));
  }
  uint64_t evicted() const { return spool_->ledger(0).evicted; }
  const Books& books() const { return books_; }

 private:
  bool Stopped() const {
    return disk_->crash_at >= 0 && disk_->calls > disk_->crash_at;
  }
  void Step(int i) {
    const auto alert = TestAlert(i, static_cast<Severity>(2 + i % 3), 150);
    books_.Append(*spool_, i % 4 == 0 ? DryRun(alert) : alert);
    if (Stopped()) return books_.ForgetLast();
    books_.Tell(*spool_, [this] { return Stopped(); });
    if (Stopped()) return;
    SpooledAlert given;
    if (i % 5 < 3 && spool_->Next(0, given, 0ms)) taken_.push_back(given);
    while (taken_.size() > 12) {
      if (taken_.front().position % 3 != 0 &&
          spool_->Ack(0, taken_.front().position))
        books_.Arrived(taken_.front());
      taken_.pop_front();
    }
    if (i % 40 == 39) {
      spool_->Rewind(0);
      taken_.clear();
    }
    if (i % 7 == 0) spool_->Sync();
  }

  std::shared_ptr<ModelDiskState> disk_;
  std::unique_ptr<Spool> spool_;
  std::deque<SpooledAlert> taken_;
  Books books_;
};

TEST(SpoolEviction, ACrashBetweenAnyTwoCallsLeavesNoGapWithoutAName) {
  const auto whole = std::make_shared<ModelDiskState>();
  CrowdedRun run(whole);
  EXPECT_GT(run.evicted(), 20U);
  run.ExpectNothingSilent(-1);
  const int calls = whole->calls;
  ASSERT_GT(calls, 150);
  for (int call = 0; call < calls; ++call) {
    const auto disk = std::make_shared<ModelDiskState>();
    disk->crash_at = call;
    CrowdedRun(disk).ExpectNothingSilent(call);
  }
}

}  // namespace
}  // namespace nameward
