// SPDX-License-Identifier: Apache-2.0
// When Delivery makes alerts durable: at once, in time, and what a power cut
// may then cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <optional>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "deliver/delivery.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

constexpr Nanoseconds kPromise = 50ms;
static_assert(Delivery::kSyncEvery < kPromise);

struct Acked {
  std::mutex mutex;
  std::set<std::string> uids;
  std::atomic<bool> all{false};  // so that a stop need not wait
};

// Takes each alert, and acknowledges every third.
class SlowSink final : public SpooledSink {
 public:
  explicit SlowSink(Acked& acked) : acked_(acked) {}
  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override {
    if (++given_ % 3 != 0 && !acked_.all) return true;
    {
      const std::lock_guard lock(acked_.mutex);
      acked_.uids.insert(alert.alert.uid);
    }
    acknowledge_(alert.position, Spool::Outcome::kDelivered);
    return true;
  }
  void Wait(Nanoseconds) override {}
  bool WantsRewind() override {
    return acked_.all && !std::exchange(rewound_, true);
  }

 private:
  Acked& acked_;
  Acknowledge acknowledge_;
  int given_ = 0;
  bool rewound_ = false;
};

// A disk, and a sensor that delivers through it until the power goes.
class PoweredRun {
 public:
  explicit PoweredRun(std::optional<Nanoseconds> sync_every = {}) {
    SpoolOptions options = TestOptions();
    options.segment_bytes = 2048;
    std::vector<std::unique_ptr<SpooledSink>> sinks;
    sinks.push_back(std::make_unique<SlowSink>(acked_));
    delivery_ = std::make_unique<Delivery>(
        OpenSpool(disk, options), std::move(sinks), options.sinks, clock);
    if (sync_every) delivery_->SetSyncEvery(*sync_every);
  }

  ~PoweredRun() {
    acked_.all = true;
    delivery_.reset();
  }

  Delivery& delivery() { return *delivery_; }
  void Offer(int number, Severity severity) {
    ASSERT_TRUE(delivery_->Offer(TestAlert(number, severity)));
  }
  // That had something to sync.
  uint64_t Syncs() {
    const auto& counts = delivery_->Report().syncs.counts;
    return std::accumulate(counts.begin(), counts.end(), uint64_t{0});
  }
  bool AwaitSyncs(uint64_t count) {
    const BootTime until = clock.Now() + 20s;
    while (Syncs() < count && clock.Now() < until) std::this_thread::yield();
    return Syncs() >= count;
  }
  // What is given after the power came back, and what was acknowledged before.
  std::set<std::string> AfterPowerCut(std::mt19937& random) {
    std::shared_ptr<ModelDiskState> image;
    std::set<std::string> uids;
    {
      // An alert leaves the disk after it is acknowledged.
      const std::lock_guard lock(disk->mutex);
      const std::lock_guard lock_acked(acked_.mutex);
      uids = acked_.uids;
      image = disk->AfterPowerCut(random);
    }
    SpoolOptions options = TestOptions();
    options.boot_id = "boot-2";
    const auto spool = OpenSpool(image, options);
    losses = spool->TakeLosses();
    for (std::string& uid : Drain(*spool)) uids.insert(std::move(uid));
    return uids;
  }

  const std::shared_ptr<ModelDiskState> disk =
      std::make_shared<ModelDiskState>();
  SystemClock clock;
  std::vector<LostAlerts> losses;

 private:
  Acked acked_;
  std::unique_ptr<Delivery> delivery_;
};

TEST(DeliverySync, ACriticalAlertIsDurableAtOnceWithAllBeforeIt) {
  PoweredRun run(1h);
  std::mt19937 random(1);
  run.delivery().Start();
  run.Offer(0, Severity::kLow);
  run.Offer(1, Severity::kCritical);
  ASSERT_TRUE(run.AwaitSyncs(1));
  EXPECT_THAT(run.AfterPowerCut(random),
              testing::UnorderedElementsAre("uid-0", "uid-1"));
}

// The median: a loaded machine may keep any one sync from running.
TEST(DeliverySync, AnyAlertIsDurableWithinThePromise) {
  constexpr int kTries = 15;
  PoweredRun run;
  run.delivery().Start();
  std::vector<Nanoseconds> took;
  for (int i = 0; i < kTries; ++i) {
    const uint64_t before = run.Syncs();
    const BootTime begin = run.clock.Now();
    run.Offer(i, Severity::kInformational);
    ASSERT_TRUE(run.AwaitSyncs(before + 1));
    took.push_back(run.clock.Now() - begin);
  }
  std::sort(took.begin(), took.end());
  EXPECT_LE(took[kTries / 2], kPromise);
}

TEST(DeliverySync, APowerCutAtAnyTimeCostsOnlyWhatNoSyncHadSeen) {
  std::mt19937 random(5);
  for (int cut = 0; cut < 200; ++cut) {
    PoweredRun run(Nanoseconds(20'000));
    run.delivery().Start();
    // A sync that was under way when an alert came may not have seen it.
    std::vector<uint64_t> durable_by;
    const int alerts = 1 + static_cast<int>(random() % 60);
    for (int i = 0; i < alerts; ++i) {
      const uint64_t before = run.Syncs();
      run.Offer(i, static_cast<Severity>(1 + random() % 5));
      durable_by.push_back(run.Syncs() + 2);
      if (random() % 4 > 0) continue;
      ASSERT_TRUE(run.AwaitSyncs(before + 1));
    }
    const uint64_t syncs = run.Syncs();
    const auto there = run.AfterPowerCut(random);
    size_t lost = 0;
    for (size_t i = 0; i < durable_by.size(); ++i) {
      if (there.count("uid-" + std::to_string(i)) > 0) continue;
      ++lost;
      EXPECT_GT(durable_by[i], syncs) << "uid-" << i << ", cut " << cut;
    }
    EXPECT_TRUE(lost == 0 || syncs == 0 || !run.losses.empty());
  }
}

TEST(DeliverySync, ADiskThatRefusesEverySyncIsToldAsAnAlert) {
  PoweredRun run(1ms);
  std::atomic<int> told{0};
  run.delivery().SetTellTrouble([&](const std::string& trouble) {
    EXPECT_THAT(trouble, testing::HasSubstr("sync"));
    ++told;
    return TestAlert(9999, Severity::kHigh);
  });
  run.disk->syncs_fail = true;
  run.delivery().Start();
  for (int i = 0; i < 3; ++i) {
    const uint64_t before = run.Syncs();
    run.Offer(i, Severity::kLow);
    ASSERT_TRUE(run.AwaitSyncs(before + 1));
  }
  EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace nameward
