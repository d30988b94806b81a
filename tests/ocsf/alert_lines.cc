// SPDX-License-Identifier: Apache-2.0
// Writes lines of every kind that the sensor can write, plain and hostile, for
// validators in other languages.
//
//   alert_lines alerts|ecs|falco|events|telemetry
#include <cstdio>
#include <string>
#include <vector>

#include "alert/ecs.h"
#include "alert/event_json.h"
#include "alert/falco.h"
#include "alert/ocsf.h"
#include "alert/sample_events.h"
#include "alert/telemetry.h"

namespace nameward {
namespace {

Event Answered() {
  Event event = SampleDns();
  Workload workload = *event.origin.workload;
  workload.container->image = "registry.example/app:3";
  workload.container->image_id =
      "registry.example/app@sha256:" + std::string(64, 'a');
  event.origin.workload = std::make_shared<const Workload>(workload);
  auto& dns = std::get<DnsEvent>(event.body);
  dns.wire = EndpointOf("127.0.0.11:53");
  dns.message.response = dns.message.ra = dns.matched = true;
  dns.message.wire = {192, 0, 2, 1};
  dns.message.records.push_back(
      {NameOf("www.example.com"), kTypeA, 1, 60, DnsSection::kAnswer, 4, 0});
  return event;
}

Event WithoutQuestion() {
  Event event = SampleDns();
  auto& message = std::get<DnsEvent>(event.body).message;
  message.question_count = 0;
  message.chain.clear();
  return event;
}

// Every optional key of a connect.
Event Refused() {
  Event event = SampleConnect();
  auto& connect = std::get<ConnectEvent>(event.body);
  connect.protocol = 47;  // no name
  connect.source.reset();
  connect.mapped = true;
  connect.wire = EndpointOf("127.0.0.1:15001");
  connect.result = ConnectResult::kFailed;
  connect.error = 111;
  connect.count = 5;
  ConnectVerdict& verdict = connect.verdict;
  verdict = ConnectVerdict();
  verdict.state = ConnectState::kNone;
  verdict.encrypted = verdict.seen_elsewhere = true;
  verdict.last_asked = {NameOf("cdn.example"), NameOf("www.example.com")};
  verdict.history_complete = false;
  return event;
}

Event OfNobody() {
  Event event = SampleConnect();
  event.origin = Origin();
  return event;
}

std::vector<Event> AllEvents() {
  std::vector<Event> events = OneOfEachKind();
  for (const TransportKind kind :
       {TransportKind::kDnsOtherPort, TransportKind::kDoq, TransportKind::kDoh})
    std::get<TransportEvent>(events.emplace_back(SampleTransport()).body).kind =
        kind;
  for (Event (*make)() : {Answered, WithoutQuestion, Refused, OfNobody})
    events.push_back(make());
  return events;
}

void Print(const std::string& line) { std::puts(line.c_str()); }

using Append = void (*)(const Alert&, std::string&);

void PrintAlert(Append append, const Alert& alert) {
  std::string line;
  append(alert, line);
  Print(line);
}

void PrintAlerts(Append append) {
  for (const Event& event : AllEvents()) {
    Alert alert = SampleAlert(event, SampleRule());
    PrintAlert(append, alert);
    alert.update = true;
    alert.update_number = 1;
    alert.count = 12;
    alert.finding.scope_unknown = true;
    PrintAlert(append, alert);
    if (!event.origin.process) continue;
    alert = SampleAlert(MakeHostile(event), HostileRule());
    alert.node = HostileNode();
    alert.finding.reason = HostileText();
    PrintAlert(append, alert);
  }
  auto rule = SampleRule();
  rule->mode = RuleMode::kDryRun;
  rule->attack.clear();
  rule->references.clear();
  PrintAlert(append, SampleAlert(SampleConnect(), rule));
}

void PrintOneTelemetry(const Event& event, const NodeIdentity& node) {
  RenderedAlert line;
  RenderTelemetry(event, {node, "5b1c", kSampleClock, 7}, line);
  Print(line.text);
}

void PrintTelemetry() {
  for (const Event& event : AllEvents()) {
    if (event.Kind() != "dns" && event.Kind() != "connect") continue;
    PrintOneTelemetry(event, kSampleNode);
    if (!event.origin.process) continue;
    PrintOneTelemetry(MakeHostile(event), HostileNode());
  }
}

void PrintEvents() {
  for (const Event& event : AllEvents()) {
    std::string line;
    AppendEventJson(event, {"worker-7", kSampleClock}, line);
    Print(line);
    if (!event.origin.process) continue;
    line.clear();
    AppendEventJson(MakeHostile(event), {HostileText(), kSampleClock}, line);
    Print(line);
  }
}

}  // namespace
}  // namespace nameward

// An exception may end a tool of the tests.
// NOLINTNEXTLINE(bugprone-exception-escape)
int main(int argc, char** argv) {
  const std::string what = argc == 2 ? argv[1] : "";
  if (what == "alerts")
    nameward::PrintAlerts(nameward::AppendOcsf);
  else if (what == "ecs")
    nameward::PrintAlerts(nameward::AppendEcs);
  else if (what == "falco")
    nameward::PrintAlerts(nameward::AppendFalco);
  else if (what == "events")
    nameward::PrintEvents();
  else if (what == "telemetry")
    nameward::PrintTelemetry();
  else
    return 2;
  return 0;
}
