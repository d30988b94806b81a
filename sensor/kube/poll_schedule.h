// SPDX-License-Identifier: Apache-2.0
// When to look at the pods next: every ten seconds or so, sooner when asked,
// less and less often while it fails.
//
// Deterministic, told the time; one thread.
#ifndef NAMEWARD_KUBE_POLL_SCHEDULE_H_
#define NAMEWARD_KUBE_POLL_SCHEDULE_H_

#include <cstdint>

#include "base/clock.h"

namespace nameward {

class PollSchedule {
 public:
  static constexpr Nanoseconds kAskSpacing = 1s;  // from start to start
  static constexpr Nanoseconds kFirstBackOff = 1s;
  static constexpr Nanoseconds kMaxBackOff = 30s;

  // The first look is due at once.  `seed` keeps nodes from looking in step.
  PollSchedule(BootTime now, Nanoseconds period, uint64_t seed)
      : due_(now), period_(period), random_(seed | 1) {}

  BootTime due() const { return due_; }
  // A fresh list is wanted.  What was asked for before a look began is served
  // by it; what is asked for while it runs needs another.
  void Asked();
  void Began(BootTime now);
  void Ended(BootTime now, bool well);

 private:
  Nanoseconds Jittered(Nanoseconds time);  // ± 20 %

  BootTime due_;
  BootTime began_;
  Nanoseconds period_;
  Nanoseconds back_off_{0};  // 0: the last look was well
  uint64_t random_;
  bool running_ = false;
  bool asked_ = false;  // while it ran
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POLL_SCHEDULE_H_
