// SPDX-License-Identifier: Apache-2.0
// What the ECS and Falco profiles say, field by field (docs/alert-schema.md).
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "alert/ecs.h"
#include "alert/falco.h"
#include "alert/sample_events.h"

namespace nameward {
namespace {

using Json = nlohmann::json;

Json Ecs(const Alert& alert) {
  std::string line;
  AppendEcs(alert, line);
  return Json::parse(line);
}

Json Falco(const Alert& alert) {
  std::string line;
  AppendFalco(alert, line);
  return Json::parse(line);
}

Json At(const Json& json, const char* pointer) {
  const Json::json_pointer path(pointer);
  return json.contains(path) ? json.at(path) : Json();
}

TEST(Ecs, SaysWhoAskedWhatOfWhom) {
  const Json json = Ecs(SampleAlert(SampleDns(), SampleRule()));
  EXPECT_EQ(At(json, "/event/kind"), "alert");
  EXPECT_EQ(At(json, "/event/category"), Json::array({"network"}));
  EXPECT_EQ(At(json, "/dns/type"), "query");
  EXPECT_EQ(At(json, "/dns/question/name"), "www.example.com");
  EXPECT_EQ(At(json, "/dns/question/type"), "A");
  EXPECT_EQ(At(json, "/destination/ip"), "10.96.0.10");
  EXPECT_EQ(At(json, "/network/transport"), "udp");
  EXPECT_EQ(At(json, "/network/protocol"), "dns");
  EXPECT_EQ(At(json, "/process/executable"), "/usr/bin/curl");
  EXPECT_EQ(At(json, "/orchestrator/namespace"), "payments");
  EXPECT_EQ(At(json, "/orchestrator/resource/name"), "checkout-1");
  EXPECT_EQ(At(json, "/orchestrator/resource/parent/type"), "Deployment");
  EXPECT_EQ(At(json, "/orchestrator/resource/label"),
            Json::array({"app:checkout"}));
  EXPECT_EQ(At(json, "/container/name"), "main");
}

TEST(Ecs, NamesRuleAndTechniques) {
  const Json json = Ecs(SampleAlert(SampleConnect(), SampleRule()));
  EXPECT_EQ(At(json, "/rule/id"), "payments-unexpected-domain");
  EXPECT_EQ(At(json, "/threat/technique/id"), Json::array({"T1071", "T1572"}));
  EXPECT_EQ(At(json, "/threat/technique/subtechnique/id"),
            Json::array({"T1071.004"}));
  EXPECT_EQ(At(json, "/event/type"), Json::array({"connection"}));
  EXPECT_EQ(At(json, "/nameward/connect/dns/state"), "bound");
}

TEST(Ecs, NamesTheServerThatTheClientNamed) {
  const Json json = Ecs(SampleAlert(SampleTransport(), SampleRule()));
  EXPECT_EQ(At(json, "/destination/domain"), "dns.quad9.net");
  EXPECT_EQ(At(json, "/network/protocol"), "dot");
  EXPECT_EQ(At(json, "/related/hosts"), Json::array({"dns.quad9.net"}));
}

TEST(Falco, HasWhatItsReadersRequire) {
  const Json json = Falco(SampleAlert(SampleDns(), SampleRule()));
  for (const char* key : {"time", "rule", "priority", "output", "source",
                          "hostname", "tags", "output_fields"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["priority"], "Error");
  EXPECT_EQ(json["tags"], Json::array({"network", "T1071.004", "T1572"}));
}

TEST(Falco, KeepsItsFieldsFlat) {
  for (const Event& event : OneOfEachKind()) {
    const Json json = Falco(SampleAlert(event, SampleRule()));
    for (const Json& value : json["output_fields"])
      EXPECT_TRUE(value.is_primitive()) << value;
  }
}

TEST(Falco, UsesFalcosOwnFieldNames) {
  const Json fields =
      Falco(SampleAlert(SampleConnect(), SampleRule()))["output_fields"];
  EXPECT_EQ(fields["k8s.ns.name"], "payments");
  EXPECT_EQ(fields["k8s.pod.name"], "checkout-1");
  EXPECT_EQ(fields["proc.name"], "curl");
  EXPECT_EQ(fields["container.id"], "abc");
  EXPECT_EQ(fields["fd.sip"], "2001:db8::1");
  EXPECT_EQ(fields["fd.sport"], 443);
  EXPECT_EQ(fields["dns.state"], "bound");
}

}  // namespace
}  // namespace nameward
