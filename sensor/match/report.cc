// SPDX-License-Identifier: Apache-2.0
#include "match/report.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace nameward {
namespace {

constexpr size_t kMaxQuoted = 80;
constexpr size_t kMaxWord = 64;  // longer is no misspelt key

// Edits (insert, delete, replace, swap of neighbours) from one to the other.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::vector<size_t> next(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t same = a[i - 1] == b[j - 1] ? 0 : 1;
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + same});
      const bool swapped =
          i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
    }
    std::swap(before, row);
    std::swap(row, next);
  }
  return row[b.size()];
}

}  // namespace

void Reporter::Add(Diagnostic::Level level, Place place, std::string_view code,
                   Error error) {
  if (level == Diagnostic::Level::kError) ++failures_;
  if (++count_ > kMaxPerFile) return;
  if (count_ == kMaxPerFile)
    error = Error{"too many errors", "the rest of this file is not shown",
                  "mend those above first"};
  out_.push_back({std::string(code), level, path_, place.line, place.column,
                  std::move(error)});
}

std::string Suggest(std::string_view word,
                    std::span<const std::string_view> words) {
  size_t best =
      word.size() > kMaxWord ? 0 : std::max<size_t>(word.size() / 3, 1) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : words) {
    if (best == 0) break;
    const size_t distance = EditDistance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  if (!nearest.empty()) return "did you mean '" + std::string(nearest) + "'?";
  std::string list = "one of ";
  for (size_t i = 0; i < words.size(); ++i)
    list += (i == 0 ? "" : ", ") + std::string(words[i]);
  return list;
}

std::string Quote(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kMaxQuoted)) {
    const auto byte = static_cast<uint8_t>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  if (text.size() > kMaxQuoted) {
    while (!out.empty() && (static_cast<uint8_t>(out.back()) & 0xc0) == 0x80)
      out.pop_back();  // not half a character
    if (static_cast<uint8_t>(out.back()) >= 0xc0) out.pop_back();
    out += "…";
  }
  return out + "'";
}

}  // namespace nameward
