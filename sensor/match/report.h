// SPDX-License-Identifier: Apache-2.0
// Collects what is wrong with one file, so that its author sees all at once.
#ifndef NAMEWARD_MATCH_REPORT_H_
#define NAMEWARD_MATCH_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "match/diagnostic.h"

namespace nameward {

struct Place {
  uint32_t line = 0;
  uint32_t column = 0;
};

class Reporter {
 public:
  // Beyond this a file is not what its author thinks it is.
  static constexpr size_t kMaxPerFile = 200;

  Reporter(std::string path, Diagnostics& out)
      : path_(std::move(path)), out_(out) {}

  void Fail(Place place, std::string_view code, Error error) {
    Add(Diagnostic::Level::kError, place, code, std::move(error));
  }
  void Warn(Place place, std::string_view code, Error error) {
    Add(Diagnostic::Level::kWarning, place, code, std::move(error));
  }
  // For a file that this one names; shares nothing but where to.
  Reporter ForFile(std::string path) const { return {std::move(path), out_}; }
  size_t failures() const { return failures_; }
  const std::string& path() const { return path_; }

 private:
  void Add(Diagnostic::Level level, Place place, std::string_view code,
           Error error);

  std::string path_;
  Diagnostics& out_;
  size_t count_ = 0;
  size_t failures_ = 0;
};

// "write 'severity'" if one of the words is near, else "one of a, b, c".
std::string Suggest(std::string_view word,
                    std::span<const std::string_view> words);

// The text in quotes, as far as a terminal may see it: at most 80 bytes, no
// control characters.
std::string Quote(std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_REPORT_H_
