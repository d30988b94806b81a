// SPDX-License-Identifier: Apache-2.0
#include "deliver/spooled_sink.h"

#include <poll.h>

#include <utility>

namespace nameward {

bool LineSpooledSink::Offer(const SpooledAlert& alert) {
  if (lines_->stats().pending > 0) return false;
  given_ = alert.position;
  const Status written = lines_->Offer(alert.alert);
  AcknowledgeWritten();
  const std::lock_guard lock(mutex_);
  trouble_ = written ? std::string() : written.error().ToString();
  return true;
}

void LineSpooledSink::Wait(Nanoseconds most) {
  if (lines_->stats().pending == 0) return;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(most);
  poll(nullptr, 0, static_cast<int>(ms.count()));
  (void)lines_->Flush();
  AcknowledgeWritten();
}

// One line at a time is under way, so what settled is that one.
void LineSpooledSink::AcknowledgeWritten() {
  const SinkStats& stats = lines_->stats();
  if (given_ == kNone || stats.pending > 0) return;
  const bool failed = stats.failed > failed_;
  failed_ = stats.failed;
  const uint64_t position = std::exchange(given_, kNone);
  acknowledge_(position,
               failed ? Spool::Outcome::kRefused : Spool::Outcome::kDelivered);
}

std::string LineSpooledSink::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace nameward
