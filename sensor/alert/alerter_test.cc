// SPDX-License-Identifier: Apache-2.0
#include "alert/alerter.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "alert/sample_events.h"

namespace nameward {
namespace {

class Collector final : public AlertReceiver {
 public:
  void OnAlert(const Alert& alert) override { alerts.push_back(alert); }
  std::vector<Alert> alerts;
};

class AlerterTest : public testing::Test {
 protected:
  explicit AlerterTest(size_t max_windows = AlerterOptions::kMaxWindows,
                       size_t max_intervals = AlerterOptions::kMaxIntervals)
      : alerter_({kSampleNode, "boot-1", max_windows, max_intervals}) {
    alerter_.SetClock(kSampleClock);
  }

  void Hit(Nanoseconds at, const std::string& key) {
    Event event = SampleConnect();
    event.seq = ++seq_;
    event.time = BootTime(at);
    alerter_.OnFinding(event, Finding{rule_, key, "reason", false}, out_);
  }
  void ExpectLedgerCloses() const {
    const AlerterStats& stats = alerter_.stats();
    EXPECT_EQ(stats.matched, seq_);
    EXPECT_EQ(stats.matched,
              stats.alerts + stats.suppressed_dedup + stats.suppressed_rate +
                  stats.suppressed_dry_run + stats.suppressed_off);
  }
  uint64_t HitsTold() const {
    // A window's last emission carries its whole count; summaries add theirs.
    std::map<std::string, uint64_t> counts;
    for (const Alert& alert : out_.alerts)
      counts[alert.finding_uid] = alert.count;
    uint64_t sum = 0;
    for (const auto& [uid, count] : counts) sum += count;
    return sum;
  }

  std::shared_ptr<RuleInfo> rule_ = SampleRule();
  Alerter alerter_;
  Collector out_;
  uint64_t seq_ = 0;
};

TEST_F(AlerterTest, TellsTheFirstHitAtOnce) {
  Hit(1s, "a");
  ASSERT_EQ(out_.alerts.size(), 1U);
  EXPECT_FALSE(out_.alerts[0].update);
  EXPECT_EQ(out_.alerts[0].count, 1U);
  EXPECT_EQ(out_.alerts[0].first_seen, kSampleClock.ToWall(BootTime(1s)));
}

TEST_F(AlerterTest, CountsAHundredThousandHitsOfOneKeyExactly) {
  for (int i = 0; i < 100'000; ++i) Hit(1s + i * 1ms, "a");
  EXPECT_EQ(out_.alerts.size(), 1U);
  alerter_.AdvanceTo(BootTime(1s + 15min), out_);
  ASSERT_EQ(out_.alerts.size(), 2U);
  EXPECT_TRUE(out_.alerts[1].update);
  EXPECT_EQ(out_.alerts[1].count, 100'000U);
  EXPECT_EQ(out_.alerts[1].last_seen,
            kSampleClock.ToWall(BootTime(1s + 99'999ms)));
  EXPECT_EQ(out_.alerts[1].finding_uid, out_.alerts[0].finding_uid);
  EXPECT_NE(out_.alerts[1].uid, out_.alerts[0].uid);
  EXPECT_EQ(alerter_.open_windows(), 0U);
  ExpectLedgerCloses();
}

TEST_F(AlerterTest, SaysNothingAtTheEndOfAWindowWithOneHit) {
  Hit(1s, "a");
  alerter_.AdvanceTo(BootTime(1h), out_);
  EXPECT_EQ(out_.alerts.size(), 1U);
}

TEST_F(AlerterTest, EndsAWindowWithTheNextEventAfterIt) {
  Hit(1s, "a");
  Hit(2s, "a");
  Hit(1s + 15min, "a");
  ASSERT_EQ(out_.alerts.size(), 3U);
  EXPECT_EQ(out_.alerts[1].count, 2U);
  EXPECT_FALSE(out_.alerts[2].update);
  EXPECT_NE(out_.alerts[2].finding_uid, out_.alerts[0].finding_uid);
}

TEST_F(AlerterTest, AStormOfOneKeyDelaysNoOther) {
  for (int i = 0; i < 10'000; ++i) Hit(1s, "storm");
  Hit(1s, "quiet");
  ASSERT_EQ(out_.alerts.size(), 2U);
  EXPECT_EQ(out_.alerts[1].finding.dedup_key, "quiet");
}

TEST_F(AlerterTest, MakesEachHitAnAlertWithoutAWindow) {
  rule_->dedup_window = Nanoseconds(0);
  Hit(1s, "a");
  Hit(1s, "a");
  EXPECT_EQ(out_.alerts.size(), 2U);
  EXPECT_NE(out_.alerts[0].uid, out_.alerts[1].uid);
  EXPECT_EQ(alerter_.open_windows(), 0U);
}

TEST_F(AlerterTest, SummarisesWhatTheRateLimitHoldsBack) {
  rule_->rate_limit = {"namespace", 3, 1min};
  for (int i = 0; i < 10; ++i) Hit(1s + i * 1s, std::to_string(i));
  EXPECT_EQ(out_.alerts.size(), 3U);
  alerter_.AdvanceTo(BootTime(1s + 1min), out_);
  ASSERT_EQ(out_.alerts.size(), 4U);
  EXPECT_EQ(out_.alerts[3].count, 7U);
  EXPECT_EQ(out_.alerts[3].finding.reason,
            "7 more alerts of this rule for payments were held back by its "
            "rate limit");
  EXPECT_EQ(alerter_.stats().suppressed_rate, 7U);
  Hit(2min, "again");
  EXPECT_EQ(out_.alerts.size(), 5U);
  ExpectLedgerCloses();
}

TEST_F(AlerterTest, CountsDryRunApartAndEmitsItMarked) {
  rule_->mode = RuleMode::kDryRun;
  Hit(1s, "a");
  Hit(1s, "a");
  EXPECT_EQ(out_.alerts.size(), 1U);
  EXPECT_EQ(alerter_.stats().alerts, 0U);
  EXPECT_EQ(alerter_.stats().suppressed_dry_run, 1U);
  EXPECT_EQ(alerter_.stats().suppressed_dedup, 1U);
  ExpectLedgerCloses();
}

TEST_F(AlerterTest, CountsWhatARuleThatIsOffCaught) {
  rule_->mode = RuleMode::kOff;
  Hit(1s, "a");
  EXPECT_TRUE(out_.alerts.empty());
  EXPECT_EQ(alerter_.stats().suppressed_off, 1U);
  ExpectLedgerCloses();
}

TEST_F(AlerterTest, TellsLossesOnceToThoseWhoMustHear) {
  alerter_.AddLosses(5);
  rule_->mode = RuleMode::kDryRun;
  Hit(1s, "dry");
  rule_ = SampleRule();
  Hit(1s, "a");
  Hit(1s, "b");
  EXPECT_EQ(out_.alerts[1].losses_since_last, 5U);
  EXPECT_EQ(out_.alerts[2].losses_since_last, 0U);
}

TEST_F(AlerterTest, GivesTheSameIdsInAReplay) {
  Collector first;
  for (int run = 0; run < 2; ++run) {
    Alerter alerter({"worker-7", "boot-1"});
    Collector& out = run == 0 ? first : out_;
    for (uint64_t seq = 1; seq <= 50; ++seq) {
      Event event = SampleConnect();
      event.seq = seq;
      alerter.OnFinding(event, {rule_, std::to_string(seq % 7), "", false},
                        out);
    }
    alerter.Finish(out);
  }
  ASSERT_EQ(first.alerts.size(), out_.alerts.size());
  std::set<std::string> uids;
  for (size_t i = 0; i < first.alerts.size(); ++i) {
    EXPECT_EQ(first.alerts[i].uid, out_.alerts[i].uid);
    EXPECT_TRUE(uids.insert(first.alerts[i].uid).second);
  }
}

// The events' numbers begin anew, the boot's clock does not.
TEST_F(AlerterTest, GivesOtherIdsAfterARestartInTheSameBoot) {
  for (int run = 0; run < 2; ++run) {
    Alerter alerter({"worker-7", "boot-1"});
    Event event = SampleConnect();
    event.seq = 1;
    event.time = BootTime(1s + run * 1ms);
    alerter.OnFinding(event, {rule_, "a", "", false}, out_);
  }
  ASSERT_EQ(out_.alerts.size(), 2U);
  EXPECT_NE(out_.alerts[0].uid, out_.alerts[1].uid);
}

TEST_F(AlerterTest, NamesAnAlertAfterNodeBootSeqAndRule) {
  Collector other;
  Event event = SampleConnect();
  Alerter second({"worker-7", "boot-2"});
  alerter_.OnFinding(event, {rule_, "a", "", false}, out_);
  second.OnFinding(event, {rule_, "a", "", false}, other);
  EXPECT_NE(out_.alerts[0].uid, other.alerts[0].uid);
  EXPECT_EQ(out_.alerts[0].uid[14], '5');  // the version
}

TEST_F(AlerterTest, KeepsNoMoreThanTheHeaderOfAMessageInAWindow) {
  Event event = SampleDns();
  std::get<DnsEvent>(event.body).message.wire.assign(65535, 1);
  for (int i = 0; i < 2; ++i)
    alerter_.OnFinding(event, {rule_, "a", "", false}, out_);
  alerter_.Finish(out_);
  ASSERT_EQ(out_.alerts.size(), 2U);
  const auto wire_size = [this](size_t i) {
    return std::get<DnsEvent>(out_.alerts[i].event.body).message.wire.size();
  };
  EXPECT_EQ(wire_size(0), 65535U);
  EXPECT_EQ(wire_size(1), 12U);
}

class SmallAlerterTest : public AlerterTest {
 protected:
  SmallAlerterTest() : AlerterTest(3 * AlerterOptions::kShare, 2) {}
};

TEST_F(SmallAlerterTest, ClosesAPodsOldestWindowEarlyAndTellsItsCount) {
  Hit(1s, "a");
  Hit(2s, "a");
  Hit(3s, "b");
  Hit(4s, "c");
  Hit(5s, "d");
  EXPECT_EQ(alerter_.open_windows(), 3U);
  EXPECT_EQ(alerter_.stats().windows_closed_early, 1U);
  ASSERT_EQ(out_.alerts.size(), 5U);
  EXPECT_TRUE(out_.alerts[4].update);
  EXPECT_EQ(out_.alerts[4].count, 2U);
  alerter_.Finish(out_);
  EXPECT_EQ(HitsTold(), 5U);
  ExpectLedgerCloses();
}

TEST_F(SmallAlerterTest, ClosesTheOldestIntervalEarlyAndTellsItsCount) {
  for (const char* id : {"rule-a", "rule-b", "rule-c"}) {
    rule_ = SampleRule();
    rule_->id = id;
    rule_->dedup_window = Nanoseconds(0);
    rule_->rate_limit = {"workload", 1, 1min};
    for (int i = 0; i < 4; ++i) Hit(1s, "key");
  }
  EXPECT_EQ(alerter_.stats().intervals_closed_early, 1U);
  alerter_.Finish(out_);
  EXPECT_EQ(alerter_.stats().summaries, 3U);
  EXPECT_EQ(HitsTold(), 12U);
  ExpectLedgerCloses();
}

}  // namespace
}  // namespace nameward
