// SPDX-License-Identifier: Apache-2.0
// DNS numbers and record data as people write them: IANA's names (registry
// "Domain Name System (DNS) Parameters") and the presentation form of RFC 1035
// 5.1 and of each type's own RFC, one line, with names as docs/events.md
// spells them (lower case, no final dot).  Unknown numbers become TYPE65280,
// CLASS32, RCODE24, OPCODE9 and unknown data \# 4 0a000001 (RFC 3597 5).
//
// Text comes from hostile bytes: whatever is not printable ASCII is \DDD.  Made
// only when somebody asks.  Any thread; appends, so a reused string costs no
// allocation.
#ifndef NAMEWARD_MODEL_DNS_TEXT_H_
#define NAMEWARD_MODEL_DNS_TEXT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/dns.h"

namespace nameward {

void AppendDnsType(uint16_t type, std::string& out);
void AppendDnsClass(uint16_t klass, std::string& out);
void AppendDnsRcode(uint16_t rcode, std::string& out);
void AppendDnsOpcode(uint8_t opcode, std::string& out);

std::string DnsTypeName(uint16_t type);
std::string DnsClassName(uint16_t klass);
std::string DnsRcodeName(uint16_t rcode);
std::string DnsOpcodeName(uint8_t opcode);

// The number of "AAAA", "aaaa" or "TYPE28".
std::optional<uint16_t> ParseDnsType(std::string_view name);
std::optional<uint16_t> ParseDnsRcode(std::string_view name);

// Calls visit(std::string_view) for each flag that is set, in the order of the
// header: aa tc rd ra z ad cd.
template <typename Visit>
void ForEachDnsFlag(const DnsMessage& message, Visit&& visit) {
  if (message.aa) visit(std::string_view("aa"));
  if (message.tc) visit(std::string_view("tc"));
  if (message.rd) visit(std::string_view("rd"));
  if (message.ra) visit(std::string_view("ra"));
  if (message.z) visit(std::string_view("z"));
  if (message.ad) visit(std::string_view("ad"));
  if (message.cd) visit(std::string_view("cd"));
}

// The data of a record of `message`.
void AppendRdata(const DnsMessage& message, const DnsRecord& record,
                 std::string& out);
std::string RdataText(const DnsMessage& message, const DnsRecord& record);

}  // namespace nameward

#endif  // NAMEWARD_MODEL_DNS_TEXT_H_
