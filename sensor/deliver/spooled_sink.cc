// SPDX-License-Identifier: Apache-2.0
#include "deliver/spooled_sink.h"

#include <poll.h>

#include <utility>

namespace nameward {

bool LineSpooledSink::Offer(const SpooledAlert& alert) {
  if (lines_->stats().pending > 0) return false;
  given_ = alert.position;
  Settle(lines_->Offer(alert.alert));
  return true;
}

void LineSpooledSink::Wait(Nanoseconds most) {
  if (lines_->stats().pending == 0) return;
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(most);
  poll(nullptr, 0, static_cast<int>(ms.count()));
  Settle(lines_->Flush());
}

// One line at a time is under way, so what settled is that one.
void LineSpooledSink::Settle(const Status& written) {
  const SinkStats stats = lines_->stats();
  bool failed = false;
  {
    const std::lock_guard lock(mutex_);
    trouble_ = written ? std::string() : written.error().ToString();
    failed = stats.failed > stats_.failed;
    stats_ = stats;
  }
  if (given_ == kNone || stats.pending > 0) return;
  acknowledge_(std::exchange(given_, kNone),
               failed ? Spool::Outcome::kRefused : Spool::Outcome::kDelivered);
}

std::string LineSpooledSink::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

SinkStats LineSpooledSink::Lines() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

}  // namespace nameward
