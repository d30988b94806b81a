// SPDX-License-Identifier: Apache-2.0
#include "alert/ocsf_evidence.h"

#include <algorithm>
#include <string>

#include "alert/event_json.h"
#include "alert/facts.h"

namespace nameward {
namespace {

bool HasQuestion(const DnsEvent& dns) { return dns.message.question_count > 0; }

uint64_t OpcodeId(uint8_t opcode) { return opcode <= 6 ? opcode : 99; }

// OCSF boundary_id: 1 localhost, 2 internal, 3 external.
uint64_t BoundaryId(const IpAddress& address) {
  if (address.IsLoopback() || address.IsUnspecified()) return 1;
  return address.IsPrivate() || address.IsLinkLocal() ? 2 : 3;
}

class EvidenceWriter {
 public:
  EvidenceWriter(const Alert& alert, const AlertDetail& detail,
                 JsonWriter& json)
      : alert_(alert), event_(alert.event), detail_(detail), json_(json) {}

  void Write() {
    json_.BeginObject();
    Query();
    const Ends ends = EndsOf(event_);
    if (ends.source != nullptr) EndpointOf("src_endpoint", *ends.source, {});
    if (ends.destination != nullptr) {
      EndpointOf("dst_endpoint", *ends.destination, ServerNameOf(event_));
      ConnectionInfo(ends);
    }
    ProcessOf();
    ContainerOf();
    Data();
    json_.EndObject();
  }

 private:
  void Text(std::string_view key, std::string_view text) {
    json_.Key(key).String(text, detail_.text);
  }

  void Query() {
    if (const auto* dns = std::get_if<DnsEvent>(&event_.body)) {
      if (!HasQuestion(*dns)) return;
      const DnsQuestion& question = dns->message.question;
      json_.Key("query").BeginObject();
      json_.Key("hostname").Name(question.name);
      json_.Key("opcode_id").Number(OpcodeId(dns->message.opcode));
      json_.EndObject();
      return;
    }
    const auto* transport = std::get_if<TransportEvent>(&event_.body);
    if (transport == nullptr || transport->name.empty() ||
        transport->kind != TransportKind::kDnsOtherPort)
      return;
    json_.Key("query").BeginObject();
    json_.Key("hostname").String(transport->name, kNameCap);
    json_.EndObject();
  }

  void EndpointOf(std::string_view key, const Endpoint& endpoint,
                  std::string_view hostname) {
    json_.Key(key).BeginObject();
    json_.Key("ip").Address(endpoint.address);
    json_.Key("port").Number(endpoint.port);
    if (!hostname.empty()) json_.Key("hostname").String(hostname, kNameCap);
    json_.EndObject();
  }

  void ConnectionInfo(const Ends& ends) {
    const IpAddress& address = ends.destination->address;
    json_.Key("connection_info").BeginObject();
    json_.Key("direction_id").Number(2);
    json_.Key("direction").String("Outbound");
    json_.Key("protocol_num").Number(ends.protocol);
    if (const auto name = ProtocolName(ends.protocol); !name.empty())
      json_.Key("protocol_name").String(name);
    json_.Key("protocol_ver_id").Number(address.IsV4() ? 4 : 6);
    json_.Key("boundary_id").Number(BoundaryId(address));
    json_.EndObject();
  }

  void ProcessOf() {
    if (!event_.origin.process) return;
    const Process& process = *event_.origin.process;
    const auto started = BootTimeFromNanoseconds(process.start_ns);
    json_.Key("process").BeginObject();
    json_.Key("pid").Number(process.tgid);
    json_.Key("tid").Number(process.tid);
    json_.Key("name").String(process.Comm(), kCommCap);
    if (process.exe != nullptr)
      json_.Key("path").String(*process.exe, std::min(kExeCap, detail_.text));
    if (process.start_ns != 0)
      json_.Key("created_time").Milliseconds(ClockOf(alert_).ToWall(started));
    json_.Key("user").BeginObject();
    json_.Key("uid").Decimal(process.uid);
    json_.EndObject();
    json_.EndObject();
  }

  void ContainerOf() {
    const Workload& workload = WorkloadOf(event_);
    if (!workload.container) return;
    const Container& container = *workload.container;
    json_.Key("container").BeginObject();
    Text("uid", container.id);
    if (!container.name.empty()) Text("name", container.name);
    if (!container.image.empty()) {
      json_.Key("image").BeginObject();
      Text("name", container.image);
      Text("uid", container.image);  // required; /pods has no other id
      json_.EndObject();
    }
    if (workload.pod) {
      Text("pod_uuid", workload.pod->uid);
      json_.Key("orchestrator").String("kubernetes");
    }
    json_.EndObject();
  }

  // The event's own object, and where the kernel saw it, by their paths in
  // docs/events.md.
  void Data() {
    const Origin& origin = event_.origin;
    json_.Key("data").BeginObject();
    json_.Key("kind").String(event_.Kind());
    AppendCgroupMembers(event_, detail_.text, json_);
    json_.Key("mntns").Number(origin.mntns);
    json_.Key("netns").BeginObject();
    json_.Key("inum").Number(origin.netns);
    json_.Key("cookie").Decimal(origin.netns_cookie);
    json_.EndObject();
    json_.Key(event_.Kind());
    AppendBodyJson(event_, ClockOf(alert_), detail_.list_bytes, json_);
    json_.EndObject();
  }

  const Alert& alert_;
  const Event& event_;
  const AlertDetail& detail_;
  JsonWriter& json_;
};

void AppendPodResource(const Pod& pod, const AlertDetail& detail,
                       JsonWriter& json) {
  json.BeginObject();
  json.Key("type").String("k8s.pod");
  json.Key("name").String(pod.name, detail.text);
  json.Key("namespace").String(pod.namespace_name, detail.text);
  json.Key("uid").String(pod.uid, detail.text);
  json.Key("labels").BeginArray();
  const size_t start = json.size();
  std::string label;
  for (const auto& [name, value] : pod.labels) {
    if (json.size() - start >= detail.list_bytes) break;
    label.assign(name).append(1, '=').append(value);
    json.String(label, detail.text);
  }
  json.EndArray();
  json.EndObject();
}

void AppendResource(std::string_view type, std::string_view name,
                    std::string_view name_space, JsonWriter& json) {
  json.BeginObject();
  json.Key("type").String(type);
  json.Key("name").String(name, kTextCap);
  if (!name_space.empty()) json.Key("namespace").String(name_space, kTextCap);
  json.EndObject();
}

void AppendObservable(std::string_view name, uint64_t type, JsonWriter& json) {
  json.BeginObject();
  json.Key("name").String(name);
  json.Key("type_id").Number(type);
  json.Key("value");
}

}  // namespace

void AppendOcsfEvidence(const Alert& alert, const AlertDetail& detail,
                        JsonWriter& json) {
  EvidenceWriter(alert, detail, json).Write();
}

void AppendOcsfResources(const Alert& alert, const AlertDetail& detail,
                         JsonWriter& json) {
  if (!detail.extras) return;
  const Workload& workload = WorkloadOf(alert.event);
  json.Key("resources").BeginArray();
  if (workload.pod) {
    const Pod& pod = *workload.pod;
    AppendPodResource(pod, detail, json);
    AppendResource("k8s.workload", pod.workload, pod.namespace_name, json);
    AppendResource("k8s.namespace", pod.namespace_name, {}, json);
  } else {
    AppendResource("workload", workload.DisplayName(), {}, json);
  }
  json.EndArray();
}

void AppendOcsfObservables(const Alert& alert, const AlertDetail& detail,
                           JsonWriter& json) {
  if (!detail.extras) return;
  json.Key("observables").BeginArray();
  const auto* dns = std::get_if<DnsEvent>(&alert.event.body);
  if (dns != nullptr && HasQuestion(*dns)) {
    AppendObservable("evidences.query.hostname", 1, json);
    json.Name(dns->message.question.name);
    json.EndObject();
  }
  if (const Endpoint* to = EndsOf(alert.event).destination; to != nullptr) {
    AppendObservable("evidences.dst_endpoint.ip", 2, json);
    json.Address(to->address);
    json.EndObject();
    AppendObservable("evidences.dst_endpoint.port", 11, json);
    json.Decimal(to->port);
    json.EndObject();
  }
  if (alert.event.origin.process) {
    AppendObservable("evidences.process.name", 9, json);
    json.String(alert.event.origin.process->Comm(), kCommCap);
    json.EndObject();
  }
  json.EndArray();
}

}  // namespace nameward
