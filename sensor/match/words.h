// SPDX-License-Identifier: Apache-2.0
// The registered words of numbers: DNS types, classes and response codes (IANA
// DNS parameters), IP protocols; and the words of this sensor's own enums.
#ifndef NAMEWARD_MATCH_WORDS_H_
#define NAMEWARD_MATCH_WORDS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "match/fields.h"

namespace nameward {

struct Word {
  std::string_view text;
  int64_t value;
};

std::span<const Word> TableOf(Vocabulary words);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_WORDS_H_
