// SPDX-License-Identifier: Apache-2.0
#include "kube/poll_schedule.h"

#include <algorithm>

#include "base/hash.h"

namespace nameward {

Nanoseconds PollSchedule::Jittered(Nanoseconds time) {
  random_ = MixNumber(random_ + 1);
  const int64_t fifth = time.count() / 5;
  const auto spread = static_cast<uint64_t>(2 * fifth + 1);
  return time - Nanoseconds(fifth) +
         Nanoseconds(static_cast<int64_t>(random_ % spread));
}

void PollSchedule::Asked() {
  if (running_) {
    asked_ = true;
    return;
  }
  // A kubelet in trouble is not helped by every new pod.
  if (back_off_.count() == 0) due_ = std::min(due_, began_ + kAskSpacing);
}

void PollSchedule::Began(BootTime now) {
  began_ = now;
  running_ = true;
  asked_ = false;
}

void PollSchedule::Ended(BootTime now, bool well) {
  running_ = false;
  if (!well) {
    back_off_ = back_off_.count() == 0 ? kFirstBackOff
                                       : std::min(2 * back_off_, kMaxBackOff);
    due_ = now + std::min(Jittered(back_off_), kMaxBackOff);
    return;
  }
  back_off_ = Nanoseconds(0);
  due_ = asked_ ? began_ + kAskSpacing : began_ + Jittered(period_);
}

}  // namespace nameward
