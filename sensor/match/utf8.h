// SPDX-License-Identifier: Apache-2.0
// Whether bytes are text (RFC 3629), and where they are not.
#ifndef NAMEWARD_MATCH_UTF8_H_
#define NAMEWARD_MATCH_UTF8_H_

#include <cstddef>
#include <optional>
#include <string_view>

#include "match/report.h"

namespace nameward {

// The first byte that begins no UTF-8 character, or a NUL.
std::optional<size_t> FindInvalidUtf8(std::string_view text);

// Line and column of a byte, both from 1.
Place PlaceAt(std::string_view text, size_t offset);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_UTF8_H_
