// SPDX-License-Identifier: Apache-2.0
#include "app/pod_feed.h"

#include <gtest/gtest.h>

#include <vector>

namespace nameward {
namespace {

class SaidSource final : public PodSource {
 public:
  void Start(Sink sink) override { sink_ = std::move(sink); }
  void Stop() override {}
  void Ask() override { ++asked_; }
  PodSourceStatus status() const override { return status_; }

  Sink sink_;
  PodSourceStatus status_;
  int asked_ = 0;
};

class PodFeedTest : public testing::Test {
 protected:
  PodFeedTest() {
    auto source = std::make_unique<SaidSource>();
    source_ = source.get();
    feed_ = std::make_unique<PodFeed>(std::move(source), log_, clock_);
    feed_->Start();
  }
  bool Keep(const RecordBatch& batch) {
    batch.ForEach([this](const RecordView& record) {
      EXPECT_EQ(record.type, RecordType::kPods);
      got_.emplace_back(reinterpret_cast<const char*>(record.payload.data()),
                        record.payload.size());
    });
    return true;
  }
  void Connect() {
    feed_->Connect([this](RecordBatch batch) { return Keep(batch); });
  }

  SystemClock clock_;
  std::vector<std::string> lines_;
  Log log_{clock_, [this](const std::string& line) { lines_.push_back(line); }};
  SaidSource* source_ = nullptr;
  std::unique_ptr<PodFeed> feed_;
  std::vector<std::string> got_;
};

TEST_F(PodFeedTest, TheFirstListIsAmongTheFirstRecords) {
  source_->sink_("one");
  RecordBatch first;
  feed_->AppendFirst(0ms, first);
  EXPECT_EQ(first.count(), 1U);
  Connect();
  source_->sink_("two");
  EXPECT_EQ(got_, std::vector<std::string>{"two"});
}

TEST_F(PodFeedTest, AListThatComesTooLateForThemIsNotLost) {
  RecordBatch first;
  feed_->AppendFirst(0ms, first);
  EXPECT_EQ(first.count(), 0U);
  source_->sink_("one");
  source_->sink_("two");  // says all that the first one did
  Connect();
  EXPECT_EQ(got_, std::vector<std::string>{"two"});
}

TEST_F(PodFeedTest, AnUnchangedListIsNewsOnlyToWhoHasOne) {
  source_->sink_("one");
  source_->sink_("");
  RecordBatch first;
  feed_->AppendFirst(0ms, first);
  EXPECT_EQ(first.count(), 1U);
  Connect();
  source_->sink_("");
  EXPECT_EQ(got_, std::vector<std::string>{""});
}

TEST_F(PodFeedTest, SaysWhatIsMissingAndThenWhatIsOld) {
  source_->status_.trouble = "kubelet: 403 (grant nodes/pods)";
  EXPECT_EQ(feed_->Missing(),
            "first pod list is missing: kubelet: 403 (grant nodes/pods)\n");
  EXPECT_EQ(feed_->Note(), "");
  source_->status_.synced = true;
  EXPECT_EQ(feed_->Missing(), "");
  EXPECT_EQ(feed_->Note(),
            "pods: kubelet: 403 (grant nodes/pods); the last list stays in "
            "use\n");
}

TEST_F(PodFeedTest, TroubleIsToldWhenItBeginsAndWhenItEnds) {
  feed_->TellChanges();
  EXPECT_TRUE(lines_.empty());
  source_->status_.trouble = "kubelet: 403";
  const auto fail = [this](PodPoll outcome) {
    ++source_->status_.polls[static_cast<size_t>(outcome)];
    feed_->TellChanges();
  };
  for (int i = 0; i < 50; ++i) fail(PodPoll::kForbidden);
  ASSERT_EQ(lines_.size(), 1U);
  source_->status_.trouble = "kubelet: can't connect";
  for (int i = 0; i < 50; ++i) fail(PodPoll::kUnreachable);
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_NE(lines_[1].find("can't connect"), std::string::npos);
  source_->status_.trouble.clear();
  for (int i = 0; i < 50; ++i) fail(PodPoll::kUnchanged);
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_NE(lines_[2].find("read again"), std::string::npos);
}

TEST_F(PodFeedTest, EveryOutcomeIsACounterAndTheAgeAGauge) {
  source_->status_.polls[static_cast<size_t>(PodPoll::kForbidden)] = 3;
  Ledger ledger;
  feed_->AddTo(ledger);
  EXPECT_EQ(ledger.At("pods_polls", "forbidden"), 3U);
  EXPECT_EQ(feed_->Gauges().find("age"), std::string::npos);
  source_->status_.last_good = clock_.Now() - 90s;
  source_->status_.list.pods = 7;
  const std::string gauges = feed_->Gauges();
  EXPECT_NE(gauges.find("nameward_pods_known 7\n"), std::string::npos);
  EXPECT_NE(gauges.find("nameward_pods_last_success_age_seconds 90."),
            std::string::npos)
      << gauges;
}

}  // namespace
}  // namespace nameward
