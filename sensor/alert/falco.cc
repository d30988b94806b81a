// SPDX-License-Identifier: Apache-2.0
#include "alert/falco.h"

#include <array>

#include "alert/detail.h"
#include "alert/facts.h"
#include "alert/json_writer.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

// Falco's words, by Severity.
constexpr std::array<std::string_view, 6> kPriorities = {
    "Debug", "Informational", "Notice", "Warning", "Error", "Critical"};

class OutputWriter {
 public:
  OutputWriter(const Alert& alert, const AlertDetail& detail, std::string& out)
      : alert_(alert),
        event_(alert.event),
        rule_(*alert.finding.rule),
        detail_(detail),
        json_(out) {}

  void Write() {
    json_.BeginObject();
    json_.Key("uuid").String(alert_.uid);
    json_.Key("time").Time(alert_.time);
    Text("rule", rule_.id);
    json_.Key("priority")
        .String(kPriorities[static_cast<size_t>(SeverityOf(alert_))]);
    json_.Key("source").String("nameward");
    Text("hostname", alert_.node.name);
    Text("output", alert_.finding.reason);
    Tags();
    json_.Key("output_fields").BeginObject();
    Rule();
    Network();
    Dns();
    Connect();
    Who();
    Sensor();
    json_.EndObject();
    json_.EndObject();
  }

 private:
  void Text(std::string_view key, std::string_view text) {
    json_.Key(key).String(text, detail_.text);
  }
  void TextIfAny(std::string_view key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }

  void Tags() {
    json_.Key("tags").BeginArray();
    json_.String("network");
    const size_t start = json_.size();
    for (const std::string& id : rule_.attack)
      if (json_.size() - start < detail_.list_bytes)
        json_.String(id, detail_.text);
    if (rule_.mode == RuleMode::kDryRun) json_.String("dry_run");
    json_.EndArray();
  }

  void Rule() {
    json_.Key("evt.type").String(event_.Kind());
    TextIfAny("nameward.rule.title", rule_.title);
    TextIfAny("nameward.rule.set", rule_.set_id);
    json_.Key("nameward.finding.uid").String(alert_.finding_uid);
    json_.Key("nameward.count").Number(alert_.count);
  }

  // The client is the pod: Falco's fd.c*, and fd.s* for whom it spoke to.
  void Network() {
    const Ends ends = EndsOf(event_);
    if (ends.source != nullptr) {
      json_.Key("fd.cip").Address(ends.source->address);
      json_.Key("fd.cport").Number(ends.source->port);
    }
    if (ends.destination == nullptr) return;
    json_.Key("fd.sip").Address(ends.destination->address);
    json_.Key("fd.sport").Number(ends.destination->port);
    const auto name = ProtocolName(ends.protocol);
    json_.Key("fd.l4proto");
    name.empty() ? json_.Decimal(ends.protocol) : json_.String(name);
    if (const auto server = ServerNameOf(event_); !server.empty())
      json_.Key("fd.sip.name").String(server, kNameCap);
  }

  void Dns() {
    if (const auto spoken = ApplicationOf(event_); !spoken.empty())
      json_.Key("nameward.application").String(spoken);
    const auto* dns = std::get_if<DnsEvent>(&event_.body);
    if (dns == nullptr) return;
    const DnsMessage& message = dns->message;
    json_.Key("dns.response").Bool(message.response);
    if (message.response)
      json_.Key("dns.rcode").String(DnsRcodeName(message.rcode));
    if (message.question_count == 0) return;
    json_.Key("dns.qname").Name(message.question.name);
    json_.Key("dns.qtype").String(DnsTypeName(message.question.type));
  }

  void Connect() {
    const auto* connect = std::get_if<ConnectEvent>(&event_.body);
    if (connect == nullptr) return;
    const ConnectVerdict& verdict = connect->verdict;
    json_.Key("dns.state").String(ToString(verdict.state));
    if (!verdict.names.empty())
      json_.Key("dns.name").Name(verdict.names.front());
    if (!verdict.history_complete)
      json_.Key("dns.history_complete").Bool(false);
  }

  void Who() {
    const Workload& workload = WorkloadOf(event_);
    TextIfAny("nameward.cluster", alert_.node.cluster);
    Text("nameward.workload", workload.DisplayName());
    if (event_.origin.process) {
      const Process& process = *event_.origin.process;
      json_.Key("proc.pid").Number(process.tgid);
      json_.Key("proc.name").String(process.Comm(), kCommCap);
      if (process.exe != nullptr) Text("proc.exepath", *process.exe);
      json_.Key("user.uid").Number(process.uid);
    }
    if (workload.container) {
      Text("container.id", workload.container->id);
      TextIfAny("container.name", workload.container->name);
      TextIfAny("container.image", workload.container->image);
      TextIfAny("container.image.digest",
                DigestOf(workload.container->image_id));
    }
    if (workload.pod == nullptr) return;
    Text("k8s.ns.name", workload.pod->namespace_name);
    Text("k8s.pod.name", workload.pod->name);
    Text("k8s.pod.uid", workload.pod->uid);
  }

  void Sensor() {
    json_.Key("nameward.confidence")
        .Number(static_cast<uint64_t>(ConfidenceOf(alert_)));
    json_.Key("nameward.losses_since_last").Number(alert_.losses_since_last);
    json_.Key("nameward.scope_unknown").Bool(alert_.finding.scope_unknown);
    json_.Key("nameward.truncated").Bool(!detail_.extras);
  }

  const Alert& alert_;
  const Event& event_;
  const RuleInfo& rule_;
  const AlertDetail detail_;
  JsonWriter json_;
};

}  // namespace

void AppendFalco(const Alert& alert, std::string& out) {
  AppendWithinBound(out, [&](const AlertDetail& detail) {
    OutputWriter(alert, detail, out).Write();
  });
}

}  // namespace nameward
