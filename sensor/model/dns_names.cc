// SPDX-License-Identifier: Apache-2.0
// IANA's names of DNS numbers: the half of dns_text.h that is tables.
#include <algorithm>
#include <charconv>

#include "model/dns_text.h"

namespace nameward {
namespace {

struct Named {
  uint16_t number;
  std::string_view name;
};

// All tables are sorted by number.
constexpr Named kTypes[] = {
    {1, "A"},         {2, "NS"},      {3, "MD"},          {4, "MF"},
    {5, "CNAME"},     {6, "SOA"},     {7, "MB"},          {8, "MG"},
    {9, "MR"},        {10, "NULL"},   {11, "WKS"},        {12, "PTR"},
    {13, "HINFO"},    {14, "MINFO"},  {15, "MX"},         {16, "TXT"},
    {17, "RP"},       {18, "AFSDB"},  {19, "X25"},        {20, "ISDN"},
    {21, "RT"},       {22, "NSAP"},   {23, "NSAP-PTR"},   {24, "SIG"},
    {25, "KEY"},      {26, "PX"},     {27, "GPOS"},       {28, "AAAA"},
    {29, "LOC"},      {30, "NXT"},    {31, "EID"},        {32, "NIMLOC"},
    {33, "SRV"},      {34, "ATMA"},   {35, "NAPTR"},      {36, "KX"},
    {37, "CERT"},     {38, "A6"},     {39, "DNAME"},      {40, "SINK"},
    {41, "OPT"},      {42, "APL"},    {43, "DS"},         {44, "SSHFP"},
    {45, "IPSECKEY"}, {46, "RRSIG"},  {47, "NSEC"},       {48, "DNSKEY"},
    {49, "DHCID"},    {50, "NSEC3"},  {51, "NSEC3PARAM"}, {52, "TLSA"},
    {53, "SMIMEA"},   {55, "HIP"},    {56, "NINFO"},      {57, "RKEY"},
    {58, "TALINK"},   {59, "CDS"},    {60, "CDNSKEY"},    {61, "OPENPGPKEY"},
    {62, "CSYNC"},    {63, "ZONEMD"}, {64, "SVCB"},       {65, "HTTPS"},
    {66, "DSYNC"},    {67, "HHIT"},   {68, "BRID"},       {99, "SPF"},
    {100, "UINFO"},   {101, "UID"},   {102, "GID"},       {103, "UNSPEC"},
    {104, "NID"},     {105, "L32"},   {106, "L64"},       {107, "LP"},
    {108, "EUI48"},   {109, "EUI64"}, {128, "NXNAME"},    {249, "TKEY"},
    {250, "TSIG"},    {251, "IXFR"},  {252, "AXFR"},      {253, "MAILB"},
    {254, "MAILA"},   {255, "ANY"},   {256, "URI"},       {257, "CAA"},
    {258, "AVC"},     {259, "DOA"},   {260, "AMTRELAY"},  {261, "RESINFO"},
    {262, "WALLET"},  {263, "CLA"},   {264, "IPN"},       {32768, "TA"},
    {32769, "DLV"},
};

constexpr Named kClasses[] = {
    {1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};

constexpr Named kRcodes[] = {
    {0, "NOERROR"},  {1, "FORMERR"}, {2, "SERVFAIL"},  {3, "NXDOMAIN"},
    {4, "NOTIMP"},   {5, "REFUSED"}, {6, "YXDOMAIN"},  {7, "YXRRSET"},
    {8, "NXRRSET"},  {9, "NOTAUTH"}, {10, "NOTZONE"},  {11, "DSOTYPENI"},
    {16, "BADVERS"}, {17, "BADKEY"}, {18, "BADTIME"},  {19, "BADMODE"},
    {20, "BADNAME"}, {21, "BADALG"}, {22, "BADTRUNC"}, {23, "BADCOOKIE"},
};

constexpr Named kOpcodes[] = {{0, "QUERY"},  {1, "IQUERY"}, {2, "STATUS"},
                              {4, "NOTIFY"}, {5, "UPDATE"}, {6, "DSO"}};

template <size_t N>
void AppendName(const Named (&table)[N], std::string_view unknown,
                uint16_t number, std::string& out) {
  const Named* found = std::lower_bound(
      std::begin(table), std::end(table), number,
      [](const Named& named, uint16_t key) { return named.number < key; });
  if (found != std::end(table) && found->number == number) {
    out += found->name;
    return;
  }
  char digits[5];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out += unknown;
  out.append(digits, end);
}

bool EqualsBlind(std::string_view text, std::string_view upper) {
  return std::equal(
      text.begin(), text.end(), upper.begin(), upper.end(),
      [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 32 : a) == b; });
}

template <size_t N>
std::optional<uint16_t> ParseName(const Named (&table)[N],
                                  std::string_view unknown,
                                  std::string_view text) {
  for (const Named& named : table)
    if (EqualsBlind(text, named.name)) return named.number;
  if (!EqualsBlind(text.substr(0, unknown.size()), unknown))
    return std::nullopt;
  const std::string_view digits = text.substr(unknown.size());
  uint16_t number = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size())
    return std::nullopt;
  return number;
}

}  // namespace

void AppendDnsType(uint16_t type, std::string& out) {
  AppendName(kTypes, "TYPE", type, out);
}
void AppendDnsClass(uint16_t klass, std::string& out) {
  AppendName(kClasses, "CLASS", klass, out);
}
void AppendDnsRcode(uint16_t rcode, std::string& out) {
  AppendName(kRcodes, "RCODE", rcode, out);
}
void AppendDnsOpcode(uint8_t opcode, std::string& out) {
  AppendName(kOpcodes, "OPCODE", opcode, out);
}

std::string DnsTypeName(uint16_t type) {
  std::string name;
  AppendDnsType(type, name);
  return name;
}
std::string DnsClassName(uint16_t klass) {
  std::string name;
  AppendDnsClass(klass, name);
  return name;
}
std::string DnsRcodeName(uint16_t rcode) {
  std::string name;
  AppendDnsRcode(rcode, name);
  return name;
}
std::string DnsOpcodeName(uint8_t opcode) {
  std::string name;
  AppendDnsOpcode(opcode, name);
  return name;
}

std::optional<uint16_t> ParseDnsType(std::string_view name) {
  return ParseName(kTypes, "TYPE", name);
}
std::optional<uint16_t> ParseDnsRcode(std::string_view name) {
  return ParseName(kRcodes, "RCODE", name);
}

}  // namespace nameward
