// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

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

namespace {

void AppendPadded(uint64_t value, int digits, std::string& out) {
  const size_t end = out.append(static_cast<size_t>(digits), '0').size();
  for (size_t at = end; digits > 0; --digits, value /= 10)
    out[--at] = static_cast<char>('0' + value % 10);
}

}  // namespace

void AppendRfc3339(WallTime time, std::string& out) {
  using std::chrono::days;
  const Nanoseconds since_epoch = time.time_since_epoch();
  const auto day = std::chrono::floor<days>(since_epoch);
  const std::chrono::year_month_day date{
      std::chrono::sys_days(std::chrono::duration_cast<days>(day))};
  const auto of_day = static_cast<uint64_t>((since_epoch - day).count());
  const uint64_t seconds = of_day / 1'000'000'000;
  // int64 nanoseconds reach from 1677 to 2262: a year has four digits.
  AppendPadded(static_cast<uint64_t>(static_cast<int>(date.year())), 4, out);
  out += '-';
  AppendPadded(static_cast<unsigned>(date.month()), 2, out);
  out += '-';
  AppendPadded(static_cast<unsigned>(date.day()), 2, out);
  out += 'T';
  AppendPadded(seconds / 3600, 2, out);
  out += ':';
  AppendPadded(seconds / 60 % 60, 2, out);
  out += ':';
  AppendPadded(seconds % 60, 2, out);
  out += '.';
  AppendPadded(of_day % 1'000'000'000, 9, out);
  out += 'Z';
}

std::string FormatRfc3339(WallTime time) {
  std::string text;
  AppendRfc3339(time, text);
  return text;
}

}  // namespace nameward
