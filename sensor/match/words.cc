// SPDX-License-Identifier: Apache-2.0
#include "match/words.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "model/dns_text.h"

namespace nameward {
namespace {

constexpr Word kBools[] = {{"false", 0}, {"true", 1}};
constexpr Word kTypes[] = {
    {"A", 1},        {"NS", 2},     {"CNAME", 5},       {"SOA", 6},
    {"NULL", 10},    {"PTR", 12},   {"HINFO", 13},      {"MX", 15},
    {"TXT", 16},     {"RP", 17},    {"AFSDB", 18},      {"SIG", 24},
    {"KEY", 25},     {"AAAA", 28},  {"LOC", 29},        {"SRV", 33},
    {"NAPTR", 35},   {"KX", 36},    {"CERT", 37},       {"DNAME", 39},
    {"OPT", 41},     {"APL", 42},   {"DS", 43},         {"SSHFP", 44},
    {"RRSIG", 46},   {"NSEC", 47},  {"DNSKEY", 48},     {"DHCID", 49},
    {"NSEC3", 50},   {"TLSA", 52},  {"SMIMEA", 53},     {"CDS", 59},
    {"CDNSKEY", 60}, {"CSYNC", 62}, {"ZONEMD", 63},     {"SVCB", 64},
    {"HTTPS", 65},   {"SPF", 99},   {"TKEY", 249},      {"TSIG", 250},
    {"IXFR", 251},   {"AXFR", 252}, {"NSEC3PARAM", 51}, {"OPENPGPKEY", 61},
    {"ANY", 255},    {"URI", 256},  {"CAA", 257}};
constexpr Word kClasses[] = {
    {"IN", 1}, {"CH", 3}, {"HS", 4}, {"NONE", 254}, {"ANY", 255}};
constexpr Word kRcodes[] = {
    {"NOERROR", 0},  {"FORMERR", 1}, {"SERVFAIL", 2},  {"NXDOMAIN", 3},
    {"NOTIMP", 4},   {"REFUSED", 5}, {"YXDOMAIN", 6},  {"YXRRSET", 7},
    {"NXRRSET", 8},  {"NOTAUTH", 9}, {"NOTZONE", 10},  {"DSOTYPENI", 11},
    {"BADVERS", 16}, {"BADKEY", 17}, {"BADTIME", 18},  {"BADMODE", 19},
    {"BADNAME", 20}, {"BADALG", 21}, {"BADTRUNC", 22}, {"BADCOOKIE", 23}};
constexpr Word kTransports[] = {{"udp", 0}, {"tcp", 1}};
constexpr Word kProtocols[] = {{"icmp", 1},    {"tcp", 6},    {"udp", 17},
                               {"icmpv6", 58}, {"sctp", 132}, {"udplite", 136}};
constexpr Word kStates[] = {{"internal", 0},   {"service", 1},
                            {"resolver", 2},   {"bound", 3},
                            {"stale", 4},      {"other_container", 5},
                            {"hosts_file", 6}, {"env_literal", 7},
                            {"private", 8},    {"untrusted_resolver", 9},
                            {"other_pod", 10}, {"encrypted", 11},
                            {"warmup", 12},    {"none", 13}};
constexpr Word kKinds[] = {
    {"dns_other_port", 0}, {"dot", 1}, {"doq", 2}, {"doh", 3}};

// The prefix of a number's generic spelling (RFC 3597 5) and its largest value.
struct Generic {
  std::string_view prefix;
  int64_t max;
};

Generic GenericOf(Vocabulary words) {
  switch (words) {
    case Vocabulary::kType:
      return {"TYPE", 65535};
    case Vocabulary::kClass:
      return {"CLASS", 65535};
    case Vocabulary::kRcode:
      return {"RCODE", 4095};
    case Vocabulary::kProtocol:
      return {"", 255};
    default:
      return {"", -1};
  }
}

std::optional<int64_t> ParseGeneric(Vocabulary words, std::string_view text) {
  const Generic generic = GenericOf(words);
  if (text.substr(0, generic.prefix.size()) == generic.prefix)
    text.remove_prefix(generic.prefix.size());
  auto value = ParseInteger(text);
  if (!value || *value < 0 || *value > generic.max) return std::nullopt;
  return *value;
}

// Every name that events are shown with, though the tables above hold but those
// worth suggesting.
std::optional<int64_t> ParseRegistered(Vocabulary words,
                                       std::string_view text) {
  if (words == Vocabulary::kType) return ParseDnsType(text);
  if (words == Vocabulary::kRcode) return ParseDnsRcode(text);
  return std::nullopt;
}

}  // namespace

std::span<const Word> TableOf(Vocabulary words) {
  switch (words) {
    case Vocabulary::kBool:
      return kBools;
    case Vocabulary::kType:
      return kTypes;
    case Vocabulary::kClass:
      return kClasses;
    case Vocabulary::kRcode:
      return kRcodes;
    case Vocabulary::kTransport:
      return kTransports;
    case Vocabulary::kProtocol:
      return kProtocols;
    case Vocabulary::kState:
      return kStates;
    case Vocabulary::kKind:
      return kKinds;
    case Vocabulary::kNone:
      break;
  }
  return {};
}

Result<int64_t> ParseWord(const Field& field, std::string_view text) {
  const auto table = TableOf(field.words);
  for (const Word& word : table)
    if (word.text == text) return word.value;
  if (const auto value = ParseRegistered(field.words, text)) return *value;
  if (const auto value = ParseGeneric(field.words, text)) return *value;
  std::vector<std::string_view> known;
  for (const Word& word : table) known.push_back(word.text);
  return Error{"value " + Quote(text),
               std::string(field.name) + " has no such value",
               Suggest(text, known)};
}

std::string WordOf(Vocabulary words, int64_t value) {
  if (words == Vocabulary::kType)
    return DnsTypeName(static_cast<uint16_t>(value));
  if (words == Vocabulary::kRcode)
    return DnsRcodeName(static_cast<uint16_t>(value));
  for (const Word& word : TableOf(words))
    if (word.value == value) return std::string(word.text);
  return std::string(GenericOf(words).prefix) + std::to_string(value);
}

}  // namespace nameward
