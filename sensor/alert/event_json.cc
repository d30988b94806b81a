// SPDX-License-Identifier: Apache-2.0
#include "alert/event_json.h"

#include "alert/dns_json.h"
#include "alert/facts.h"

namespace nameward {
namespace {

void AppendPod(const Workload& workload, JsonWriter& json) {
  json.Key("pod");
  if (!workload.pod) return json.Null();
  const Pod& pod = *workload.pod;
  json.BeginObject();
  json.Key("namespace").String(pod.namespace_name, kTextCap);
  json.Key("name").String(pod.name, kTextCap);
  json.Key("uid").String(pod.uid, kTextCap);
  json.Key("workload").StringOrNull(pod.workload, kTextCap);
  json.Key("labels").BeginObject();
  for (const auto& [name, value] : pod.labels) {
    json.String(name, kTextCap);
    json.Colon();
    json.String(value, kTextCap);
  }
  json.EndObject();
  json.EndObject();
}

void AppendContainer(const Workload& workload, JsonWriter& json) {
  json.Key("container");
  if (!workload.container) return json.Null();
  json.BeginObject();
  json.Key("id").String(workload.container->id, kTextCap);
  json.Key("name").StringOrNull(workload.container->name, kTextCap);
  json.Key("image").StringOrNull(workload.container->image, kTextCap);
  if (!workload.container->image_id.empty())
    json.Key("image_id").String(workload.container->image_id, kTextCap);
  json.EndObject();
}

void AppendProcess(const Origin& origin, JsonWriter& json) {
  json.Key("process");
  if (!origin.process) return json.Null();
  const Process& process = *origin.process;
  json.BeginObject();
  json.Key("pid").Number(process.tgid);
  json.Key("name").String(process.Comm(), kCommCap);
  json.Key("exe");
  process.exe != nullptr ? json.String(*process.exe, kExeCap) : json.Null();
  json.Key("uid").Number(process.uid);
  json.EndObject();
}

void AppendOrigin(const Event& event, JsonWriter& json) {
  const Workload& workload = WorkloadOf(event);
  const Origin& origin = event.origin;
  AppendPod(workload, json);
  AppendContainer(workload, json);
  AppendProcess(origin, json);
  AppendCgroupMembers(event, kTextCap, json);
  json.Key("mntns").Number(origin.mntns);
  json.Key("netns").BeginObject();
  json.Key("inum").Number(origin.netns);
  json.Key("cookie").Decimal(origin.netns_cookie);
  json.EndObject();
}

// A name where there is one, else the number: {"proto":"tcp"}, {"proto":"47"}.
void AppendProtocol(uint8_t protocol, JsonWriter& json) {
  json.Key("proto");
  const std::string_view name = ProtocolName(protocol);
  name.empty() ? json.Decimal(protocol) : json.String(name);
}

// Writes the members of the object of each kind.
class BodyWriter {
 public:
  BodyWriter(JsonWriter& json, ClockOffset clock, size_t list_bytes)
      : json_(json), clock_(clock), list_bytes_(list_bytes) {}

  void operator()(const DnsEvent& dns) const {
    AppendDnsMembers(dns, list_bytes_, json_);
  }
  void operator()(const ConnectEvent& connect) const {
    AppendProtocol(connect.protocol, json_);
    json_.Key("src");
    connect.source ? json_.HostPort(*connect.source) : json_.Null();
    json_.Key("dst").HostPort(connect.destination);
    if (connect.mapped) json_.Key("mapped").Bool(true);
    if (connect.wire) json_.Key("wire").HostPort(*connect.wire);
    json_.Key("result").String(ToString(connect.result));
    if (connect.result == ConnectResult::kFailed)
      json_.Key("errno").Signed(connect.error);
    json_.Key("count").Number(connect.count);
    AppendVerdictJson(connect.verdict, list_bytes_, json_);
  }
  void operator()(const FlowEvent& flow) const {
    json_.Key("what").String(ToString(flow.what));
    AppendProtocol(flow.protocol, json_);
    json_.Key("src").HostPort(flow.source);
    json_.Key("dst").HostPort(flow.destination);
    json_.Key("duration_ms");
    using std::chrono::milliseconds;
    flow.duration
        ? json_.Signed(std::chrono::floor<milliseconds>(*flow.duration).count())
        : json_.Null();
    json_.Key("sent").Number(flow.sent);
    json_.Key("received").Number(flow.received);
    if (flow.what == FlowWhat::kFailed) json_.Key("errno").Signed(flow.error);
  }
  void operator()(const TransportEvent& transport) const {
    json_.Key("kind").String(ToString(transport.kind));
    json_.Key("proto").String(ToString(transport.transport));
    json_.Key("client").HostPort(transport.client);
    json_.Key("server").HostPort(transport.server);
    json_.Key("name").StringOrNull(transport.name, kNameCap);
    json_.Key("evidence").String(transport.evidence, kTextCap);
  }
  void operator()(const MalformedEvent& malformed) const {
    json_.Key("reason").String(ToString(malformed.reason));
    json_.Key("transport").String(ToString(malformed.transport));
    json_.Key("client").HostPort(malformed.client);
    json_.Key("server").HostPort(malformed.server);
    json_.Key("size").Number(malformed.size);
  }
  void operator()(const LossEvent& loss) const {
    json_.Key("class").String(loss.record_class, kTextCap);
    json_.Key("fate").String(loss.fate, kTextCap);
    json_.Key("count").Number(loss.count);
    json_.Key("since").Time(clock_.ToWall(loss.since));
    json_.Key("cgroup");
    loss.cgroup_id != 0 ? json_.Decimal(loss.cgroup_id) : json_.Null();
  }

 private:
  static std::string_view ToString(ConnectResult result) {
    switch (result) {
      case ConnectResult::kEstablished:
        return "established";
      case ConnectResult::kFailed:
        return "failed";
      default:
        return "attempt";
    }
  }
  static std::string_view ToString(FlowWhat what) {
    switch (what) {
      case FlowWhat::kAccept:
        return "accept";
      case FlowWhat::kClose:
        return "close";
      case FlowWhat::kFailed:
        return "failed";
      default:
        return "connect";
    }
  }
  template <typename T>
  static std::string_view ToString(T value) {
    return nameward::ToString(value);
  }

  JsonWriter& json_;
  ClockOffset clock_;
  size_t list_bytes_;
};

}  // namespace

void AppendCgroupMembers(const Event& event, size_t text_cap,
                         JsonWriter& json) {
  const Workload& workload = WorkloadOf(event);
  json.Key("cgroup").BeginObject();
  json.Key("id").Decimal(event.origin.cgroup_id);
  json.Key("path").StringOrNull(workload.cgroup_path, text_cap);
  if (!workload.pod && !workload.pod_uid.empty())
    json.Key("pod_uid").String(workload.pod_uid, text_cap);
  if (event.origin.moved_from != 0) {
    json.Key("moved").Bool(true);
    json.Key("moved_from").Decimal(event.origin.moved_from);
  }
  json.EndObject();
  if (workload.naming == Naming::kMissing ||
      workload.naming == Naming::kNoContainer)
    json.Key("enrichment").String(ToString(workload.naming));
}

namespace {

void AppendLastAsked(const std::vector<DomainName>& names, size_t list_bytes,
                     JsonWriter& json) {
  if (names.empty() || list_bytes == 0) return;
  const size_t start = json.size();
  json.Key("last_asked").BeginArray();
  for (const DomainName& name : names)
    if (json.size() - start < list_bytes) json.Name(name);
  json.EndArray();
}

}  // namespace

void AppendVerdictJson(const ConnectVerdict& verdict, size_t list_bytes,
                       JsonWriter& json) {
  json.Key("dns").BeginObject();
  json.Key("state").String(ToString(verdict.state));
  AppendNames(verdict.names, list_bytes, json);
  json.Key("age_ms");
  using std::chrono::milliseconds;
  verdict.age
      ? json.Signed(std::chrono::floor<milliseconds>(*verdict.age).count())
      : json.Null();
  json.Key("ttl_s");
  verdict.ttl_s ? json.Number(*verdict.ttl_s) : json.Null();
  json.Key("resolver");
  verdict.resolver ? json.HostPort(*verdict.resolver) : json.Null();
  if (verdict.encrypted) json.Key("encrypted").Bool(true);
  if (!verdict.history_complete) json.Key("history_complete").Bool(false);
  if (verdict.seen_elsewhere) json.Key("seen_elsewhere").Bool(true);
  AppendLastAsked(verdict.last_asked, list_bytes, json);
  json.EndObject();
}

void AppendBodyJson(const Event& event, ClockOffset clock, size_t list_bytes,
                    JsonWriter& json) {
  json.BeginObject();
  std::visit(BodyWriter(json, clock, list_bytes), event.body);
  json.EndObject();
}

void AppendEventJson(const Event& event, const EventJsonContext& context,
                     std::string& out) {
  JsonWriter json(out);
  json.BeginObject();
  json.Key("v").Number(1);
  json.Key("kind").String(event.Kind());
  json.Key("time").Time(context.clock.ToWall(event.time));
  json.Key("seq").Number(event.seq);
  json.Key("node").String(context.node, kTextCap);
  AppendOrigin(event, json);
  json.Key(event.Kind());
  AppendBodyJson(event, context.clock, kMaxEventList, json);
  json.EndObject();
}

}  // namespace nameward
