// SPDX-License-Identifier: Apache-2.0
#include "app/pod_feed.h"

#include <utility>

#include "app/gauge.h"

namespace nameward {

PodFeed::PodFeed(std::unique_ptr<PodSource> source, Log& log, Clock& clock)
    : source_(std::move(source)), log_(log), clock_(clock) {}

PodFeed::~PodFeed() { Stop(); }

void PodFeed::Start() {
  source_->Start([this](std::string pods) { OnList(std::move(pods)); });
}

void PodFeed::Stop() { source_->Stop(); }

void PodFeed::AppendFirst(Nanoseconds wait, RecordBatch& first) {
  std::unique_lock lock(mutex_);
  if (!came_.wait_for(lock, wait, [this] { return !waiting_.empty(); })) return;
  first.AppendText(RecordType::kPods, waiting_);
  waiting_.clear();
}

void PodFeed::Connect(std::function<bool(RecordBatch)> inject) {
  const std::lock_guard lock(mutex_);
  inject_ = std::move(inject);
  if (!waiting_.empty()) HandOver(std::exchange(waiting_, ""));
}

void PodFeed::OnList(std::string pods) {
  const std::lock_guard lock(mutex_);
  if (inject_) return HandOver(pods);
  if (pods.empty()) return;  // no news yet
  waiting_ = std::move(pods);
  came_.notify_one();
}

void PodFeed::HandOver(const std::string& pods) {
  RecordBatch batch;
  batch.AppendText(RecordType::kPods, pods);
  (void)inject_(std::move(batch));  // false: the run ends
}

void PodFeed::TellChanges() {
  const PodSourceStatus status = source_->status();
  // Each outcome is a reason of its own, lest one hide the next.
  for (size_t i = 0; i < status.polls.size(); ++i) {
    const auto outcome = ToString(static_cast<PodPoll>(i));
    if (!status.trouble.empty() && status.polls[i] != told_polls_[i])
      log_.Warn("pods " + std::string(outcome), "pods: " + status.trouble);
  }
  if (status.trouble.empty() && in_trouble_)
    log_.Tell(LogLevel::kInfo, "pods: the list is read again");
  told_polls_ = status.polls;
  in_trouble_ = !status.trouble.empty();
}

std::string PodFeed::Missing() const {
  const PodSourceStatus status = source_->status();
  if (status.synced) return "";
  return "first pod list is missing: " +
         (status.trouble.empty() ? "no answer yet" : status.trouble) + "\n";
}

std::string PodFeed::Note() const {
  const PodSourceStatus status = source_->status();
  if (!status.synced || status.trouble.empty()) return "";
  return "pods: " + status.trouble + "; the last list stays in use\n";
}

void PodFeed::AddTo(Ledger& ledger) const {
  const PodSourceStatus status = source_->status();
  for (size_t i = 0; i < status.polls.size(); ++i)
    ledger.Add("pods_polls", "outcome", ToString(static_cast<PodPoll>(i)),
               status.polls[i]);
}

std::string PodFeed::Gauges() const {
  const PodSourceStatus status = source_->status();
  std::string text = Gauge("pods_synced", status.synced ? 1 : 0);
  if (!status.last_good) return text;
  return text + Gauge("pods_known", status.list.pods) +
         Gauge("pods_skipped", status.list.skipped) +
         Gauge("pods_clipped", status.list.clipped) +
         Gauge("pods_answer_bytes", status.answer_bytes) +
         Gauge("pods_poll_seconds", "", Seconds(status.took)) +
         Gauge("pods_last_success_age_seconds", "",
               Seconds(clock_.Now() - *status.last_good));
}

}  // namespace nameward
