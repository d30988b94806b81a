// SPDX-License-Identifier: Apache-2.0
// What all formats promise: one line of valid UTF-8 without control characters,
// within its bound, whatever the event holds and whatever the locale is.
#include <gtest/gtest.h>

#include <clocale>
#include <cstdlib>
#include <ctime>
#include <nlohmann/json.hpp>
#include <string>

#include "alert/detail.h"
#include "alert/event_json.h"
#include "alert/human.h"
#include "alert/ocsf.h"
#include "alert/render.h"
#include "alert/sample_events.h"

namespace nameward {
namespace {

using Json = nlohmann::json;

std::string EventLine(const Event& event) {
  std::string line;
  AppendEventJson(event, {"worker-7", kSampleClock}, line);
  return line;
}

std::string OcsfLine(const Alert& alert) {
  std::string line;
  AppendOcsf(alert, line);
  return line;
}

std::string HumanLine(const Alert& alert) {
  std::string line;
  AppendHuman(alert, Colour::kNo, line);
  return line;
}

// The alert in which every string of event and rule is hostile.
Alert WorstAlert(const Event& event) {
  Alert alert = SampleAlert(MakeHostile(event), HostileRule());
  alert.finding.reason = std::string(70'000, '\x03');
  alert.node = HostileNode();
  return alert;
}

void ExpectOneCleanLine(const std::string& line) {
  for (const char c : line) {
    EXPECT_TRUE(static_cast<uint8_t>(c) >= 0x20 && c != '\x7f') << line;
  }
  // nlohmann refuses to write bytes that are no UTF-8.
  EXPECT_NO_THROW(static_cast<void>(Json(line).dump()));
}

TEST(EventJson, IsOneValidLineForEachHostileEvent) {
  for (const Event& plain : OneOfEachKind()) {
    const Event event = MakeHostile(plain);
    const std::string line = EventLine(event);
    ExpectOneCleanLine(line);
    const Json json = Json::parse(line, nullptr, false);
    ASSERT_FALSE(json.is_discarded()) << line;
    EXPECT_EQ(json["kind"], event.Kind());
    EXPECT_TRUE(json.contains(event.Kind()));
  }
}

TEST(EventJson, SaysWhichNamesAreMissing) {
  Event event = SampleDns();
  Workload workload;
  workload.pod_uid = "11-22";
  workload.naming = Naming::kMissing;
  event.origin.workload = std::make_shared<const Workload>(workload);
  const Json missing = Json::parse(EventLine(event));
  EXPECT_TRUE(missing["pod"].is_null());
  EXPECT_EQ(missing["enrichment"], "missing");
  EXPECT_EQ(missing["cgroup"]["pod_uid"], "11-22");
  const Json alert = Json::parse(OcsfLine(SampleAlert(event, SampleRule())));
  EXPECT_EQ(alert["evidences"][0]["data"]["enrichment"], "missing");
  workload.pod = std::make_shared<const Pod>();
  workload.naming = Naming::kNoContainer;
  event.origin.workload = std::make_shared<const Workload>(workload);
  const Json nameless = Json::parse(EventLine(event));
  EXPECT_EQ(nameless["enrichment"], "no_container");
  EXPECT_FALSE(nameless["cgroup"].contains("pod_uid"));
}

TEST(EventJson, SaysThatAProcessLeftItsContainersCgroup) {
  Event event = SampleDns();
  event.origin.moved_from = 1;
  const Json line = Json::parse(EventLine(event));
  EXPECT_EQ(line["cgroup"]["moved"], true);
  EXPECT_EQ(line["cgroup"]["moved_from"], "1");
}

TEST(EventJson, RoundTripsNamesToWireBytes) {
  const Json json = Json::parse(EventLine(MakeHostile(SampleDns())));
  for (const Json& name : json["dns"]["names"])
    EXPECT_EQ(DomainName::Parse(name.get<std::string>()), HostileName());
  EXPECT_EQ(json["dns"]["names"].size(), DnsMessage::kMaxChain);
}

TEST(Ocsf, NeverCutsANameThatWasAskedOnAnotherPort) {
  Event event = SampleTransport();
  auto& transport = std::get<TransportEvent>(event.body);
  transport.kind = TransportKind::kDnsOtherPort;
  transport.name = HostileName().ToString();
  const Json json = Json::parse(OcsfLine(SampleAlert(event, SampleRule())));
  const Json& evidence = json["evidences"][0];
  EXPECT_EQ(evidence["query"]["hostname"], transport.name);
  EXPECT_EQ(evidence["data"]["transport"]["name"], transport.name);
}

class JsonFormat : public testing::TestWithParam<AlertFormat> {
 protected:
  static Json Render(const Alert& alert) {
    RenderedAlert rendered;
    RenderAlert(alert, GetParam(), rendered);
    ExpectOneCleanLine(rendered.text);
    EXPECT_LE(rendered.text.size(), kMaxAlertLine);
    return Json::parse(rendered.text);
  }
  // Where the format says that it had to shorten the alert.
  static bool Truncated(const Json& json) {
    if (GetParam() == AlertFormat::kEcs) return json["nameward"]["truncated"];
    if (GetParam() == AlertFormat::kFalco)
      return json["output_fields"]["nameward.truncated"];
    return json["unmapped"]["sensor"]["truncated"];
  }
};

TEST_P(JsonFormat, IsOneValidLineWithinItsBoundForEachHostileAlert) {
  for (const Event& event : OneOfEachKind()) {
    const Json json = Render(WorstAlert(event));
    // Falco's flat fields hold no list: they fit even so.
    EXPECT_EQ(Truncated(json), GetParam() != AlertFormat::kFalco);
  }
}

TEST_P(JsonFormat, ShowsAnOrdinaryAlertWhole) {
  for (const Event& event : OneOfEachKind())
    EXPECT_FALSE(Truncated(Render(SampleAlert(event, SampleRule()))));
}

TEST_P(JsonFormat, HasAName) {
  EXPECT_EQ(ParseAlertFormat(ToString(GetParam())), GetParam());
  EXPECT_NE(kAlertFormats.find(ToString(GetParam())), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(All, JsonFormat,
                         testing::Values(AlertFormat::kOcsf, AlertFormat::kEcs,
                                         AlertFormat::kFalco));

TEST(Human, LetsNoControlCharacterThrough) {
  for (const Event& event : OneOfEachKind()) {
    ExpectOneCleanLine(HumanLine(WorstAlert(event)));
    std::string line;
    AppendHumanEvent(MakeHostile(event), kSampleClock, line);
    ExpectOneCleanLine(line);
  }
}

TEST(Formats, DependOnNoLocaleAndNoTimeZone) {
  std::string before;
  for (const Event& event : OneOfEachKind())
    before += EventLine(event) + OcsfLine(SampleAlert(event, SampleRule()));
  // Whichever comma locale the machine has; with none, TZ alone is tried.
  for (const char* name : {"de_DE.UTF-8", "fr_FR.UTF-8", "C.utf8"})
    if (std::setlocale(LC_ALL, name) != nullptr) break;
  setenv("TZ", "Asia/Kathmandu", 1);
  tzset();
  std::string after;
  for (const Event& event : OneOfEachKind())
    after += EventLine(event) + OcsfLine(SampleAlert(event, SampleRule()));
  unsetenv("TZ");
  tzset();
  std::setlocale(LC_ALL, "C");
  EXPECT_EQ(before, after);
}

TEST(RenderAlert, KeysByWorkloadAndMarksDryRun) {
  auto rule = SampleRule();
  rule->mode = RuleMode::kDryRun;
  const Alert alert = SampleAlert(SampleConnect(), rule);
  RenderedAlert rendered;
  RenderAlert(alert, AlertFormat::kHuman, rendered);
  RenderAlert(alert, AlertFormat::kOcsf, rendered);
  EXPECT_EQ(rendered.key, "eu1/payments/Deployment/checkout");
  EXPECT_TRUE(rendered.dry_run);
  EXPECT_EQ(rendered.severity, Severity::kHigh);
  EXPECT_TRUE(Json::accept(rendered.text));
}

TEST(NameLog, NamesTheTopicAndLeavesThePlaceOfTheSequence) {
  const AlertLogs logs{"alerts", "dry-runs"};
  RenderedAlert rendered;
  RenderAlert(SampleAlert(SampleConnect(), SampleRule()), AlertFormat::kOcsf,
              rendered);
  NameLog({}, rendered);
  EXPECT_FALSE(Json::parse(rendered.text)["metadata"].contains("log_name"));
  NameLog(logs, rendered);
  rendered.text.insert(rendered.sequence_at, "\"sequence\":7,");
  const Json metadata = Json::parse(rendered.text)["metadata"];
  EXPECT_EQ(metadata["log_name"], "alerts");
  EXPECT_EQ(metadata["sequence"], 7);
  auto rule = SampleRule();
  rule->mode = RuleMode::kDryRun;
  RenderAlert(SampleAlert(SampleConnect(), rule), AlertFormat::kOcsf, rendered);
  NameLog(logs, rendered);
  EXPECT_EQ(Json::parse(rendered.text)["metadata"]["log_name"], "dry-runs");
}

TEST(DigestOf, IsTheDigestOfAnImageIdInEachOfItsForms) {
  EXPECT_EQ(DigestOf("registry.example:5000/app@sha256:0f"), "sha256:0f");
  EXPECT_EQ(DigestOf("sha256:0f"), "sha256:0f");
  for (const char* none :
       {"", "app", "registry.example:5000/app:1", "app:1", "app@"})
    EXPECT_EQ(DigestOf(none), "") << none;
}

TEST(PartitionKey, NamesTheNodeOfWhatIsNoPodAndTheClusterWhereItIsKnown) {
  Event event = SampleConnect();
  NodeIdentity node = kSampleNode;
  EXPECT_EQ(PartitionKey(event, node), "eu1/payments/Deployment/checkout");
  event.origin.workload.reset();
  EXPECT_EQ(PartitionKey(event, node), "eu1/worker-7/cgroup/0");
  node.cluster.clear();
  EXPECT_EQ(PartitionKey(event, node), "worker-7/cgroup/0");
  EXPECT_EQ(PartitionKey(SampleConnect(), node),
            "payments/Deployment/checkout");
}

TEST(CloudEventSource, NamesClusterAndNode) {
  EXPECT_EQ(CloudEventSource(kSampleNode), "/eu1/worker-7/nameward");
  EXPECT_EQ(CloudEventSource({"worker-7", "", ""}), "/nodes/worker-7/nameward");
}

TEST(RenderAlert, AKeyIsTextWhateverACgroupIsCalled) {
  Event event = SampleConnect();
  Workload workload;
  workload.cgroup_path = "/a\"b\x01\xff";
  event.origin.workload = std::make_shared<const Workload>(workload);
  RenderedAlert rendered;
  RenderAlert(SampleAlert(event, SampleRule()), AlertFormat::kOcsf, rendered);
  EXPECT_TRUE(rendered.key.ends_with("/cgroup/a\\\"b\\u0001\\u00ff"))
      << rendered.key;
}

TEST(Severity, IsOneStepLowerForAStaleAddress) {
  Event event = SampleConnect();
  std::get<ConnectEvent>(event.body).verdict.state = ConnectState::kStale;
  const Json json = Json::parse(OcsfLine(SampleAlert(event, SampleRule())));
  EXPECT_EQ(json["severity_id"], 3);
  EXPECT_EQ(json["severity"], "Medium");
}

}  // namespace
}  // namespace nameward
