// SPDX-License-Identifier: Apache-2.0
#include "alert/ecs.h"

#include "alert/attack_names.h"
#include "alert/detail.h"
#include "alert/event_json.h"
#include "alert/facts.h"
#include "alert/json_writer.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

class DocumentWriter {
 public:
  DocumentWriter(const Alert& alert, const AlertDetail& detail,
                 std::string& out)
      : alert_(alert),
        event_(alert.event),
        rule_(*alert.finding.rule),
        detail_(detail),
        json_(out) {}

  void Write() {
    json_.BeginObject();
    json_.Key("@timestamp").Time(alert_.time);
    json_.Key("ecs").BeginObject();
    json_.Key("version").String("8.17.0");
    json_.EndObject();
    Text("message", alert_.finding.reason);
    EventFields();
    RuleFields();
    if (detail_.extras) Threat();
    Where();
    Network();
    Dns();
    ProcessFields();
    ContainerFields();
    Orchestrator();
    if (detail_.extras) Related();
    Own();
    json_.EndObject();
  }

 private:
  void Text(std::string_view key, std::string_view text) {
    json_.Key(key).String(text, detail_.text);
  }
  void TextIfAny(std::string_view key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }
  void OneOf(std::string_view key, std::string_view text) {
    json_.Key(key).BeginArray();
    json_.String(text, detail_.text);
    json_.EndArray();
  }

  void EventFields() {
    const bool connect = std::holds_alternative<ConnectEvent>(event_.body) ||
                         std::holds_alternative<FlowEvent>(event_.body);
    json_.Key("event").BeginObject();
    json_.Key("id").String(alert_.uid);
    json_.Key("kind").String("alert");
    OneOf("category", "network");
    OneOf("type", connect ? "connection" : "protocol");
    json_.Key("action").String(event_.Kind());
    json_.Key("module").String("nameward");
    json_.Key("dataset").String("nameward.alert");
    json_.Key("severity").Number(static_cast<uint64_t>(SeverityOf(alert_)));
    json_.Key("start").Time(alert_.first_seen);
    json_.Key("end").Time(alert_.last_seen);
    Text("reason", alert_.finding.reason);
    if (!rule_.references.empty()) Text("url", rule_.references.front());
    json_.EndObject();
  }

  void RuleFields() {
    json_.Key("rule").BeginObject();
    Text("id", rule_.id);
    TextIfAny("name", rule_.title);
    TextIfAny("description", rule_.description);
    TextIfAny("version", rule_.set_id);
    if (!rule_.owner.empty()) OneOf("author", rule_.owner);
    json_.EndObject();
  }

  // ECS keeps technique and sub-technique in one object of parallel lists.
  void Threat() {
    if (rule_.attack.empty()) return;
    json_.Key("threat").BeginObject();
    json_.Key("framework").String("MITRE ATT&CK");
    json_.Key("technique").BeginObject();
    Techniques(false);
    json_.Key("subtechnique").BeginObject();
    Techniques(true);
    json_.EndObject();
    json_.EndObject();
    json_.EndObject();
  }

  // T1071.004 is the sub-technique 004 of T1071.
  void Techniques(bool sub) {
    const auto each = [&](auto&& show) {
      json_.BeginArray();
      for (const std::string_view id : rule_.attack) {
        const size_t dot = id.find('.');
        if (sub && dot == std::string_view::npos) continue;
        json_.String(show(sub ? id : id.substr(0, dot)), detail_.text);
      }
      json_.EndArray();
    };
    json_.Key("id");
    each([](std::string_view id) { return id; });
    json_.Key("name");
    each([](std::string_view id) { return AttackName(id); });
  }

  void Where() {
    json_.Key("host").BeginObject();
    Text("hostname", alert_.node.name);
    Text("name", alert_.node.name);
    TextIfAny("id", alert_.node.machine_id);
    json_.EndObject();
    json_.Key("observer").BeginObject();
    json_.Key("vendor").String("nameward");
    json_.Key("product").String("nameward");
    json_.Key("type").String("sensor");
    json_.Key("version").String(NW_VERSION);
    json_.EndObject();
  }

  void Network() {
    const Ends ends = EndsOf(event_);
    if (ends.source != nullptr) End("source", *ends.source, {});
    if (ends.destination == nullptr) return;
    End("destination", *ends.destination, ServerNameOf(event_));
    const std::string_view transport = ProtocolName(ends.protocol);
    json_.Key("network").BeginObject();
    json_.Key("direction").String("egress");
    json_.Key("type").String(ends.destination->address.IsV4() ? "ipv4"
                                                              : "ipv6");
    json_.Key("iana_number").Decimal(ends.protocol);
    if (!transport.empty()) json_.Key("transport").String(transport);
    if (const auto name = ApplicationOf(event_); !name.empty())
      json_.Key("protocol").String(name);
    json_.EndObject();
  }

  void End(std::string_view key, const Endpoint& endpoint,
           std::string_view domain) {
    json_.Key(key).BeginObject();
    json_.Key("address").Address(endpoint.address);
    json_.Key("ip").Address(endpoint.address);
    json_.Key("port").Number(endpoint.port);
    if (!domain.empty()) json_.Key("domain").String(domain, kNameCap);
    json_.EndObject();
  }

  void Dns() {
    const auto* dns = std::get_if<DnsEvent>(&event_.body);
    if (dns == nullptr) return;
    const DnsMessage& message = dns->message;
    json_.Key("dns").BeginObject();
    json_.Key("type").String(message.response ? "answer" : "query");
    json_.Key("id").Decimal(message.id);
    json_.Key("op_code").String(DnsOpcodeName(message.opcode));
    if (message.response)
      json_.Key("response_code").String(DnsRcodeName(message.rcode));
    if (message.question_count > 0) {
      json_.Key("question").BeginObject();
      json_.Key("name").Name(message.question.name);
      json_.Key("type").String(DnsTypeName(message.question.type));
      json_.Key("class").String(DnsClassName(message.question.klass));
      json_.EndObject();
    }
    Resolved(message);
    json_.EndObject();
  }

  void Resolved(const DnsMessage& message) {
    if (message.addresses.empty()) return;
    const size_t start = json_.size();
    json_.Key("resolved_ip").BeginArray();
    for (const DnsAddress& given : message.addresses)
      if (json_.size() - start < detail_.list_bytes)
        json_.Address(given.address);
    json_.EndArray();
  }

  void ProcessFields() {
    if (!event_.origin.process) return;
    const Process& process = *event_.origin.process;
    json_.Key("process").BeginObject();
    json_.Key("pid").Number(process.tgid);
    json_.Key("name").String(process.Comm(), kCommCap);
    if (process.exe != nullptr) Text("executable", *process.exe);
    if (process.start_ns != 0)
      json_.Key("start").Time(
          ClockOf(alert_).ToWall(BootTimeFromNanoseconds(process.start_ns)));
    json_.Key("user").BeginObject();
    json_.Key("id").Decimal(process.uid);
    json_.EndObject();
    json_.EndObject();
  }

  void Image(const Container& container) {
    const std::string_view digest = DigestOf(container.image_id);
    if (container.image.empty() && digest.empty()) return;
    json_.Key("image").BeginObject();
    TextIfAny("name", container.image);
    if (!digest.empty()) {
      json_.Key("hash").BeginObject();
      OneOf("all", digest);
      json_.EndObject();
    }
    json_.EndObject();
  }

  void ContainerFields() {
    const Workload& workload = WorkloadOf(event_);
    if (!workload.container) return;
    const Container& container = *workload.container;
    json_.Key("container").BeginObject();
    Text("id", container.id);
    TextIfAny("name", container.name);
    Image(container);
    json_.EndObject();
  }

  void Orchestrator() {
    const PodRef& pod = WorkloadOf(event_).pod;
    const std::string& cluster = alert_.node.cluster;
    if (pod == nullptr && cluster.empty()) return;
    json_.Key("orchestrator").BeginObject();
    json_.Key("type").String("kubernetes");
    if (!cluster.empty()) {
      json_.Key("cluster").BeginObject();
      Text("name", cluster);
      json_.EndObject();
    }
    if (pod != nullptr) Resource(*pod);
    json_.EndObject();
  }

  // "Deployment/checkout" becomes the parent's type and name is kept whole in
  // nameward.workload.
  void Resource(const Pod& pod) {
    Text("namespace", pod.namespace_name);
    json_.Key("resource").BeginObject();
    json_.Key("type").String("pod");
    Text("name", pod.name);
    Text("id", pod.uid);
    json_.Key("parent").BeginObject();
    const std::string_view workload = pod.workload;
    Text("type", workload.substr(0, workload.find('/')));
    json_.EndObject();
    Labels(pod);
    json_.EndObject();
  }

  void Labels(const Pod& pod) {
    const size_t start = json_.size();
    std::string label;
    json_.Key("label").BeginArray();
    for (const auto& [name, value] : pod.labels) {
      if (json_.size() - start >= detail_.list_bytes) break;
      label.assign(name).append(1, ':').append(value);
      json_.String(label, detail_.text);
    }
    json_.EndArray();
  }

  // What a person pivots on, whatever field it stands in.
  void Related() {
    const Ends ends = EndsOf(event_);
    json_.Key("related").BeginObject();
    json_.Key("ip").BeginArray();
    if (ends.source != nullptr) json_.Address(ends.source->address);
    if (ends.destination != nullptr) json_.Address(ends.destination->address);
    json_.EndArray();
    json_.Key("hosts").BeginArray();
    const auto* dns = std::get_if<DnsEvent>(&event_.body);
    if (dns != nullptr && dns->message.question_count > 0)
      json_.Name(dns->message.question.name);
    if (const auto name = ServerNameOf(event_); !name.empty())
      json_.String(name, kNameCap);
    json_.EndArray();
    json_.EndObject();
  }

  // Whatever a line of OCSF says besides.
  void Own() {
    json_.Key("nameward").BeginObject();
    json_.Key("finding_uid").String(alert_.finding_uid);
    json_.Key("count").Number(alert_.count);
    json_.Key("update_number").Number(alert_.update_number);
    json_.Key("confidence").Number(static_cast<uint64_t>(ConfidenceOf(alert_)));
    json_.Key("losses_since_last").Number(alert_.losses_since_last);
    json_.Key("scope_unknown").Bool(alert_.finding.scope_unknown);
    json_.Key("dry_run").Bool(rule_.mode == RuleMode::kDryRun);
    json_.Key("truncated").Bool(!detail_.extras);
    Text("workload", WorkloadOf(event_).DisplayName());
    json_.Key(event_.Kind());
    AppendBodyJson(event_, ClockOf(alert_), detail_.list_bytes, json_);
    json_.EndObject();
  }

  const Alert& alert_;
  const Event& event_;
  const RuleInfo& rule_;
  const AlertDetail detail_;
  JsonWriter json_;
};

}  // namespace

void AppendEcs(const Alert& alert, std::string& out) {
  AppendWithinBound(out, [&](const AlertDetail& detail) {
    DocumentWriter(alert, detail, out).Write();
  });
}

}  // namespace nameward
