// SPDX-License-Identifier: Apache-2.0
// What the worker must know about its surroundings to explain an event, as text
// that a recording keeps (RecordType::kContext), one "key value" a line:
//
//   node worker-7                   the node's name
//   cluster eu1                     its cluster's name, if it was told
//   machine 0123…                   its machine-id(5), if it is known
//   boot 5b1c…-…                    boot id, for alert ids
//   source live                     live | pcap
//   attached 123456789              CLOCK_BOOTTIME ns: history is kept since
//   resolver 10.96.0.10:53          trusted; "any:53" trusts every server there
//   internal 10.244.0.0/16          a pod or node range of the cluster
//   service 10.96.0.0/12            a service range
//   service_address 10.96.0.1       a service's, where ranges are not known
//   address 192.0.2.7               of this node
//   encrypted 9.9.9.9               a listed DoT, DoQ or DoH resolver
//   redirect 198.51.100.1:15001     to where a mesh translates; or a network
//   zone cluster.local              one of the cluster's own
//   search corp.example             of the node's resolv.conf or configured
//   pods expected                   a pod source is asked for names
//   warmup_ms 600000                correlate.warmup
//
// Those that name one of several stand once for each.
// Unknown keys are kept out and counted, so a newer recording can be read.
#ifndef NAMEWARD_MODEL_CONTEXT_H_
#define NAMEWARD_MODEL_CONTEXT_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/address.h"
#include "model/domain_name.h"
#include "model/node_identity.h"

namespace nameward {

// Where a mesh's own translation leads to: a network, or one port of it.
struct Redirect {
  Network network;
  uint16_t port = 0;  // 0: any

  bool Contains(const Endpoint& endpoint) const {
    return (port == 0 || port == endpoint.port) &&
           network.Contains(endpoint.address);
  }
  std::string ToString() const;
  // 198.51.100.0/24, 198.51.100.1, 198.51.100.1:15001, [2001:db8::1]:15001
  static std::optional<Redirect> Parse(std::string_view text);
};

struct Context {
  NodeIdentity node;
  std::string boot_id;
  bool live = true;
  BootTime attached{};
  std::vector<Endpoint> resolvers;
  std::vector<uint16_t> trust_any_on_port;
  std::vector<Network> internal;
  std::vector<Network> services;
  std::vector<IpAddress> service_addresses;
  std::vector<IpAddress> node_addresses;
  std::vector<IpAddress> encrypted;
  std::vector<Redirect> redirects;
  // Whoever may write a Service or a pod name can make these give any address.
  std::vector<DomainName> zones;
  std::vector<DomainName> searches;
  bool pods = false;
  Nanoseconds warmup = 10min;
  unsigned unknown_lines = 0;

  std::string ToText() const;
  // Never fails: a line that can't be read is counted in unknown_lines.
  static Context FromText(std::string_view text);
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_CONTEXT_H_
