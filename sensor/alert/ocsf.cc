// SPDX-License-Identifier: Apache-2.0
#include "alert/ocsf.h"

#include <array>

#include "alert/attack_names.h"
#include "alert/detail.h"
#include "alert/event_json.h"
#include "alert/facts.h"
#include "alert/json_writer.h"
#include "alert/ocsf_evidence.h"
#include "alert/ocsf_objects.h"

namespace nameward {
namespace {

constexpr std::array<std::string_view, 6> kSeverities = {
    "Unknown", "Informational", "Low", "Medium", "High", "Critical"};
constexpr std::array<std::string_view, 4> kConfidences = {"Unknown", "Low",
                                                          "Medium", "High"};

class FindingWriter {
 public:
  FindingWriter(const Alert& alert, const AlertDetail& detail, std::string& out)
      : alert_(alert),
        rule_(*alert.finding.rule),
        detail_(detail),
        json_(out) {}

  void Write() {
    json_.BeginObject();
    Classification();
    Metadata();
    FindingInfo();
    json_.Key("evidences").BeginArray();
    AppendOcsfEvidence(alert_, detail_, json_);
    json_.EndArray();
    AppendOcsfResources(alert_, detail_, json_);
    AppendOcsfObservables(alert_, detail_, json_);
    Unmapped();
    json_.EndObject();
  }

 private:
  void Text(std::string_view key, std::string_view text) {
    json_.Key(key).String(text, detail_.text);
  }
  void TextIfAny(std::string_view key, std::string_view text) {
    if (!text.empty()) Text(key, text);
  }

  void Classification() {
    const uint64_t activity = alert_.update ? 2 : 1;
    json_.Key("category_uid").Number(2);
    json_.Key("category_name").String("Findings");
    json_.Key("class_uid").Number(2004);
    json_.Key("class_name").String("Detection Finding");
    json_.Key("activity_id").Number(activity);
    json_.Key("activity_name").String(alert_.update ? "Update" : "Create");
    json_.Key("type_uid").Number(200400 + activity);
    json_.Key("type_name")
        .String(alert_.update ? "Detection Finding: Update"
                              : "Detection Finding: Create");
    json_.Key("time").Milliseconds(alert_.time);
    json_.Key("time_dt").Time(alert_.time);
    const auto severity = static_cast<size_t>(SeverityOf(alert_));
    json_.Key("severity_id").Number(severity);
    json_.Key("severity").String(kSeverities[severity]);
    const auto confidence = static_cast<size_t>(ConfidenceOf(alert_));
    json_.Key("confidence_id").Number(confidence);
    json_.Key("confidence").String(kConfidences[confidence]);
    json_.Key("action_id").Number(3);  // Observed
    json_.Key("action").String("Observed");
    json_.Key("disposition_id").Number(15);
    json_.Key("disposition").String("Detected");
    json_.Key("status_id").Number(1);
    json_.Key("status").String("New");
    json_.Key("is_alert").Bool(rule_.mode == RuleMode::kAlert);
    json_.Key("count").Number(alert_.count);
    Text("message", alert_.finding.reason);
  }

  void Metadata() {
    const OcsfObjects objects{alert_.event, ClockOf(alert_), detail_.text,
                              json_};
    json_.Key("metadata").BeginObject();
    json_.Key("version").String(kOcsfVersion);
    json_.Key("uid").String(alert_.uid);
    objects.Product();
    objects.Tenant(alert_.node);
    json_.Key("profiles").BeginArray();
    json_.String("host");
    json_.String("security_control");
    json_.EndArray();
    json_.EndObject();
    objects.Device(alert_.node);
  }

  void FindingInfo() {
    json_.Key("finding_info").BeginObject();
    json_.Key("uid").String(alert_.finding_uid);
    Text("title", rule_.title.empty() ? rule_.id : rule_.title);
    Text("desc", alert_.finding.reason);
    json_.Key("types").BeginArray();
    json_.String(alert_.event.Kind());
    json_.EndArray();
    json_.Key("first_seen_time").Milliseconds(alert_.first_seen);
    json_.Key("first_seen_time_dt").Time(alert_.first_seen);
    json_.Key("last_seen_time").Milliseconds(alert_.last_seen);
    json_.Key("last_seen_time_dt").Time(alert_.last_seen);
    json_.Key("analytic").BeginObject();
    json_.Key("type_id").Number(1);
    json_.Key("type").String("Rule");
    Text("uid", rule_.id);
    TextIfAny("name", rule_.title);
    TextIfAny("desc", rule_.description);
    TextIfAny("version", rule_.set_id);
    json_.EndObject();
    Attacks();
    if (!rule_.references.empty()) Text("src_url", rule_.references.front());
    json_.EndObject();
  }

  // T1071.004 is the sub-technique 004 of T1071.
  void Attacks() {
    if (rule_.attack.empty() || !detail_.extras) return;
    json_.Key("attacks").BeginArray();
    for (const std::string& id : rule_.attack) {
      const size_t dot = id.find('.');
      json_.BeginObject();
      Technique("technique", std::string_view(id).substr(0, dot));
      if (dot != std::string::npos) Technique("sub_technique", id);
      json_.EndObject();
    }
    json_.EndArray();
  }

  void Technique(std::string_view key, std::string_view id) {
    json_.Key(key).BeginObject();
    Text("uid", id);
    Text("name", AttackName(id));
    json_.EndObject();
  }

  // What OCSF has no word for.
  void Unmapped() {
    json_.Key("unmapped").BeginObject();
    json_.Key("sensor").BeginObject();
    json_.Key("event_seq").Number(alert_.event.seq);
    json_.Key("update_number").Number(alert_.update_number);
    json_.Key("losses_since_last").Number(alert_.losses_since_last);
    json_.Key("scope_unknown").Bool(alert_.finding.scope_unknown);
    json_.Key("dry_run").Bool(rule_.mode == RuleMode::kDryRun);
    json_.Key("truncated").Bool(!detail_.extras);
    TextIfAny("rule_owner", rule_.owner);
    json_.EndObject();
    json_.EndObject();
  }

  const Alert& alert_;
  const RuleInfo& rule_;
  const AlertDetail detail_;
  JsonWriter json_;
};

}  // namespace

void AppendOcsf(const Alert& alert, std::string& out) {
  AppendWithinBound(out, [&](const AlertDetail& detail) {
    FindingWriter(alert, detail, out).Write();
  });
}

}  // namespace nameward
