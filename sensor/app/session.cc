// SPDX-License-Identifier: Apache-2.0
#include "app/session.h"

#include <utility>

namespace nameward {
namespace {

// How long the reader waits for the kernel, and the worker for the reader: also
// how soon each sees that it should stop.
constexpr Nanoseconds kPollWait = 100ms;
constexpr Nanoseconds kAliveWithin = 5s;
// A snapshot is a map of strings, and the batches of a quiet node are small.
constexpr Nanoseconds kPublishEvery = 20ms;

}  // namespace

Session::Session(RecordSource& source, std::vector<RecordConsumer*> consumers,
                 std::function<void()> on_failure)
    : source_(source),
      consumers_(std::move(consumers)),
      on_failure_(std::move(on_failure)) {}

Session::~Session() { (void)Stop(); }

void Session::Start(RecordBatch first) {
  if (first.count() > 0) {
    ++unbegun_;
    (void)queue_.PushFor(first, 0ms);
  }
  worker_ = std::thread([this] { Work(); });
  reader_ = std::thread([this] { Read(); });
}

Status Session::Stop() {
  stopping_ = true;
  if (reader_.joinable()) reader_.join();
  if (worker_.joinable()) worker_.join();
  const std::lock_guard lock(mutex_);
  if (failure_) return *failure_;
  return Ok();
}

void Session::Read() {
  // After Stop the source is polled until it is dry, so nothing stays behind.
  for (bool dry = false; !(stopping_ && dry);) {
    RecordBatch batch = recycled_.TryPop().value_or(RecordBatch());
    const auto outcome = source_.Poll(batch, stopping_ ? 0ms : kPollWait);
    if (!outcome) Fail(outcome.error());
    PublishCounted();
    if (!HandOver(batch)) break;
    if (!outcome || *outcome == PollOutcome::kEnd) break;
    dry = *outcome == PollOutcome::kIdle;
  }
  queue_.Close();
}

bool Session::Inject(RecordBatch batch) { return HandOver(batch); }

// False if nobody will ever take it.
bool Session::HandOver(RecordBatch& batch) {
  if (batch.count() == 0) return true;
  while (!queue_.PushFor(batch, kPollWait)) {
    if (queue_.Finished()) return false;
    const std::lock_guard lock(mutex_);
    if (failure_) return false;
  }
  return true;
}

void Session::Work() {
  SystemClock clock;
  BootTime published{};
  bool healthy = true;
  while (healthy && !queue_.Finished()) {
    const BootTime now = clock.Now();
    worker_beat_ns_ = now.time_since_epoch().count();
    if (now - published >= kPublishEvery) {
      Publish();
      published = now;
    }
    auto batch = queue_.PopFor(kPollWait);
    if (!batch) continue;
    healthy = ConsumeOne(*batch);
    if (healthy && unbegun_ > 0) {
      Publish();  // who waits for the beginning finds it counted
      --unbegun_;
    }
    batch->Clear();
    (void)recycled_.PushFor(*batch, 0ms);
  }
  for (RecordConsumer* consumer : consumers_) {
    const Status finished = consumer->Finish();
    if (!finished) Fail(finished.error());
  }
  Publish();
  // The reader has ended.  If the source did not count what it gave last, what
  // it counted before stays the newest that can be held against it.
  const std::lock_guard lock(mutex_);
  if (counted_at_end_) before_counted_ = published_;
}

bool Session::ConsumeOne(const RecordBatch& batch) {
  for (RecordConsumer* consumer : consumers_) {
    const Status consumed = consumer->Consume(batch);
    if (consumed) continue;
    Fail(consumed.error());
    return false;
  }
  return true;
}

void Session::Publish() {
  auto ledger = std::make_shared<Ledger>();
  for (const RecordConsumer* consumer : consumers_) consumer->AddTo(*ledger);
  const std::lock_guard lock(mutex_);
  published_ = std::move(ledger);
}

// Before what the source gave just now is handed over: so what the worker has
// published by now is of records that the source has counted.
void Session::PublishCounted() {
  std::optional<Ledger> counted;
  if (take_counted_) counted = take_counted_();
  const std::lock_guard lock(mutex_);
  counted_at_end_ = counted.has_value();
  if (!counted) return;
  counted_ = std::make_shared<Ledger>(std::move(*counted));
  before_counted_ = published_;
}

void Session::Fail(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (failure_) return;
    failure_ = error;
  }
  on_failure_();
}

Ledger Session::Counters() const {
  std::shared_ptr<const Ledger> consumed, counted;
  {
    const std::lock_guard lock(mutex_);
    consumed = before_counted_ == nullptr ? published_ : before_counted_;
    counted = counted_;
  }
  Ledger ledger = *consumed;
  if (counted != nullptr) ledger.Merge(*counted);
  return ledger;
}

bool Session::Alive(BootTime now) const {
  const BootTime beat{Nanoseconds(worker_beat_ns_)};
  return now - beat < kAliveWithin;
}

}  // namespace nameward
