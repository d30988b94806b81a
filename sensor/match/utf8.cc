// SPDX-License-Identifier: Apache-2.0
#include "match/utf8.h"

#include <algorithm>
#include <cstdint>

namespace nameward {
namespace {

// Bytes of the character that begins the text; 0: none does (RFC 3629 4).
size_t CharacterSize(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint8_t>(text[i]) : uint8_t{0};
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const uint8_t first = byte(0);
  if (first == 0) return 0;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first < 0xe0) return tail(1) ? 2 : 0;
  if ((first & 0xf0) == 0xe0) {
    const bool overlong = first == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = first == 0xed && byte(1) >= 0xa0;
    return !overlong && !surrogate && tail(1) && tail(2) ? 3 : 0;
  }
  if (first < 0xf0 || first > 0xf4) return 0;
  const bool overlong = first == 0xf0 && byte(1) < 0x90;
  const bool beyond = first == 0xf4 && byte(1) >= 0x90;
  return !overlong && !beyond && tail(1) && tail(2) && tail(3) ? 4 : 0;
}

}  // namespace

std::optional<size_t> FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const size_t size = CharacterSize(text.substr(at, 4));
    if (size == 0) return at;
    at += size;
  }
  return std::nullopt;
}

Place PlaceAt(std::string_view text, size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto lines = std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n');
  const size_t column =
      start == std::string_view::npos ? offset : offset - start - 1;
  return {static_cast<uint32_t>(lines + 1), static_cast<uint32_t>(column + 1)};
}

}  // namespace nameward
