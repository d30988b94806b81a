// SPDX-License-Identifier: Apache-2.0
#include "match/values.h"

#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace nameward {
namespace {

Error Fault(std::string_view kind, std::string_view text, std::string why,
            std::string fix) {
  return Error{std::string(kind) + " " + Quote(text), std::move(why),
               std::move(fix)};
}

std::optional<int64_t> Integer(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error != std::errc() || rest != end) return std::nullopt;
  return value;
}

// The network with its host bits cleared, for an error's fix.
std::string ZeroHostBits(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  const auto prefix = slash == std::string_view::npos
                          ? std::nullopt
                          : Integer(text.substr(slash + 1));
  if (!base || !prefix) return {};
  const bool v4 = text.find(':') == std::string_view::npos;
  const int64_t bits = *prefix + (v4 ? 96 : 0);
  if (*prefix < 0 || bits > 128) return {};
  uint8_t bytes[16];
  for (size_t i = 0; i < 16; ++i) {
    const int64_t kept = bits - static_cast<int64_t>(i) * 8;
    const unsigned mask = kept >= 8   ? 0xffU
                          : kept <= 0 ? 0U
                                      : 0xffU << (8 - kept);
    bytes[i] = static_cast<uint8_t>(base->bytes()[i] & mask);
  }
  return Network{IpAddress(bytes), static_cast<uint8_t>(bits)}.ToString();
}

}  // namespace

Result<int64_t> ParseInteger(std::string_view text) {
  if (const auto value = Integer(text)) return *value;
  return Fault("number", text, "not an integer", "write digits, such as 53");
}

Result<NumberRange> ParseNumberRange(std::string_view text) {
  const size_t dots = text.find("..");
  if (dots == std::string_view::npos) {
    auto value = ParseInteger(text);
    if (!value) return value.error();
    return NumberRange{*value, *value};
  }
  const std::string_view low = text.substr(0, dots);
  const std::string_view high = text.substr(dots + 2);
  NumberRange range{std::numeric_limits<int64_t>::min(),
                    std::numeric_limits<int64_t>::max()};
  const auto from = Integer(low);
  const auto to = Integer(high);
  const bool bad = (!low.empty() && !from) || (!high.empty() && !to) ||
                   (low.empty() && high.empty());
  if (bad) return Fault("range", text, "not LOW..HIGH", "write 1..1023");
  if (from) range.low = *from;
  if (to) range.high = *to;
  if (range.low > range.high)
    return Fault("range", text, "it is empty",
                 "write " + std::string(high) + ".." + std::string(low));
  return range;
}

Result<PortRange> ParsePort(std::string_view text) {
  PortRange port;
  const size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view protocol = text.substr(slash + 1);
    if (protocol == "tcp")
      port.protocol = 6;
    else if (protocol == "udp")
      port.protocol = 17;
    else
      return Fault("port", text, "unknown protocol " + Quote(protocol),
                   "write /tcp or /udp");
  }
  auto range = ParseNumberRange(text.substr(0, slash));
  if (!range)
    return Fault("port", text, "not a port or a range of ports",
                 "write 53, 1..1023 or 443/udp");
  port.ports = {std::max<int64_t>(range->low, 0),
                std::min<int64_t>(range->high, 65535)};
  const bool outside =
      (range->low < 0 && range->low != std::numeric_limits<int64_t>::min()) ||
      (range->high > 65535 &&
       range->high != std::numeric_limits<int64_t>::max());
  if (outside) return Fault("port", text, "ports are 0 to 65535", "write 53");
  return port;
}

Result<Network> ParseNetwork(std::string_view text) {
  if (const auto network = Network::Parse(text)) return *network;
  const std::string fixed = ZeroHostBits(text);
  if (!fixed.empty())
    return Fault("network", text, "its host bits are not zero",
                 "write " + fixed);
  return Fault("network", text, "not an address or a CIDR",
               "write 10.0.0.0/8 or fd00::/8");
}

Result<Nanoseconds> ParseDuration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, Nanoseconds>, 6>
      kUnits = {{{"ms", 1ms},
                 {"ns", Nanoseconds(1)},
                 {"s", 1s},
                 {"m", 1min},
                 {"h", 1h},
                 {"d", 24h}}};
  for (const auto& [unit, length] : kUnits) {
    if (text.size() <= unit.size() ||
        text.substr(text.size() - unit.size()) != unit)
      continue;
    const auto count = Integer(text.substr(0, text.size() - unit.size()));
    constexpr Nanoseconds kLongest = 24h * 365;
    if (!count || *count < 0 || *count > kLongest / length) break;
    return length * *count;
  }
  return Fault("duration", text, "not a number with ms, s, m, h or d",
               "write 15m");
}

Result<WallTime> ParseLastDay(std::string_view text) {
  const auto bad = Fault("day", text, "not YYYY-MM-DD", "write 2026-12-31");
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return bad;
  const auto year = Integer(text.substr(0, 4));
  const auto month = Integer(text.substr(5, 2));
  const auto day = Integer(text.substr(8, 2));
  if (!year || !month || !day || *month < 1 || *day < 1) return bad;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(*year)),
      std::chrono::month(static_cast<unsigned>(*month)),
      std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < 1970 || *year > 2200) return bad;
  const auto end = std::chrono::sys_days(date) + std::chrono::days(1);
  return WallTime(
      std::chrono::duration_cast<Nanoseconds>(end.time_since_epoch()));
}

bool WildcardText::Matches(std::string_view candidate) const {
  // One backtrack point for each kind of wildcard keeps it O(n * m).
  struct Mark {
    size_t pattern = std::string::npos;
    size_t candidate = 0;
  };
  Mark one, many;
  size_t p = 0;
  size_t c = 0;
  while (c < candidate.size() || p < text.size()) {
    if (p < text.size() && text.compare(p, 2, "**") == 0) {
      many = {p += 2, c};
      one = {};
    } else if (p < text.size() && text[p] == '*') {
      one = {++p, c};
    } else if (p < text.size() && c < candidate.size() &&
               text[p] == candidate[c]) {
      ++p;
      ++c;
    } else if (one.pattern != std::string::npos &&
               one.candidate < candidate.size() &&
               candidate[one.candidate] != '/') {
      p = one.pattern;
      c = ++one.candidate;
    } else if (many.pattern != std::string::npos &&
               many.candidate < candidate.size()) {
      p = many.pattern;
      c = ++many.candidate;
      one = {};
    } else {
      return false;
    }
  }
  return true;
}

std::string RegexOfWildcards(std::string_view text) {
  std::string regex;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '*' && i + 1 < text.size() && text[i + 1] == '*') {
      regex += "(?s:.*)";
      ++i;
    } else if (c == '*') {
      regex += "[^/]*";
    } else {
      const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        (c >= '0' && c <= '9') || c == '_' ||
                        static_cast<uint8_t>(c) >= 0x80;
      if (!word) regex += '\\';
      regex += c;
    }
  }
  return regex;
}

}  // namespace nameward
