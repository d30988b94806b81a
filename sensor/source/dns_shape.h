// SPDX-License-Identifier: Apache-2.0
// Does it look like DNS?  The test that the kernel side makes, for packets that
// did not come through it: a few fields of the header (RFC 1035 4.1.1) that
// random bytes or another protocol pass about once in 2^52.
// Pure; O(1).
#ifndef NAMEWARD_SOURCE_DNS_SHAPE_H_
#define NAMEWARD_SOURCE_DNS_SHAPE_H_

#include <cstddef>

#include "base/byte_reader.h"

namespace nameward {

constexpr uint16_t kDnsPort = 53;
// Header, root name, type, class: the shortest message with a question.
constexpr size_t kShortestDns = 17;

enum class DnsShape { kNone, kQuery, kAnswer };

// `bytes` are the beginning of a message of `size` bytes, at least kShortestDns
// of them if it has that many.
DnsShape ShapeOfMessage(Bytes bytes, size_t size);

// The same behind the two-byte length of DNS over TCP (RFC 1035 4.2.2).
constexpr size_t kStreamHead = 2 + kShortestDns;
DnsShape ShapeOfStream(Bytes head);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_DNS_SHAPE_H_
