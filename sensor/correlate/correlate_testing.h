// SPDX-License-Identifier: Apache-2.0
// The events that correlate's tests are written in.
#ifndef NAMEWARD_CORRELATE_CORRELATE_TESTING_H_
#define NAMEWARD_CORRELATE_CORRELATE_TESTING_H_

#include <algorithm>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "correlate/correlate.h"
#include "correlate/judge.h"

namespace nameward::testing {

inline constexpr std::string_view kResolver = "10.96.0.10:53";
inline constexpr uint64_t kPod = 4242;
inline constexpr uint64_t kNeighbour = 4243;

inline BootTime At(Nanoseconds since) { return BootTime(since); }
inline Endpoint To(std::string_view text) { return *Endpoint::Parse(text); }
inline IpAddress Ip(std::string_view text) { return *IpAddress::Parse(text); }
inline DomainName Name(std::string_view text) {
  return *DomainName::Parse(text);
}

struct Look {
  std::string_view name = "good.example";
  std::vector<std::pair<std::string_view, uint32_t>> addresses = {
      {"203.0.113.7", 60}};
  std::vector<std::string_view> aliases = {};  // the chain after the question
  std::string_view server = kResolver;
  uint64_t cgroup = kPod;
  uint64_t cookie = 77;
  uint16_t id = 1;
  uint16_t type = kTypeA;
  std::string_view spelling = {};  // empty: as `name`
  std::string_view wire = {};
};

// The bytes of header and question, which show how the name was spelt.
inline std::vector<uint8_t> WireOf(std::string_view spelling) {
  std::vector<uint8_t> wire(12);
  while (!spelling.empty()) {
    const std::string_view label = spelling.substr(0, spelling.find('.'));
    wire.push_back(static_cast<uint8_t>(label.size()));
    wire.insert(wire.end(), label.begin(), label.end());
    spelling.remove_prefix(std::min(label.size() + 1, spelling.size()));
  }
  wire.push_back(0);
  return wire;
}

inline Event Dns(const Look& look, bool response, Nanoseconds at) {
  Event event;
  event.time = At(at);
  event.origin.cgroup_id = look.cgroup;
  event.origin.socket_cookie = look.cookie;
  DnsEvent dns;
  dns.server = To(look.server);
  if (!look.wire.empty()) dns.wire = To(look.wire);
  dns.message.id = look.id;
  dns.message.response = response;
  dns.message.question_count = 1;
  dns.message.question = {Name(look.name), look.type, 1};
  dns.message.wire = WireOf(look.spelling.empty() ? look.name : look.spelling);
  dns.message.chain = {Name(look.name)};
  for (const auto alias : look.aliases)
    dns.message.chain.push_back(Name(alias));
  if (response)
    for (const auto& [address, ttl] : look.addresses)
      dns.message.addresses.push_back({Ip(address), ttl});
  event.body = std::move(dns);
  return event;
}
inline Event Query(const Look& look, Nanoseconds at) {
  Look sent = look;
  sent.aliases.clear();
  return Dns(sent, false, at);
}
inline Event Answer(const Look& look, Nanoseconds at) {
  Look received = look;
  received.wire = {};  // ingress does not show it
  return Dns(received, true, at);
}

inline Event Connect(std::string_view destination, Nanoseconds at,
                     uint64_t cgroup = kPod) {
  Event event;
  event.time = At(at);
  event.origin.cgroup_id = cgroup;
  ConnectEvent connect;
  connect.destination = To(destination);
  event.body = connect;
  return event;
}

// Whom the cgroups and addresses of a test belong to.
class TestPods final : public PodDirectory {
 public:
  WorkloadRef WorkloadOf(uint64_t cgroup) const override {
    const auto found = workloads.find(cgroup);
    return found == workloads.end() ? nullptr : found->second;
  }
  bool HasAddress(const IpAddress& address) const override {
    return std::find(addresses.begin(), addresses.end(), address) !=
           addresses.end();
  }

  std::map<uint64_t, WorkloadRef> workloads;
  std::vector<IpAddress> addresses;
};

// A correlator in a cluster whose ranges are known, past its warm-up, with two
// pods born under its eyes.
class Node {
 public:
  explicit Node(CorrelateOptions options = {}) : correlator(options) {
    context.attached = At(1s);
    context.resolvers = {To(kResolver)};
    context.internal = {*Network::Parse("10.244.0.0/16")};
    context.services = {*Network::Parse("10.112.0.0/12")};
    context.node_addresses = {Ip("192.0.2.7")};
    context.encrypted = {Ip("9.9.9.9")};
    correlator.SetContext(context);
    Born(kPod);
    Born(kNeighbour);
  }

  void Born(uint64_t cgroup, Nanoseconds at = 2s, uint64_t pod = 0) {
    correlator.OnCgroup({CgroupChange::What::kBorn, cgroup, 1, At(at), "/pod"},
                        0, pod);
  }
  void Gone(uint64_t cgroup, Nanoseconds at) {
    correlator.OnCgroup({CgroupChange::What::kGone, cgroup, 1, At(at), ""});
  }
  // The workload that events of the cgroup will have.
  void Name(uint64_t cgroup, Workload workload) {
    pods.workloads[cgroup] =
        std::make_shared<const Workload>(std::move(workload));
  }
  // Asks and gets the answer 1 ms later; whether it counted.
  bool Resolve(const Look& look, Nanoseconds at) {
    Event query = Query(look, at);
    correlator.Observe(query);
    return See(Answer(look, at + 1ms));
  }
  // Whether the answer met a query.
  bool See(Event event) {
    correlator.Observe(event);
    return std::get<DnsEvent>(event.body).matched;
  }
  ConnectVerdict Judged(Event event) {
    correlator.Observe(event);
    event.origin.workload = pods.WorkloadOf(event.origin.cgroup_id);
    Judge(event, context, pods);
    return std::get<ConnectEvent>(event.body).verdict;
  }
  ConnectState StateOf(std::string_view destination, Nanoseconds at,
                       uint64_t cgroup = kPod) {
    return Judged(Connect(destination, at, cgroup)).state;
  }
  void Reconfigure() { correlator.SetContext(context); }

  Context context;
  TestPods pods;
  Correlator correlator;
};

}  // namespace nameward::testing

namespace nameward {
// Shown by a failing EXPECT_EQ.
inline void PrintTo(ConnectState state, std::ostream* out) {
  *out << ToString(state);
}
}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_CORRELATE_TESTING_H_
