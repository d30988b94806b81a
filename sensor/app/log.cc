// SPDX-License-Identifier: Apache-2.0
#include "app/log.h"

#include <unistd.h>

#include <utility>

namespace nameward {
namespace {

constexpr Nanoseconds kEvery = 1min;
constexpr size_t kMaxText = 2000;  // below PIPE_BUF: lines never mix

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

}  // namespace

Log::Log(Clock& clock, Write write) : clock_(clock), write_(std::move(write)) {}

void Log::ToStderr(const std::string& line) {
  // One call: whole lines, whoever else writes.  A closed stderr is no reason
  // to end.
  (void)!write(STDERR_FILENO, line.data(), line.size());
}

void Log::Limited(LogLevel level, std::string_view reason,
                  std::string_view text) {
  const BootTime now = clock_.Now();
  uint64_t untold = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, fresh] = recent_.try_emplace(std::string(reason));
    Recent& recent = at->second;
    if (!fresh && now - recent.told < kEvery) {
      ++recent.untold;
      return;
    }
    untold = std::exchange(recent.untold, 0);
    recent.told = now;
  }
  Emit(level, text, untold);
}

void Log::Emit(LogLevel level, std::string_view text, uint64_t untold) {
  std::string line;
  AppendRfc3339(clock_.Offset().ToWall(clock_.Now()), line);
  line.append(" ").append(Name(level)).append(" nameward: ");
  for (const char c : text.substr(0, kMaxText))
    line += static_cast<unsigned char>(c) < ' ' || c == 0x7f ? '?' : c;
  if (untold > 0)
    line += " [and " + std::to_string(untold) + " like it since the last line]";
  write_(line += '\n');
}

}  // namespace nameward
