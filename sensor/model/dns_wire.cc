// SPDX-License-Identifier: Apache-2.0
#include "model/dns_wire.h"

#include <algorithm>
#include <cstring>

namespace nameward {
namespace {

constexpr uint16_t kClassIn = 1;

struct Layout {
  uint16_t type;
  bool internet_only;
  std::string_view fields;
};

// Sorted by type.
constexpr Layout kLayouts[] = {
    {1, true, "a"},            // A, RFC 1035
    {2, false, "n"},           // NS
    {3, false, "n"},           // MD
    {4, false, "n"},           // MF
    {5, false, "n"},           // CNAME
    {6, false, "nn44444"},     // SOA
    {7, false, "n"},           // MB
    {8, false, "n"},           // MG
    {9, false, "n"},           // MR
    {12, false, "n"},          // PTR
    {13, false, "ss"},         // HINFO
    {14, false, "nn"},         // MINFO
    {15, false, "2n"},         // MX
    {16, false, "S"},          // TXT
    {17, false, "nn"},         // RP, RFC 1183
    {18, false, "2n"},         // AFSDB
    {19, false, "s"},          // X25
    {21, false, "2n"},         // RT
    {24, false, "T114DD2nb"},  // SIG, RFC 2535
    {25, false, "211b"},       // KEY
    {26, true, "2nn"},         // PX, RFC 2163
    {28, true, "A"},           // AAAA, RFC 3596
    {29, false, "L"},          // LOC, RFC 1876
    {33, true, "222n"},        // SRV, RFC 2782
    {35, true, "22sssn"},      // NAPTR, RFC 3403
    {36, true, "2n"},          // KX, RFC 2230
    {39, false, "n"},          // DNAME, RFC 6672
    {41, false, "O"},          // OPT, RFC 6891
    {43, false, "211X"},       // DS, RFC 4034
    {44, false, "11X"},        // SSHFP, RFC 4255
    {46, false, "T114DD2nb"},  // RRSIG
    {47, false, "nB"},         // NSEC
    {48, false, "211b"},       // DNSKEY
    {49, true, "b"},           // DHCID, RFC 4701
    {50, false, "112hHB"},     // NSEC3, RFC 5155
    {51, false, "112h"},       // NSEC3PARAM
    {52, false, "111X"},       // TLSA, RFC 6698
    {53, false, "111X"},       // SMIMEA, RFC 8162
    {59, false, "211X"},       // CDS, RFC 7344
    {60, false, "211b"},       // CDNSKEY
    {61, false, "b"},          // OPENPGPKEY, RFC 7929
    {62, false, "42B"},        // CSYNC, RFC 7477
    {63, false, "411X"},       // ZONEMD, RFC 8976
    {64, true, "2nP"},         // SVCB, RFC 9460
    {65, true, "2nP"},         // HTTPS
    {99, false, "S"},          // SPF, RFC 7208
    {104, false, "28"},        // NID, RFC 6742
    {105, false, "2a"},        // L32
    {106, false, "28"},        // L64
    {107, false, "2n"},        // LP
    {256, false, "22q"},       // URI, RFC 7553
    {257, false, "1Cq"},       // CAA, RFC 8659
};

}  // namespace

NameFault WalkName(Bytes message, size_t start, WireName& name,
                   uint8_t* expanded) {
  name = WireName{};
  size_t at = start;
  size_t fragment = start;  // labels from here to `at` lie side by side
  const auto flush = [&] {
    if (expanded == nullptr) return;
    const size_t size = at - fragment;
    std::memcpy(expanded + name.size - size, message.data() + fragment, size);
  };
  while (at < message.size()) {
    const size_t length = message[at];
    if (length >= 0xc0) {
      if (at + 1 >= message.size()) return NameFault::kBadLabel;
      const size_t target = (length & 0x3f) << 8 | message[at + 1];
      if (name.hops++ == 0) name.end = at + 2;
      if (target >= fragment || target < kDnsHeaderSize || name.hops > kMaxHops)
        return NameFault::kPointer;
      flush();
      at = fragment = target;
      continue;
    }
    const size_t whole = length + 1;
    if (length > DomainName::kMaxLabel || whole > message.size() - at)
      return NameFault::kBadLabel;
    if (name.size + whole > DomainName::kMaxWire) return NameFault::kTooLong;
    name.size += whole;
    at += whole;
    if (length != 0) continue;
    flush();
    if (name.hops == 0) name.end = at;
    return NameFault::kNone;
  }
  return NameFault::kBadLabel;
}

NameFault ReadName(Bytes message, size_t start, WireName& name,
                   DomainName& out) {
  uint8_t expanded[DomainName::kMaxWire];
  const NameFault fault = WalkName(message, start, name, expanded);
  if (fault == NameFault::kNone)
    out = DomainName::FromCheckedWire({expanded, name.size});
  return fault;
}

std::string_view RdataLayout(uint16_t type, uint16_t klass) {
  const auto* found = std::lower_bound(
      std::begin(kLayouts), std::end(kLayouts), type,
      [](const Layout& layout, uint16_t key) { return layout.type < key; });
  if (found == std::end(kLayouts) || found->type != type) return {};
  if (found->internet_only && klass != kClassIn) return {};
  return found->fields;
}

}  // namespace nameward
