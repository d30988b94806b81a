// SPDX-License-Identifier: Apache-2.0
#include "alert/telemetry.h"

#include <cerrno>
#include <string>

#include "alert/dns_json.h"
#include "alert/event_json.h"
#include "alert/facts.h"
#include "alert/json_writer.h"
#include "alert/ocsf_objects.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

constexpr size_t kListBytes = 2048;  // as an alert's evidence

struct Activity {
  uint64_t id;
  std::string_view name;
};

Activity ActivityOf(const DnsMessage& message) {
  return message.response ? Activity{2, "Response"} : Activity{1, "Query"};
}

Activity ActivityOf(const ConnectEvent& connect) {
  if (connect.result == ConnectResult::kFailed)
    return connect.error == ECONNREFUSED ? Activity{5, "Refuse"}
                                         : Activity{4, "Fail"};
  // A datagram opens nothing.
  return connect.protocol == kTcp ? Activity{1, "Open"}
                                  : Activity{6, "Traffic"};
}

// OCSF's rcode_id ends at 25 and knows no 12 to 15.
uint64_t RcodeId(uint16_t rcode) {
  const bool unknown = rcode > 25 || (rcode > 11 && rcode < 16);
  return unknown ? 99 : rcode;
}

class ActivityWriter {
 public:
  ActivityWriter(const Event& event, const TelemetryContext& context,
                 std::string_view uid, std::string& out)
      : event_(event), context_(context), uid_(uid), json_(out) {}

  void operator()(const DnsEvent& dns) {
    json_.BeginObject();
    Classification(4003, "DNS Activity", ActivityOf(dns.message));
    if (dns.message.response) Outcome(dns.message.rcode);
    objects_.Query(dns.message);
    if (dns.message.response) Answers(dns.message);
    Surroundings();
    json_.Key("dns").BeginObject();
    json_.Key("port53").Bool(dns.Port53());
    json_.Key("matched").Bool(dns.matched);
    json_.Key("truncated").Bool(dns.truncated_capture);
    if (dns.wire) json_.Key("wire").HostPort(*dns.wire);
    AppendNames(dns.message.chain, kListBytes, json_);
    if (omitted_ > 0) json_.Key("answers_omitted").Number(omitted_);
    End();
  }

  void operator()(const ConnectEvent& connect) {
    json_.BeginObject();
    Classification(4001, "Network Activity", ActivityOf(connect));
    Outcome(connect);
    json_.Key("count").Number(connect.count);
    Surroundings();
    json_.Key("connect").BeginObject();
    if (connect.result == ConnectResult::kFailed)
      json_.Key("errno").Signed(connect.error);
    if (connect.wire) json_.Key("wire").HostPort(*connect.wire);
    AppendVerdictJson(connect.verdict, kListBytes, json_);
    End();
  }

  template <typename Other>
  void operator()(const Other&) {}

 private:
  void Classification(uint64_t class_uid, std::string_view name,
                      const Activity& activity) {
    const WallTime time = context_.clock.ToWall(event_.time);
    json_.Key("category_uid").Number(4);
    json_.Key("category_name").String("Network Activity");
    json_.Key("class_uid").Number(class_uid);
    json_.Key("class_name").String(name);
    json_.Key("activity_id").Number(activity.id);
    json_.Key("activity_name").String(activity.name);
    json_.Key("type_uid").Number(class_uid * 100 + activity.id);
    json_.Key("time").Milliseconds(time);
    json_.Key("time_dt").Time(time);
    json_.Key("severity_id").Number(1);
    json_.Key("severity").String("Informational");
    json_.Key("metadata").BeginObject();
    json_.Key("version").String(kOcsfVersion);
    json_.Key("uid").String(uid_, kTextCap);
    json_.Key("sequence").Number(context_.sequence);
    objects_.Product();
    objects_.Tenant(context_.node);
    json_.Key("profiles").BeginArray();
    json_.String("host");
    json_.EndArray();
    json_.EndObject();
  }

  void Status(uint64_t id) {
    constexpr std::string_view kWords[] = {"Unknown", "Success", "Failure"};
    json_.Key("status_id").Number(id);
    json_.Key("status").String(kWords[id]);
  }

  void Outcome(uint16_t rcode) {
    json_.Key("rcode_id").Number(RcodeId(rcode));
    json_.Key("rcode");
    Made(AppendDnsRcode, rcode);
    Status(rcode == 0 ? 1 : 2);
  }

  void Outcome(const ConnectEvent& connect) {
    if (connect.result == ConnectResult::kAttempt) return Status(0);
    Status(connect.result == ConnectResult::kEstablished ? 1 : 2);
  }

  void Answers(const DnsMessage& message) {
    const size_t start = json_.size();
    json_.Key("answers").BeginArray();
    for (const DnsRecord& record : message.records) {
      if (record.section != DnsSection::kAnswer) continue;
      if (json_.size() - start >= kListBytes)
        ++omitted_;
      else
        Answer(message, record);
    }
    json_.EndArray();
  }

  void Answer(const DnsMessage& message, const DnsRecord& record) {
    json_.BeginObject();
    json_.Key("type");
    Made(AppendDnsType, record.type);
    json_.Key("class");
    Made(AppendDnsClass, record.klass);
    json_.Key("ttl").Number(record.ttl);
    json_.Key("rdata");
    text_.clear();
    AppendRdata(message, record, text_);
    json_.String(text_, kNameCap);
    json_.EndObject();
  }

  // Both ends, who and where; leaves `unmapped` open.
  void Surroundings() {
    objects_.Endpoints();
    if (event_.origin.process) {
      json_.Key("actor").BeginObject();
      objects_.Process();
      json_.EndObject();
    }
    objects_.Device(context_.node);
    json_.Key("unmapped").BeginObject();
    json_.Key("sensor").BeginObject();
    json_.Key("event_seq").Number(event_.seq);
    json_.EndObject();
    const Workload& workload = WorkloadOf(event_);
    json_.Key("workload").String(workload.DisplayName(), kTextCap);
    AppendCgroupMembers(event_, kTextCap, json_);
    if (workload.pod) Pod(*workload.pod);
    objects_.Container();
  }

  void Pod(const nameward::Pod& pod) {
    json_.Key("pod").BeginObject();
    json_.Key("namespace").String(pod.namespace_name, kTextCap);
    json_.Key("name").String(pod.name, kTextCap);
    json_.Key("uid").String(pod.uid, kTextCap);
    json_.EndObject();
  }

  void End() {
    json_.EndObject();  // of the kind
    json_.EndObject();  // unmapped
    json_.EndObject();
  }

  template <typename Append, typename Value>
  void Made(Append append, Value value) {
    text_.clear();
    append(value, text_);
    json_.String(text_);
  }

  const Event& event_;
  const TelemetryContext& context_;
  const std::string_view uid_;
  JsonWriter json_;
  const OcsfObjects objects_{event_, context_.clock, kTextCap, json_};
  std::string text_;
  uint64_t omitted_ = 0;
};

}  // namespace

void RenderTelemetry(const Event& event, const TelemetryContext& context,
                     RenderedAlert& out) {
  // One for each event; `seq` begins anew with each run, the boot's clock does
  // not.  No hash, for there may be 10,000 a second.
  const auto since_boot = event.time.time_since_epoch().count();
  out.uid.assign(context.boot_id).append(1, '.');
  out.uid.append(std::to_string(since_boot)).append(1, '.');
  out.uid += std::to_string(event.seq);
  out.key = PartitionKey(event, context.node);
  out.time = context.clock.ToWall(event.time);
  out.severity = Severity::kInformational;
  out.rule.clear();
  out.finding_uid.clear();
  out.text.clear();
  std::visit(ActivityWriter(event, context, out.uid, out.text), event.body);
}

}  // namespace nameward
