// SPDX-License-Identifier: Apache-2.0
// What the worker must know about its surroundings to explain an event, as text
// that a recording keeps (RecordType::kContext), one "key value" a line:
//
//   node worker-7            the node's name
//   boot 5b1c…-…             boot id, for alert ids
//   source live              live | pcap
//   attached 123456789       CLOCK_BOOTTIME ns since when history is kept
//   resolver 10.96.0.10:53   trusted, any number; "any:53" trusts every server
//   there internal 10.244.0.0/16   a pod or node range of the cluster, any
//   number service 10.96.0.0/12     a service range, any number address
//   192.0.2.7        an address of this node, any number encrypted 9.9.9.9 a
//   listed DoT/DoQ/DoH resolver, any number warmup_ms 600000 correlate.warmup
//
// Unknown keys are kept out and counted, so a newer recording can be read.
#ifndef NAMEWARD_MODEL_CONTEXT_H_
#define NAMEWARD_MODEL_CONTEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/address.h"

namespace nameward {

struct Context {
  std::string node;
  std::string boot_id;
  bool live = true;
  BootTime attached{};
  std::vector<Endpoint> resolvers;
  std::vector<uint16_t> trust_any_on_port;
  std::vector<Network> internal;
  std::vector<Network> services;
  std::vector<IpAddress> node_addresses;
  std::vector<IpAddress> encrypted;
  Nanoseconds warmup = 10min;
  unsigned unknown_lines = 0;

  std::string ToText() const;
  // Never fails: a line that can't be read is counted in unknown_lines.
  static Context FromText(std::string_view text);
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_CONTEXT_H_
