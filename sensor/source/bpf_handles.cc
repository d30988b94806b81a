// SPDX-License-Identifier: Apache-2.0
#include "source/bpf_handles.h"

#include <cstdarg>
#include <cstdio>
#include <sstream>

namespace nameward {
namespace {

// libbpf's callback takes no context.
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables)
thread_local std::string* current_log = nullptr;
// A verifier's log can have megabytes; its end says why.
constexpr size_t kKeptLog = 64 * 1024;

__attribute__((format(printf, 2, 0))) int Keep(libbpf_print_level level,
                                               const char* format,
                                               va_list arguments) {
  if (level == LIBBPF_DEBUG || current_log == nullptr) return 0;
  va_list again;
  va_copy(again, arguments);
  const int size = std::vsnprintf(nullptr, 0, format, arguments);
  std::string line(static_cast<size_t>(size > 0 ? size : 0) + 1, '\0');
  std::vsnprintf(line.data(), line.size(), format, again);
  va_end(again);
  line.pop_back();
  *current_log += line;
  if (current_log->size() > kKeptLog) {
    current_log->erase(0, current_log->size() - kKeptLog);
  }
  return 0;
}

bool SaysWhy(std::string_view line) {
  for (const std::string_view noise :
       {"libbpf: -- ", "-- END", "processed ", "verification time ",
        "stack depth ", "max_states_per_insn "}) {
    if (line.starts_with(noise)) return false;
  }
  return !line.empty();
}

}  // namespace

LibbpfLog::LibbpfLog() : before_(libbpf_set_print(Keep)) {
  current_log = &text_;
}

LibbpfLog::~LibbpfLog() {
  current_log = nullptr;
  libbpf_set_print(before_);
}

std::string LibbpfLog::Verdict() const {
  std::string verifier, other;
  std::istringstream lines(text_);
  for (std::string line; std::getline(lines, line);) {
    if (!SaysWhy(line)) continue;
    (line.starts_with("libbpf: ") ? other : verifier) = line;
  }
  return verifier.empty() ? other : verifier;
}

}  // namespace nameward
