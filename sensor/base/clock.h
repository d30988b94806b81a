// SPDX-License-Identifier: Apache-2.0
// Two kinds of time that never mix.
//
// BootTime is the kernel's CLOCK_BOOTTIME: every record, TTL, window and rate
// is measured with it.  WallTime (CLOCK_REALTIME) exists to be shown, and comes
// from BootTime through one ClockOffset, which the recording keeps.  Only app/
// and the sources ask what time it is; every stage takes time from its event.
#ifndef NAMEWARD_BASE_CLOCK_H_
#define NAMEWARD_BASE_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <string>

namespace nameward {

using Nanoseconds = std::chrono::nanoseconds;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""min;
using std::chrono_literals::operator""h;

struct BootClock {
  using duration = Nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
};
using BootTime = BootClock::time_point;

struct WallClock {
  using duration = Nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock>;
  static constexpr bool is_steady = false;
};
using WallTime = WallClock::time_point;

inline BootTime BootTimeFromNanoseconds(uint64_t nanoseconds) {
  return BootTime(Nanoseconds(static_cast<int64_t>(nanoseconds)));
}

// WallTime of boot, as measured once; kept in the recording.
struct ClockOffset {
  Nanoseconds wall_minus_boot{0};
  WallTime ToWall(BootTime time) const {
    return WallTime(time.time_since_epoch() + wall_minus_boot);
  }
};

// Where app/ and the sources get the time from; tests inject their own.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual BootTime Now() = 0;
  virtual ClockOffset Offset() = 0;
};

// The machine's clocks.  Any thread.
class SystemClock final : public Clock {
 public:
  BootTime Now() override;
  ClockOffset Offset() override;
};

// RFC 3339 in UTC with nine digits: 2026-01-02T03:04:05.000000006Z. Independent
// of locale and time zone.
std::string FormatRfc3339(WallTime time);
void AppendRfc3339(WallTime time, std::string& out);

}  // namespace nameward

#endif  // NAMEWARD_BASE_CLOCK_H_
