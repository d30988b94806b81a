// SPDX-License-Identifier: Apache-2.0
// What a line says; that each is valid OCSF, tests/ocsf shows.
#include "alert/telemetry.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <nlohmann/json.hpp>

#include "alert/sample_events.h"

namespace nameward {
namespace {

using Json = nlohmann::json;

RenderedAlert Render(const Event& event) {
  RenderedAlert record;
  RenderTelemetry(event, {kSampleNode, "5b1c", kSampleClock, 3}, record);
  return record;
}

Json Line(const Event& event) { return Json::parse(Render(event).text); }

Json OfConnect(ConnectResult result, int error, uint8_t protocol = 6) {
  Event event = SampleConnect();
  auto& connect = std::get<ConnectEvent>(event.body);
  connect.result = result;
  connect.error = error;
  connect.protocol = protocol;
  return Line(event);
}

TEST(TelemetryLine, StaysWithinItsBoundForHostileEvents) {
  for (Event event : {MakeHostile(SampleDns()), MakeHostile(SampleConnect())}) {
    const std::string text = Render(event).text;
    EXPECT_LE(text.size(), kMaxTelemetryLine);
    EXPECT_TRUE(Json::accept(text)) << text;
  }
}

TEST(TelemetryLine, CountsTheAnswersThatItLeavesOut) {
  Event event = SampleDns();
  auto& message = std::get<DnsEvent>(event.body).message;
  message.response = true;
  message.wire.assign(4, 1);
  for (int i = 0; i < 4000; ++i)
    message.records.push_back(
        {HostileName(), kTypeA, 1, 60, DnsSection::kAnswer, 4, 0});
  const RenderedAlert record = Render(event);
  EXPECT_LE(record.text.size(), kMaxTelemetryLine);
  const Json json = Json::parse(record.text);
  EXPECT_EQ(json["answers"].size() +
                json["unmapped"]["dns"]["answers_omitted"].get<size_t>(),
            4000U);
}

TEST(TelemetryLine, SaysWhatBecameOfAConnect) {
  const Json open = OfConnect(ConnectResult::kAttempt, 0);
  EXPECT_EQ(open["activity_name"], "Open");
  EXPECT_EQ(open["status"], "Unknown");
  const Json refused = OfConnect(ConnectResult::kFailed, ECONNREFUSED);
  EXPECT_EQ(refused["activity_name"], "Refuse");
  EXPECT_EQ(refused["type_uid"], 400105);
  EXPECT_EQ(refused["unmapped"]["connect"]["errno"], ECONNREFUSED);
  const Json failed = OfConnect(ConnectResult::kFailed, ETIMEDOUT);
  EXPECT_EQ(failed["activity_name"], "Fail");
  EXPECT_EQ(failed["status"], "Failure");
  EXPECT_EQ(OfConnect(ConnectResult::kAttempt, 0, 17)["activity_name"],
            "Traffic");
}

TEST(TelemetryLine, GivesCodesThatOcsfLacksAsOther) {
  Event event = SampleDns();
  auto& message = std::get<DnsEvent>(event.body).message;
  message.response = true;
  message.rcode = 13;
  const Json json = Line(event);
  EXPECT_EQ(json["rcode_id"], 99);
  EXPECT_EQ(json["rcode"], "RCODE13");
}

TEST(TelemetryLine, IsKeyedAsTheAlertsOfItsWorkload) {
  EXPECT_EQ(Render(SampleDns()).key, "eu1/payments/Deployment/checkout");
}

TEST(TelemetryLine, HasAnIdThatNoRestartRepeats) {
  Event event = SampleDns();
  const std::string before = Render(event).uid;
  event.time += 1h;  // the same `seq`, in another run of this boot
  EXPECT_NE(Render(event).uid, before);
  EXPECT_EQ(Line(event)["metadata"]["sequence"], 3);
}

}  // namespace
}  // namespace nameward
