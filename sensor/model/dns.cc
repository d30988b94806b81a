// SPDX-License-Identifier: Apache-2.0
#include "model/dns.h"

namespace nameward {

void DnsMessage::Clear() {
  wire.clear();
  id = rcode = question_count = 0;
  opcode = 0;
  response = aa = tc = rd = ra = z = ad = cd = edns = false;
  question = DnsQuestion{};
  records.clear();
  addresses.clear();
  chain.clear();
}

}  // namespace nameward
