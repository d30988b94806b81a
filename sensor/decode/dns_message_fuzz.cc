// SPDX-License-Identifier: Apache-2.0
// Any bytes as a DNS message.  What is let through keeps the parser's promises.
#include <cstdlib>

#include "decode/dns_message.h"
#include "model/dns_text.h"

namespace {

void Check(bool promise) {
  if (!promise) std::abort();
}

bool RoundTrips(const nameward::DomainName& name) {
  const auto again = nameward::DomainName::Parse(name.ToString());
  return again && *again == name;
}

bool IsOnePrintableLine(const std::string& text) {
  for (const char c : text)
    if (c < 0x20 || c > 0x7e) return false;
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace nameward;
  static DnsMessage message;  // reused, as in the sensor
  if (size == 0) return 0;
  const DnsParseOptions options{(bytes[0] & 1) != 0};
  const Bytes wire(bytes + 1, size - 1);
  if (ParseDnsMessage(wire, message, options)) return 0;
  Check(message.wire.size() == wire.size());
  Check(message.records.size() <= kMaxDnsRecords);
  Check(message.addresses.size() <= kMaxDnsAddresses);
  Check(message.chain.size() <= DnsMessage::kMaxChain);
  Check(message.chain.empty() == (message.question_count == 0));
  for (const DomainName& name : message.chain) Check(RoundTrips(name));
  for (const DnsRecord& record : message.records) {
    Check(RoundTrips(record.owner));
    Check(record.rdata_offset + size_t{record.rdata_size} <= wire.size());
    Check(IsOnePrintableLine(RdataText(message, record)));
  }
  DnsMessage again;
  Check(!ParseDnsMessage(wire, again, options));
  Check(again.records.size() == message.records.size());
  return 0;
}
