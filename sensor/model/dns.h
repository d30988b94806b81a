// SPDX-License-Identifier: Apache-2.0
// A decoded DNS message (RFC 1035 4, RFC 6891): structure checked, names
// canonical, addresses and aliases drawn out; record data stays in the wire
// bytes and is turned into text only when somebody asks (model/dns_text.h).
//
// Reused from message to message: Clear keeps the capacity, so that decoding in
// the steady state allocates nothing.
#ifndef NAMEWARD_MODEL_DNS_H_
#define NAMEWARD_MODEL_DNS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/address.h"
#include "model/domain_name.h"

namespace nameward {

// Only the types that the sensor itself acts on; all others are numbers with a
// name in model/dns_text.h.
enum DnsType : uint16_t {
  kTypeA = 1,
  kTypeNs = 2,
  kTypeCname = 5,
  kTypeSoa = 6,
  kTypePtr = 12,
  kTypeTxt = 16,
  kTypeAaaa = 28,
  kTypeSrv = 33,
  kTypeDname = 39,
  kTypeOpt = 41,
  kTypeSvcb = 64,
  kTypeHttps = 65,
};

enum class DnsSection : uint8_t { kAnswer, kAuthority, kAdditional };

struct DnsQuestion {
  DomainName name;
  uint16_t type = 0;
  uint16_t klass = 0;
};

struct DnsRecord {
  DomainName owner;
  uint16_t type = 0;
  uint16_t klass = 0;
  uint32_t ttl = 0;
  DnsSection section = DnsSection::kAnswer;
  uint16_t rdata_size = 0;
  uint32_t rdata_offset = 0;  // in DnsMessage::wire
};

// An address that the message gives to its question: from A, AAAA, or the hints
// of SVCB/HTTPS, in the answer or the additional section.
struct DnsAddress {
  IpAddress address;
  uint32_t ttl = 0;
};

struct DnsMessage {
  std::vector<uint8_t> wire;  // the whole message as it came
  uint16_t id = 0;
  bool response = false;
  uint8_t opcode = 0;
  uint16_t rcode = 0;  // 12 bits with EDNS
  bool aa = false, tc = false, rd = false, ra = false;
  bool z = false, ad = false, cd = false;
  bool edns = false;
  uint16_t question_count = 0;
  DnsQuestion question;            // the first; valid if question_count > 0
  std::vector<DnsRecord> records;  // all three sections in wire order
  std::vector<DnsAddress> addresses;
  // The question, then each name that a CNAME or DNAME of the answer section
  // leads to, in order; ends at a loop or after kMaxChain names.
  std::vector<DomainName> chain;

  static constexpr size_t kMaxChain = 17;

  void Clear();
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_DNS_H_
