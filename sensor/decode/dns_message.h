// SPDX-License-Identifier: Apache-2.0
// The strict parser of DNS messages (RFC 1035 4, RFC 6891, RFC 9267).
//
// Guarantees: every byte of the message belongs to the header, a question or a
// record; every name expands backward to at most 255 bytes; the record data of
// every type that RdataLayout knows has that type's structure; nothing is
// guessed.  Allocates nothing once `message` has grown.  Any thread.
//
// Cost: linear in the size, at most about 50 us for 64 KiB of the worst bytes
// (decode_benchmark.cc), because records, addresses, expanded name bytes and
// aliases are bounded below and in rdata_check.h and alias_chain.h.
#ifndef NAMEWARD_DECODE_DNS_MESSAGE_H_
#define NAMEWARD_DECODE_DNS_MESSAGE_H_

#include <optional>

#include "base/byte_reader.h"
#include "model/dns.h"
#include "model/event.h"

namespace nameward {

// A 64 KiB answer with a name of its own for each address has under 1,500; no
// resolver that a pod asks sends more than a few dozen.
inline constexpr size_t kMaxDnsRecords = 1024;
inline constexpr size_t kMaxDnsAddresses = 1024;

struct DnsParseOptions {
  // RFC 6762 18: any number of questions, and the top bit of a class is the
  // cache-flush or unicast-response bit, not part of the class.
  bool multicast = false;
};

// nullopt: well formed.  Else the first thing wrong with it, and `message`
// holds what was read before.
std::optional<MalformedReason> ParseDnsMessage(Bytes bytes, DnsMessage& message,
                                               DnsParseOptions options = {});

}  // namespace nameward

#endif  // NAMEWARD_DECODE_DNS_MESSAGE_H_
