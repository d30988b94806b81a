// SPDX-License-Identifier: Apache-2.0
// How names and record data lie in a DNS message (RFC 1035 3 and 4.1.4), for
// the parser that checks them and for the text that shows them.
//
// Any thread; no allocation.  WalkName costs at most 255 bytes and kMaxHops
// pointers, whatever the bytes say.
#ifndef NAMEWARD_MODEL_DNS_WIRE_H_
#define NAMEWARD_MODEL_DNS_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/byte_reader.h"
#include "model/domain_name.h"

namespace nameward {

inline constexpr size_t kDnsHeaderSize = 12;
// 128 pointers are one for each label that fits in a name (RFC 9267 2).
inline constexpr size_t kMaxHops = 128;

enum class NameFault : uint8_t {
  kNone,
  kBadLabel,  // beyond the message, or a label type other than 00 and 11
  kPointer,   // not strictly backward, into the header, or too many
  kTooLong,   // more than 255 bytes when expanded
};

struct WireName {
  size_t end = 0;   // where the bytes after the name begin
  size_t size = 0;  // bytes of the expanded name, with the root
  size_t hops = 0;  // pointers followed
};

// Checks the name at `start`.  A pointer must lead to before the labels that it
// ends, so every hop goes strictly backward (RFC 9267 2).  Where `expanded` is
// not null it has room for DomainName::kMaxWire bytes and gets the labels.
NameFault WalkName(Bytes message, size_t start, WireName& name,
                   uint8_t* expanded = nullptr);

// WalkName into a canonical name.
NameFault ReadName(Bytes message, size_t start, WireName& name,
                   DomainName& out);

// The fields of a type's record data, one letter each; empty: unknown here, any
// bytes (RFC 3597).  Types that exist in class IN only have none elsewhere.
//   n name   1 2 4 number of so many bytes   a IPv4   A IPv6   T type
//   s character string   S one or more   D time   C tag of CAA (RFC 8659 4.1)
//   h length and hex   H length and base32hex   B type bitmap (RFC 4034 4.1.2)
//   x rest in hex   X rest in hex, at least one byte   b rest in base64
//   q rest as quoted text   O options (RFC 6891 6.1.2)   P SvcParams (RFC 9460)
//   L LOC (RFC 1876)   8 identifier of 8 bytes (RFC 6742)
std::string_view RdataLayout(uint16_t type, uint16_t klass);

}  // namespace nameward

#endif  // NAMEWARD_MODEL_DNS_WIRE_H_
