// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <cstdio>
#include <ctime>

namespace nameward {
namespace {

Nanoseconds Read(clockid_t id) {
  timespec now{};
  clock_gettime(id, &now);
  return std::chrono::seconds(now.tv_sec) + Nanoseconds(now.tv_nsec);
}

}  // namespace

BootTime SystemClock::Now() { return BootTime(Read(CLOCK_BOOTTIME)); }

ClockOffset SystemClock::Offset() {
  // Wall time between two boot readings: half their distance is the error.
  const Nanoseconds before = Read(CLOCK_BOOTTIME);
  const Nanoseconds wall = Read(CLOCK_REALTIME);
  const Nanoseconds after = Read(CLOCK_BOOTTIME);
  return ClockOffset{wall - (before + (after - before) / 2)};
}

std::string FormatRfc3339(WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto whole = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const auto fraction = static_cast<long>((since_epoch - whole).count());
  const std::time_t seconds = whole.count();
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  const int size =
      std::snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ",
                    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                    utc.tm_hour, utc.tm_min, utc.tm_sec, fraction);
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace nameward
