// SPDX-License-Identifier: Apache-2.0
// How an author spells numbers, ports, networks, durations, days and wildcard
// texts; each with an error that shows the fix.
#ifndef NAMEWARD_MATCH_VALUES_H_
#define NAMEWARD_MATCH_VALUES_H_

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "match/report.h"
#include "model/address.h"

namespace nameward {

struct NumberRange {
  int64_t low = 0;
  int64_t high = 0;
  bool Contains(int64_t value) const { return low <= value && value <= high; }
};

struct PortRange {
  NumberRange ports;
  uint8_t protocol = 0;  // IANA; 0: any
};

struct NetworkItem {
  Network network;
  Place place;
};

// Text where `*` stands for any part without a '/', `**` for any part.
struct WildcardText {
  std::string text;
  bool Matches(std::string_view candidate) const;
};

struct StringItem {
  enum class Kind : uint8_t { kExact, kPattern };
  Kind kind = Kind::kExact;
  std::string text;  // of kPattern: RE2
  bool search = false;
  Place place;
};

Result<int64_t> ParseInteger(std::string_view text);
Result<NumberRange> ParseNumberRange(std::string_view text);  // 5, 1..9, 30..
Result<PortRange> ParsePort(std::string_view text);   // 53, 1..1023, 443/udp
Result<Network> ParseNetwork(std::string_view text);  // host bits zero
Result<Nanoseconds> ParseDuration(std::string_view text);  // 15m, 10s, 500ms
// The midnight (UTC) that ends the day 2026-12-31.
Result<WallTime> ParseLastDay(std::string_view text);

// RE2 for a text with `*` and `**` as above.
std::string RegexOfWildcards(std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_VALUES_H_
