// SPDX-License-Identifier: Apache-2.0
#include "alert/ocsf_evidence.h"

#include <string>

#include "alert/event_json.h"
#include "alert/facts.h"
#include "alert/ocsf_objects.h"

namespace nameward {
namespace {

bool HasQuestion(const DnsEvent& dns) { return dns.message.question_count > 0; }

class EvidenceWriter {
 public:
  EvidenceWriter(const Alert& alert, const AlertDetail& detail,
                 JsonWriter& json)
      : alert_(alert), event_(alert.event), detail_(detail), json_(json) {}

  void Write() {
    const OcsfObjects objects{event_, ClockOf(alert_), detail_.text, json_};
    json_.BeginObject();
    Query(objects);
    objects.Endpoints();
    objects.Process();
    objects.Container();
    Data();
    json_.EndObject();
  }

 private:
  void Query(const OcsfObjects& objects) {
    if (const auto* dns = std::get_if<DnsEvent>(&event_.body))
      return objects.Query(dns->message);
    const auto* transport = std::get_if<TransportEvent>(&event_.body);
    if (transport == nullptr || transport->name.empty() ||
        transport->kind != TransportKind::kDnsOtherPort)
      return;
    json_.Key("query").BeginObject();
    json_.Key("hostname").String(transport->name, kNameCap);
    json_.EndObject();
  }

  // The event's own object, and where the kernel saw it, by their paths in
  // docs/events.md.
  void Data() {
    const Origin& origin = event_.origin;
    json_.Key("data").BeginObject();
    json_.Key("kind").String(event_.Kind());
    AppendCgroupMembers(event_, detail_.text, json_);
    const auto& container = WorkloadOf(event_).container;
    if (container && !container->image.empty()) {
      json_.Key("container").BeginObject();
      json_.Key("image").String(container->image, detail_.text);
      json_.EndObject();
    }
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
