// SPDX-License-Identifier: Apache-2.0
#include "alert/ocsf_objects.h"

#include <algorithm>
#include <string>

#include "alert/facts.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

uint64_t OpcodeId(uint8_t opcode) { return opcode <= 6 ? opcode : 99; }

// OCSF boundary_id: 1 localhost, 2 internal, 3 external.
uint64_t BoundaryId(const IpAddress& address) {
  if (address.IsLoopback() || address.IsUnspecified()) return 1;
  return address.IsPrivate() || address.IsLinkLocal() ? 2 : 3;
}

void AppendEndpoint(std::string_view key, const Endpoint& endpoint,
                    std::string_view hostname, JsonWriter& json) {
  json.Key(key).BeginObject();
  json.Key("ip").Address(endpoint.address);
  json.Key("port").Number(endpoint.port);
  if (!hostname.empty()) json.Key("hostname").String(hostname, kNameCap);
  json.EndObject();
}

void AppendConnectionInfo(const Ends& ends, JsonWriter& json) {
  const IpAddress& address = ends.destination->address;
  json.Key("connection_info").BeginObject();
  json.Key("direction_id").Number(2);
  json.Key("direction").String("Outbound");
  json.Key("protocol_num").Number(ends.protocol);
  if (const auto name = ProtocolName(ends.protocol); !name.empty())
    json.Key("protocol_name").String(name);
  json.Key("protocol_ver_id").Number(address.IsV4() ? 4 : 6);
  json.Key("boundary_id").Number(BoundaryId(address));
  json.EndObject();
}

}  // namespace

void OcsfObjects::Product() const {
  json.Key("product").BeginObject();
  json.Key("name").String("nameward");
  json.Key("vendor_name").String("nameward");
  json.Key("version").String(NW_VERSION);
  json.EndObject();
}

void OcsfObjects::Tenant(const NodeIdentity& node) const {
  if (!node.cluster.empty()) json.Key("tenant_uid").String(node.cluster, cap);
}

void OcsfObjects::Device(const NodeIdentity& node) const {
  json.Key("device").BeginObject();
  json.Key("type_id").Number(1);  // Server
  json.Key("hostname").String(node.name, cap);
  json.Key("name").String(node.name, cap);
  if (!node.machine_id.empty()) json.Key("uid").String(node.machine_id, cap);
  json.EndObject();
}

void OcsfObjects::Query(const DnsMessage& message) const {
  if (message.question_count == 0) return;
  std::string text;  // short: IANA's names need no memory of their own
  json.Key("query").BeginObject();
  json.Key("hostname").Name(message.question.name);
  AppendDnsType(message.question.type, text);
  json.Key("type").String(text);
  text.clear();
  AppendDnsClass(message.question.klass, text);
  json.Key("class").String(text);
  json.Key("opcode_id").Number(OpcodeId(message.opcode));
  json.EndObject();
}

void OcsfObjects::Endpoints() const {
  const Ends ends = EndsOf(event);
  if (ends.source != nullptr)
    AppendEndpoint("src_endpoint", *ends.source, {}, json);
  if (ends.destination == nullptr) return;
  AppendEndpoint("dst_endpoint", *ends.destination, ServerNameOf(event), json);
  AppendConnectionInfo(ends, json);
}

void OcsfObjects::Process() const {
  if (!event.origin.process) return;
  const nameward::Process& process = *event.origin.process;
  const auto started = BootTimeFromNanoseconds(process.start_ns);
  json.Key("process").BeginObject();
  json.Key("pid").Number(process.tgid);
  json.Key("tid").Number(process.tid);
  json.Key("name").String(process.Comm(), kCommCap);
  if (process.exe != nullptr)
    json.Key("path").String(*process.exe, std::min(kExeCap, cap));
  if (process.start_ns != 0)
    json.Key("created_time").Milliseconds(clock.ToWall(started));
  json.Key("user").BeginObject();
  json.Key("uid").Decimal(process.uid);
  json.EndObject();
  json.EndObject();
}

void OcsfObjects::Container() const {
  const Workload& workload = WorkloadOf(event);
  if (!workload.container) return;
  const nameward::Container& container = *workload.container;
  json.Key("container").BeginObject();
  json.Key("uid").String(container.id, cap);
  if (!container.name.empty()) json.Key("name").String(container.name, cap);
  if (!container.image_id.empty()) {
    json.Key("image").BeginObject();
    json.Key("uid").String(container.image_id, cap);
    if (!container.image.empty()) json.Key("name").String(container.image, cap);
    json.EndObject();
  }
  if (workload.pod) {
    json.Key("pod_uuid").String(workload.pod->uid, cap);
    json.Key("orchestrator").String("kubernetes");
  }
  json.EndObject();
}

}  // namespace nameward
