// SPDX-License-Identifier: Apache-2.0
// One pod raises a hundred thousand findings a second: each is counted once,
// and no other pod's alert is held back for it.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "alert/alerter.h"
#include "alert/sample_events.h"

namespace nameward {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint64_t kPerSecond = 5'000;
#else
constexpr uint64_t kPerSecond = 100'000;
#endif
constexpr Nanoseconds kStorm = 10s;
constexpr uint64_t kStormFindings = kPerSecond * 10;
constexpr Nanoseconds kOthersEvery = 100ms;

// What those who read the alerts are told: of each finding id the last count.
class Told final : public AlertReceiver {
 public:
  void OnAlert(const Alert& alert) override {
    const auto at = counts_.try_emplace(alert.finding_uid, 0).first;
    EXPECT_GE(alert.count, at->second);
    total_ += alert.count - at->second;
    at->second = alert.count;
    ++emissions_;
    if (!alert.update) ++alerts_of_[PodName(alert.event)];
  }
  static const std::string& PodName(const Event& event) {
    return event.origin.workload->pod->name;
  }
  uint64_t total() const { return total_; }
  uint64_t emissions() const { return emissions_; }
  uint64_t AlertsOf(const std::string& pod) { return alerts_of_[pod]; }

 private:
  std::map<std::string, uint64_t> counts_, alerts_of_;
  uint64_t total_ = 0;
  uint64_t emissions_ = 0;
};

class Storm : public testing::Test {
 protected:
  static Event ConnectOf(const std::string& pod) {
    Event event = SampleConnect();
    Workload workload = *event.origin.workload;
    Pod named = *workload.pod;
    named.name = pod;
    workload.pod = std::make_shared<const Pod>(named);
    event.origin.workload = std::make_shared<const Workload>(workload);
    return event;
  }
  void Hit(Event& event, BootTime at, const std::string& key) {
    event.seq = ++findings_;
    event.time = at;
    alerter_.OnFinding(event, {rule_, key, "reason", false}, told_);
  }
  // `key_of` names the dedup key of the storm's i-th finding.
  template <typename KeyOf>
  void Run(KeyOf key_of) {
    Event storm = ConnectOf("storm");
    Event other = ConnectOf("other");
    BootTime next_other(1s);
    for (uint64_t i = 0; i < kStormFindings; ++i) {
      const BootTime now(1s + i * kStorm / kStormFindings);
      Hit(storm, now, key_of(i));
      if (now < next_other) continue;
      next_other += kOthersEvery;
      const uint64_t before = told_.AlertsOf("other");
      Hit(other, now, "other " + std::to_string(++others_));
      EXPECT_EQ(told_.AlertsOf("other"), before + 1) << "not at once";
    }
  }
  void ExpectEachFindingIsToldOnce() {
    alerter_.Finish(told_);
    const AlerterStats& stats = alerter_.stats();
    EXPECT_EQ(told_.total(), findings_);
    EXPECT_EQ(stats.matched, findings_);
    EXPECT_EQ(stats.matched,
              stats.alerts + stats.suppressed_dedup + stats.suppressed_rate);
    EXPECT_EQ(told_.emissions(),
              stats.alerts + stats.updates + stats.summaries);
    EXPECT_EQ(told_.AlertsOf("other"), others_);
  }

  std::shared_ptr<RuleInfo> rule_ = SampleRule();
  Alerter alerter_{{"worker-7", "boot-1"}};
  Told told_;
  uint64_t findings_ = 0;
  uint64_t others_ = 0;
};

TEST_F(Storm, OfOneKeyIsOneAlertAndOneUpdate) {
  Run([](uint64_t) { return "storm"; });
  ExpectEachFindingIsToldOnce();
  EXPECT_EQ(others_, 100U);
  EXPECT_EQ(told_.AlertsOf("storm"), 1U);
}

TEST_F(Storm, OfAsManyKeysIsHeldBackWithoutARateLimitOfTheRule) {
  Run([](uint64_t i) { return std::to_string(i); });
  ExpectEachFindingIsToldOnce();
  // Two intervals of the limit that every rule has.
  EXPECT_EQ(told_.AlertsOf("storm"), 2U * AlerterOptions::kStormLimit.burst);
  EXPECT_EQ(alerter_.stats().summaries, 2U);
}

TEST_F(Storm, WithoutWindowsIsHeldBackToo) {
  rule_->dedup_window = Nanoseconds(0);
  Run([](uint64_t) { return "storm"; });
  ExpectEachFindingIsToldOnce();
  EXPECT_EQ(told_.AlertsOf("storm"), 2U * AlerterOptions::kStormLimit.burst);
}

TEST_F(Storm, LeavesTheOthersTheirShareOfTheNamespacesLimit) {
  rule_->rate_limit = {"namespace", 800, 1min};
  Run([](uint64_t i) { return std::to_string(i); });
  ExpectEachFindingIsToldOnce();
  EXPECT_GE(told_.AlertsOf("storm"), 700U);
  EXPECT_LE(told_.AlertsOf("storm"), 800U);
}

TEST_F(Storm, ClosesNoOthersWindow) {
  Event quiet = ConnectOf("quiet");
  Hit(quiet, BootTime(1s), "quiet");
  Run([](uint64_t i) { return std::to_string(i); });
  Hit(quiet, BootTime(12s), "quiet");
  EXPECT_EQ(told_.AlertsOf("quiet"), 1U);
  EXPECT_GT(alerter_.stats().windows_closed_early, 0U);
  ExpectEachFindingIsToldOnce();
}

TEST_F(Storm, OfOnePodOfAWorkloadLeavesItsSiblingsTheirOwnLimit) {
  rule_->dedup_window = Nanoseconds(0);
  rule_->rate_limit = {"pod", 2, 1min};
  Event one = ConnectOf("web-1");
  Event two = ConnectOf("web-2");
  for (int i = 0; i < 5; ++i) Hit(one, BootTime(1s), "a");
  for (int i = 0; i < 5; ++i) Hit(two, BootTime(1s), "a");
  EXPECT_EQ(told_.AlertsOf("web-1"), 2U);
  EXPECT_EQ(told_.AlertsOf("web-2"), 2U);
  ExpectEachFindingIsToldOnce();
}

TEST_F(Storm, OfMorePodsThanANodeHasIsBoundedByTheLimitAlone) {
  rule_->dedup_window = Nanoseconds(0);
  rule_->rate_limit = {"rule", 8, 1min};
  for (size_t i = 0; i < AlerterOptions::kMaxPods + 100; ++i) {
    Event event = ConnectOf("pod-" + std::to_string(i));
    Hit(event, BootTime(1s), "a");
  }
  EXPECT_EQ(alerter_.stats().alerts, AlerterOptions::kMaxPods);
  ExpectEachFindingIsToldOnce();
}

}  // namespace
}  // namespace nameward
