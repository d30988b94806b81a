// SPDX-License-Identifier: Apache-2.0
#include "deliver/delivery.h"

#include <algorithm>
#include <utility>

namespace nameward {
namespace {

// How soon a thread sees that it should stop.
constexpr Nanoseconds kWaitForAlerts = 100ms;
constexpr Nanoseconds kWaitForRoom = 10ms;
// A change of rate shows fully after a few of these.
constexpr Nanoseconds kRateWindow = 1min;

// A sink in trouble gets so much less of it: the trouble may be over.
constexpr Nanoseconds kTroubled = Delivery::kDrain - 1s;

double Seconds(Nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

void LatencyHistogram::Add(Nanoseconds latency) {
  latency = std::max(latency, Nanoseconds(0));
  size_t bucket = 0;
  while (bucket < kMilliseconds.size() &&
         latency > std::chrono::milliseconds(kMilliseconds[bucket]))
    ++bucket;
  ++counts[bucket];
  seconds += Seconds(latency);
}

Delivery::Delivery(std::unique_ptr<Spool> spool,
                   std::vector<std::unique_ptr<SpooledSink>> sinks,
                   std::vector<std::string> names, Clock& clock)
    : spool_(std::move(spool)), clock_(clock) {
  for (size_t i = 0; i < sinks.size(); ++i) {
    feeds_.push_back(std::make_unique<Feed>());
    feeds_[i]->sink = std::move(sinks[i]);
    feeds_[i]->name = names[i];
  }
}

Delivery::~Delivery() { Stop(); }

void Delivery::Start() {
  TellOfItself();  // of the power cut before this run
  rate_since_ = clock_.Now();
  feeding_ = feeds_.size();
  syncer_ = std::thread([this] { RunSyncer(); });
  for (size_t i = 0; i < feeds_.size(); ++i) {
    feeds_[i]->sink->Start(
        [this, i](uint64_t position, Spool::Outcome outcome) {
          OnAck(i, position, outcome);
        });
    feeds_[i]->thread = std::thread([this, i] { RunFeed(i); });
  }
}

void Delivery::Stop() {
  if (closing_) return;
  deadline_ns_ = (clock_.Now() + kDrain).time_since_epoch().count();
  stopping_ = true;
  spool_->Wake();
  {
    std::unique_lock lock(feeding_mutex_);
    fed_.wait_for(lock, kDrain, [this] { return feeding_ == 0; });
  }
  for (const auto& feed : feeds_) feed->sink->Cancel();
  for (const auto& feed : feeds_)
    if (feed->thread.joinable()) feed->thread.join();
  for (const auto& feed : feeds_) feed->sink->Stop();
  closing_ = true;
  spool_->Hurry();
  if (syncer_.joinable()) syncer_.join();
  spool_->Close();
}

Status Delivery::Offer(const RenderedAlert& alert) {
  spool_->Append(alert);
  TellOfItself();
  return Ok();
}

SinkStats Delivery::stats() const {
  SinkStats sum;
  for (const auto& feed : feeds_) {
    const SinkStats lines = feed->sink->Lines();
    sum.offered += lines.offered;
    sum.delivered += lines.delivered;
    sum.failed += lines.failed;
    sum.pending += lines.pending;
    sum.bytes += lines.bytes;
    sum.errors += lines.errors;
  }
  return sum;
}

// In the thread that appends.
void Delivery::TellOfItself() {
  if (tell_loss_)
    for (const LostAlerts& loss : spool_->TakeLosses())
      spool_->Append(tell_loss_(loss));
  const std::string trouble = spool_->Trouble();
  if (!tell_trouble_ || trouble.empty()) return;
  const BootTime now = clock_.Now();
  if (trouble_told_ && now - *trouble_told_ < kTellTroubleEvery) return;
  trouble_told_ = now;
  spool_->Append(tell_trouble_(trouble));
}

void Delivery::RunSyncer() {
  while (!closing_) {
    (void)spool_->WaitForUrgent(sync_every_);
    const BootTime begin = clock_.Now();
    if (!spool_->Sync()) continue;
    const std::lock_guard lock(syncs_mutex_);
    syncs_.Add(clock_.Now() - begin);
  }
}

void Delivery::RunFeed(size_t index) {
  SpooledSink& sink = *feeds_[index]->sink;
  SpooledAlert alert;
  bool held = false;
  while (!Drained(index)) {
    if (sink.WantsRewind()) {
      spool_->Rewind(index);
      held = false;
    }
    if (!held) held = spool_->Next(index, alert, kWaitForAlerts);
    if (held && sink.Offer(alert))
      held = false;
    else
      sink.Wait(held || stopping_ ? kWaitForRoom : Nanoseconds(0));
  }
  const std::lock_guard lock(feeding_mutex_);
  --feeding_;
  fed_.notify_all();
}

bool Delivery::Drained(size_t index) {
  if (!stopping_) return false;
  if (spool_->ledger(index).pending() == 0) return true;
  const int64_t now_ns = clock_.Now().time_since_epoch().count();
  const bool in_trouble = !feeds_[index]->sink->Trouble().empty();
  return now_ns >=
         deadline_ns_ - (in_trouble ? kTroubled : Nanoseconds(0)).count();
}

void Delivery::OnAck(size_t index, uint64_t position, Spool::Outcome outcome) {
  const auto time = spool_->Ack(index, position, outcome);
  if (!time || outcome != Spool::Outcome::kDelivered) return;
  Feed& feed = *feeds_[index];
  const std::lock_guard lock(feed.mutex);
  feed.latency.Add(WallNow() - *time);
}

DeliveryReport Delivery::Report() {
  DeliveryReport report;
  report.spool = spool_->stats();
  report.quota = spool_->quota();
  report.trouble = spool_->Trouble();
  {
    const std::lock_guard lock(syncs_mutex_);
    report.syncs = syncs_;
  }
  for (size_t i = 0; i < feeds_.size(); ++i) {
    DeliveryReport::Sink sink;
    sink.name = feeds_[i]->name;
    sink.ledger = spool_->ledger(i);
    sink.trouble = feeds_[i]->sink->Trouble();
    if (sink.ledger.oldest_ns > 0)
      sink.oldest = WallNow() - WallTime(Nanoseconds(sink.ledger.oldest_ns));
    const std::lock_guard lock(feeds_[i]->mutex);
    sink.latency = feeds_[i]->latency;
    report.sinks.push_back(std::move(sink));
  }
  const std::lock_guard lock(rate_mutex_);
  const BootTime now = clock_.Now();
  if (now - rate_since_ >= kRateWindow) {
    bytes_per_second_ =
        static_cast<double>(report.spool.appended_bytes - rate_bytes_) /
        Seconds(now - rate_since_);
    rate_bytes_ = report.spool.appended_bytes;
    rate_since_ = now;
  }
  const uint64_t left =
      report.quota - std::min(report.quota, report.spool.bytes);
  if (bytes_per_second_ > 0)
    report.minutes_left = static_cast<double>(left) / bytes_per_second_ / 60;
  return report;
}

}  // namespace nameward
