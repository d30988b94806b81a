// SPDX-License-Identifier: Apache-2.0
#include "app/session.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>

namespace nameward {
namespace {

// Gives `total` timer records, ten a poll, then ends.
class CountingSource final : public RecordSource {
 public:
  explicit CountingSource(uint64_t total) : total_(total) {}
  Result<PollOutcome> Poll(RecordBatch& batch, Nanoseconds) override {
    if (fail_at_ != 0 && given_ >= fail_at_)
      return Error{"ring", "the keeper is gone"};
    for (int i = 0; i < 10 && given_ < total_; ++i)
      batch.AppendStruct(RecordType::kTimer, TimerRecord{++given_});
    return given_ == total_ ? PollOutcome::kEnd : PollOutcome::kMore;
  }
  uint64_t fail_at_ = 0;

 private:
  const uint64_t total_;
  uint64_t given_ = 0;
};

// Checks that records come in order; can be held back, and can fail.
class OrderedConsumer final : public RecordConsumer {
 public:
  Status Consume(const RecordBatch& batch) override {
    if (hold_ != nullptr) hold_->wait();
    batch.ForEach([this](const RecordView& record) {
      ByteReader reader(record.payload);
      const auto timer = reader.Copy<TimerRecord>();
      in_order_ = in_order_ && timer && timer->time_ns == seen_ + 1;
      ++seen_;
    });
    if (fail_at_ != 0 && seen_ >= fail_at_) return Error{"disk", "full"};
    return Ok();
  }
  Status Finish() override {
    finished_ = true;
    return Ok();
  }
  void AddTo(Ledger& ledger) const override { ledger.Add("seen", seen_); }

  std::latch* hold_ = nullptr;
  uint64_t fail_at_ = 0;
  uint64_t seen_ = 0;
  bool in_order_ = true;
  bool finished_ = false;
};

TEST(Session, GivesEveryRecordOnceAndInOrder) {
  CountingSource source(100'000);
  OrderedConsumer consumer;
  Session session(source, {&consumer}, [] {});
  session.Start(RecordBatch());
  EXPECT_TRUE(session.Stop());
  EXPECT_EQ(consumer.seen_, 100'000U);
  EXPECT_TRUE(consumer.in_order_);
  EXPECT_TRUE(consumer.finished_);
  EXPECT_EQ(session.Counters().Total("seen"), 100'000U);
}

TEST(Session, AStoppedConsumerHoldsTheReaderBackAndLosesNothing) {
  CountingSource source(50'000);
  OrderedConsumer consumer;
  std::latch hold(1);
  consumer.hold_ = &hold;
  Session session(source, {&consumer}, [] {});
  session.Start(RecordBatch());
  hold.count_down();
  EXPECT_TRUE(session.Stop());
  EXPECT_EQ(consumer.seen_, 50'000U);
  EXPECT_TRUE(consumer.in_order_);
}

TEST(Session, HasBegunOnceTheSourcesFirstBatchIsConsumed) {
  CountingSource source(50'000);
  OrderedConsumer consumer;
  std::latch hold(1);
  consumer.hold_ = &hold;
  Session session(source, {&consumer}, [] {});
  session.Start(RecordBatch());
  EXPECT_FALSE(session.Begun());
  hold.count_down();
  EXPECT_TRUE(session.Stop());
  EXPECT_TRUE(session.Begun());
}

TEST(Session, HasNotBegunWithTheRunsOwnRecordsAlone) {
  CountingSource source(0);
  OrderedConsumer consumer;
  Session session(source, {&consumer}, [] {});
  RecordBatch first;
  first.AppendStruct(RecordType::kTimer, TimerRecord{1});
  session.Start(std::move(first));
  EXPECT_TRUE(session.Stop());
  EXPECT_EQ(consumer.seen_, 1U);
  EXPECT_FALSE(session.Begun());
}

TEST(Session, AFailedSourceIsReportedAfterWhatItGave) {
  CountingSource source(1'000);
  source.fail_at_ = 500;
  OrderedConsumer consumer;
  std::atomic<int> failures{0};
  Session session(source, {&consumer}, [&failures] { ++failures; });
  session.Start(RecordBatch());
  const Status stopped = session.Stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().what, "ring");
  EXPECT_EQ(failures, 1);
  EXPECT_EQ(consumer.seen_, 500U);
}

TEST(Session, AFailedConsumerEndsTheRun) {
  CountingSource source(1'000'000'000);
  OrderedConsumer consumer;
  consumer.fail_at_ = 100;
  std::latch failed(1);
  Session session(source, {&consumer}, [&failed] { failed.count_down(); });
  session.Start(RecordBatch());
  failed.wait();
  const Status stopped = session.Stop();
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().what, "disk");
}

// Each poll counts what was offered until then, as the kernel does.
TEST(Session, ItsCountersCloseWheneverTheyAreLookedAt) {
  CountingSource source(200'000);
  uint64_t offered = 0;
  class Consumer final : public RecordConsumer {
   public:
    Status Consume(const RecordBatch& batch) override {
      consumed_ += batch.count();
      return Ok();
    }
    Status Finish() override { return Ok(); }
    void AddTo(Ledger& ledger) const override {
      ledger.Add("records_consumed", consumed_);
      ledger.Add("records_decoded", consumed_);
    }

   private:
    uint64_t consumed_ = 0;
  } consumer;
  Session session(source, {&consumer}, [] {});
  session.SetCounted(Ledger(), [&]() -> std::optional<Ledger> {
    offered += 10;
    if (offered % 70 != 0 && offered < 200'000) return std::nullopt;
    Ledger ledger;
    ledger.Add("records_offered", offered);
    ledger.Add("records_sent", offered);
    return ledger;
  });
  session.Start(RecordBatch());
  uint64_t looks = 0;
  for (uint64_t seen = 0; seen < 200'000 && looks < 10'000'000; ++looks) {
    const Ledger ledger = session.Counters();
    ASSERT_TRUE(ledger.Closes()) << ledger.ToLine();
    const uint64_t consumed = ledger.Total("records_consumed");
    ASSERT_GE(consumed, seen);
    seen = consumed;
    if (seen > 0) std::this_thread::yield();
  }
  EXPECT_TRUE(session.Stop());
  EXPECT_EQ(session.Counters().InFlight(), 0U);
  EXPECT_EQ(session.Counters().Total("records_consumed"), 200'000U);
}

// Never ends, has nothing to say.
class SilentSource final : public RecordSource {
 public:
  Result<PollOutcome> Poll(RecordBatch&, Nanoseconds wait) override {
    std::this_thread::sleep_for(wait / 100);
    return PollOutcome::kIdle;
  }
};

TEST(Session, TakesRecordsOfOthersInTheOrderOfTheirCalls) {
  SilentSource source;
  OrderedConsumer consumer;
  Session session(source, {&consumer}, [] {});
  session.Start({});
  for (uint64_t i = 1; i <= 100; ++i) {
    RecordBatch batch;
    batch.AppendStruct(RecordType::kTimer, TimerRecord{i});
    ASSERT_TRUE(session.Inject(std::move(batch)));
  }
  ASSERT_TRUE(session.Stop());
  EXPECT_EQ(consumer.seen_, 100U);
  EXPECT_TRUE(consumer.in_order_);
}

TEST(Session, SaysThatNobodyTakesRecordsAfterItsEnd) {
  SilentSource source;
  OrderedConsumer consumer;
  Session session(source, {&consumer}, [] {});
  session.Start({});
  ASSERT_TRUE(session.Stop());
  RecordBatch batch;
  batch.AppendStruct(RecordType::kTimer, TimerRecord{1});
  EXPECT_FALSE(session.Inject(std::move(batch)));
}

}  // namespace
}  // namespace nameward
