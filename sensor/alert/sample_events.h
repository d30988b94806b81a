// SPDX-License-Identifier: Apache-2.0
// Events for the tests of this module: one of each kind, plain or hostile.
#ifndef NAMEWARD_ALERT_SAMPLE_EVENTS_H_
#define NAMEWARD_ALERT_SAMPLE_EVENTS_H_

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/alert.h"
#include "model/event.h"

namespace nameward {

// 2026-01-02T03:04:05Z at boot time zero.
inline const NodeIdentity kSampleNode{"worker-7", "eu1",
                                      "0123456789abcdef0123456789abcdef"};
inline constexpr ClockOffset kSampleClock{std::chrono::seconds(1'767'323'045)};

inline DomainName NameOf(std::string_view text) {
  return DomainName::Parse(text).value();
}
inline Endpoint EndpointOf(std::string_view text) {
  return Endpoint::Parse(text).value();
}

// Quotes, controls, line separators, broken UTF-8, terminal escapes.
inline std::string HostileText() {
  return std::string("\"\\\n\r\t\0\x01\x1b[31m\x7f\xff\xc3\xe2\x80\xa8", 18) +
         "\u2029\u202e</script>\u009b";
}

inline NodeIdentity HostileNode() {
  const std::string text = HostileText() + std::string(5000, '\xff');
  return {text, text, text};
}

// 253 bytes that are neither letter nor digit: 1,265 bytes as JSON.
inline DomainName HostileName() {
  DomainName name;
  uint8_t label[61];
  for (int i = 0; i < 4; ++i) {
    std::memset(label, i == 0 ? '\n' : 0xff, sizeof label);
    static_cast<void>(name.AppendLabel(label));
  }
  return name;
}

inline Event SampleEvent() {
  Event event;
  event.seq = 7;
  event.time = BootTimeFromNanoseconds(1'500'000'006);
  event.origin.cgroup_id = 9'007'199'254'740'993;  // no double holds it
  event.origin.netns_cookie = UINT64_MAX;
  event.origin.mntns = 4026531841;
  event.origin.netns = 4026531840;
  Process process;
  process.tgid = 4711;
  process.tid = 4712;
  process.uid = 1000;
  process.start_ns = 500'000'000;
  std::memcpy(process.comm, "curl", 5);
  process.exe = std::make_shared<const std::string>("/usr/bin/curl");
  event.origin.process = process;
  Workload workload;
  workload.cgroup_id = event.origin.cgroup_id;
  workload.cgroup_path = "/kubepods/pod1/abc";
  Pod pod;
  pod.namespace_name = "payments";
  pod.name = "checkout-1";
  pod.uid = "11-22";
  pod.workload = "Deployment/checkout";
  pod.labels = {{"app", "checkout"}};
  workload.pod = std::make_shared<const Pod>(pod);
  workload.naming = Naming::kNamed;
  workload.container = Container{"abc", "main", ""};
  event.origin.workload = std::make_shared<const Workload>(workload);
  return event;
}

inline Event SampleConnect() {
  Event event = SampleEvent();
  ConnectEvent connect;
  connect.source = EndpointOf("10.1.0.9:40000");
  connect.destination = EndpointOf("[2001:db8::1]:443");
  connect.verdict.state = ConnectState::kBound;
  connect.verdict.names = {NameOf("www.example.com"), NameOf("cdn.example")};
  connect.verdict.age = 2500ms;
  connect.verdict.ttl_s = 300;
  connect.verdict.resolver = EndpointOf("10.96.0.10:53");
  event.body = connect;
  return event;
}

inline Event SampleDns() {
  Event event = SampleEvent();
  DnsEvent dns;
  dns.client = EndpointOf("10.1.0.9:40000");
  dns.server = EndpointOf("10.96.0.10:53");
  dns.message.id = 4660;
  dns.message.rd = true;
  dns.message.question_count = 1;
  dns.message.question = {NameOf("www.example.com"), kTypeA, 1};
  dns.message.chain = {NameOf("www.example.com")};
  event.body = dns;
  return event;
}

inline Event SampleTransport() {
  Event event = SampleEvent();
  event.body = TransportEvent{
      TransportKind::kDot,       Transport::kTcp, EndpointOf("10.1.0.9:40000"),
      EndpointOf("9.9.9.9:853"), "dns.quad9.net", "TLS hello on port 853"};
  return event;
}

inline std::vector<Event> OneOfEachKind() {
  std::vector<Event> events = {SampleDns(), SampleConnect(), SampleTransport()};
  Event event = SampleEvent();
  event.body = FlowEvent{FlowWhat::kClose,
                         17,
                         EndpointOf("10.1.0.9:40000"),
                         EndpointOf("192.0.2.1:123"),
                         1500ms,
                         48,
                         76,
                         0};
  events.push_back(event);
  Event expansion = SampleDns();
  auto& dns = std::get<DnsEvent>(expansion.body);
  dns.base_labels = 2;
  dns.expansion = dns.diverted = true;
  dns.message.chain.push_back(NameOf("cdn.example"));
  dns.external = 1;
  expansion.origin.moved_from = 1;
  events.push_back(expansion);
  event.body = MalformedEvent{MalformedReason::kPointer, Transport::kUdp,
                              EndpointOf("10.1.0.9:40000"),
                              EndpointOf("10.96.0.10:53"), 44};
  events.push_back(event);
  event.body = LossEvent{"answer", "full", 12,
                         BootTimeFromNanoseconds(1'000'000'000), 77};
  events.push_back(event);
  return events;
}

// The same with every string as bad as it can be.
inline Event MakeHostile(Event event) {
  const std::string text = HostileText();
  Process& process = *event.origin.process;
  std::memcpy(process.comm, text.data(), sizeof process.comm);
  process.comm[5] = '\x1b';  // no end at the NUL
  process.exe = std::make_shared<const std::string>(std::string(5000, '\x01'));
  Workload workload = *event.origin.workload;
  workload.cgroup_path = "/" + std::string(5000, '\n');
  Pod pod;
  pod.namespace_name = pod.name = pod.uid = pod.workload = text;
  for (int i = 0; i < 1000; ++i)
    pod.labels[std::to_string(i) + text] = std::string(300, '\xff');
  workload.pod = std::make_shared<const Pod>(pod);
  workload.container =
      Container{text, std::string(9000, '"'), text, std::string(9000, '"')};
  event.origin.workload = std::make_shared<const Workload>(workload);
  if (auto* dns = std::get_if<DnsEvent>(&event.body)) {
    dns->message.question.name = HostileName();
    dns->message.chain.assign(DnsMessage::kMaxChain, HostileName());
  } else if (auto* connect = std::get_if<ConnectEvent>(&event.body)) {
    connect->verdict.names.assign(DnsMessage::kMaxChain, HostileName());
    connect->verdict.last_asked.assign(4, HostileName());
  } else if (auto* transport = std::get_if<TransportEvent>(&event.body)) {
    transport->name = std::string(70'000, '\n');
    transport->evidence = text;
  } else if (auto* loss = std::get_if<LossEvent>(&event.body)) {
    loss->record_class = loss->fate = text;
  }
  return event;
}

inline std::shared_ptr<RuleInfo> SampleRule() {
  auto rule = std::make_shared<RuleInfo>();
  rule->id = "payments-unexpected-domain";
  rule->title = "Payments pod asked for an unlisted domain";
  rule->severity = Severity::kHigh;
  rule->attack = {"T1071.004", "T1572"};
  rule->references = {"https://runbooks.example/egress-1"};
  rule->set_id = "abc123";
  rule->dedup_window = 15min;
  return rule;
}

inline std::shared_ptr<RuleInfo> HostileRule() {
  auto rule = SampleRule();
  rule->id = rule->title = rule->description = HostileText();
  rule->attack.assign(100, HostileText() + "." + HostileText());
  rule->references = {std::string(9000, '\x02')};
  rule->set_id = rule->owner = std::string(9000, '\xfe');
  return rule;
}

inline Alert SampleAlert(Event event, std::shared_ptr<const RuleInfo> rule) {
  Alert alert;
  alert.finding.rule = std::move(rule);
  alert.finding.reason = "curl asked for www.example.com";
  alert.first_seen = alert.last_seen = alert.time =
      kSampleClock.ToWall(event.time);
  alert.event = std::move(event);
  alert.uid = "00000000-0000-5000-8000-000000000001";
  alert.finding_uid = "00000000-0000-5000-8000-000000000002";
  alert.node = kSampleNode;
  return alert;
}

}  // namespace nameward

#endif  // NAMEWARD_ALERT_SAMPLE_EVENTS_H_
