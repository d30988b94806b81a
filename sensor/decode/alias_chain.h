// SPDX-License-Identifier: Apache-2.0
// Where the question of an answer leads through CNAME and DNAME records.
//
// Any thread; at most kMaxChain x kMaxAliases comparisons of names.
#ifndef NAMEWARD_DECODE_ALIAS_CHAIN_H_
#define NAMEWARD_DECODE_ALIAS_CHAIN_H_

#include "model/dns.h"

namespace nameward {

// Aliases that a chain is looked for in: twice DnsMessage::kMaxChain (a DNAME
// comes with the CNAME made from it, RFC 6672 3.1) and room for others.
inline constexpr size_t kMaxAliases = 64;

// Fills message.chain of a message that ParseDnsMessage found well formed.
void FollowAliases(DnsMessage& message);

}  // namespace nameward

#endif  // NAMEWARD_DECODE_ALIAS_CHAIN_H_
