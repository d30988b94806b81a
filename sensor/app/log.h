// SPDX-License-Identifier: Apache-2.0
// The sensor's own log: one line an occurrence on stderr,
//
//   2026-01-02T03:04:05.000000006Z warning kubelet: 403 (grant nodes/pods)
//
// What can repeat has a reason, one word that the sensor chooses: of each
// reason one line a minute goes out, and the next one says how many did not.
// So a broken neighbour can't fill a disk.  Any thread.
#ifndef NAMEWARD_APP_LOG_H_
#define NAMEWARD_APP_LOG_H_

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace nameward {

enum class LogLevel : uint8_t { kInfo, kWarning, kError };

class Log {
 public:
  // Control characters in `text` are replaced: a line stays one.
  using Write = std::function<void(const std::string& line)>;
  explicit Log(Clock& clock, Write write = ToStderr);

  // What comes no oftener than people act.
  void Tell(LogLevel level, std::string_view text) { Emit(level, text, 0); }
  void Warn(std::string_view reason, std::string_view text) {
    Limited(LogLevel::kWarning, reason, text);
  }
  void Fail(std::string_view reason, std::string_view text) {
    Limited(LogLevel::kError, reason, text);
  }

 private:
  struct Recent {
    BootTime told{};
    uint64_t untold = 0;
  };
  static void ToStderr(const std::string& line);
  void Limited(LogLevel level, std::string_view reason, std::string_view text);
  void Emit(LogLevel level, std::string_view text, uint64_t untold);

  Clock& clock_;
  const Write write_;
  std::mutex mutex_;
  std::map<std::string, Recent, std::less<>> recent_;  // by reason: a handful
};

}  // namespace nameward

#endif  // NAMEWARD_APP_LOG_H_
