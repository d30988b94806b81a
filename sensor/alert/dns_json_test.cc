// SPDX-License-Identifier: Apache-2.0
#include "alert/dns_json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace nameward {
namespace {

using Json = nlohmann::json;

DnsEvent TwoAddresses() {
  DnsEvent dns;
  DnsMessage& message = dns.message;
  message.id = 7;
  message.response = message.rd = message.ra = true;
  message.question_count = 1;
  message.question = {*DomainName::Parse("shop.test"), kTypeA, 1};
  message.wire = {0, 7, 0x81, 0x80, 0, 1, 0,   2, 0, 0,
                  0, 1, 192,  0,    2, 1, 192, 0, 2, 2};
  for (uint32_t at : {12u, 16u})
    message.records.push_back({*DomainName::Parse("shop.test"), kTypeA, 1, 60,
                               DnsSection::kAnswer, 4, at});
  message.records.push_back({*DomainName::Parse("ns.test"), kTypeA, 1, 60,
                             DnsSection::kAdditional, 4, 12});
  return dns;
}

Json Written(const DnsEvent& dns, size_t list_bytes) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  AppendDnsMembers(dns, list_bytes, json);
  json.EndObject();
  return Json::parse(out);
}

TEST(DnsJson, SaysWhatTheQuestionWasOnlyIfItWasSomething) {
  DnsEvent dns = TwoAddresses();
  Json json = Written(dns, kNoCap);
  for (const char* key : {"base", "expansion", "external", "diverted"})
    EXPECT_FALSE(json.contains(key)) << key;
  dns.base_labels = 1;
  dns.expansion = dns.diverted = true;
  dns.external = 1;
  dns.message.chain = {*DomainName::Parse("shop.test"),
                       *DomainName::Parse("paste.example")};
  json = Written(dns, kNoCap);
  EXPECT_EQ(json["base"], "shop");
  EXPECT_EQ(json["expansion"], true);
  EXPECT_EQ(json["external"], "paste.example");
  EXPECT_EQ(json["diverted"], true);
}

TEST(DnsJson, SaysWhatWasAskedAndWhatWasAnswered) {
  const Json json = Written(TwoAddresses(), kNoCap);
  EXPECT_EQ(json["opcode"], "QUERY");
  EXPECT_EQ(json["rcode"], "NOERROR");
  EXPECT_EQ(json["flags"], Json({"rd", "ra"}));
  EXPECT_EQ(json["qname"], "shop.test");
  EXPECT_EQ(json["qtype"], "A");
  EXPECT_EQ(json["qclass"], "IN");
  ASSERT_EQ(json["answers"].size(), 2U);
  EXPECT_EQ(json["answers"][1], Json({{"name", "shop.test"},
                                      {"type", "A"},
                                      {"ttl", 60},
                                      {"data", "192.0.2.2"}}));
  EXPECT_FALSE(json.contains("answers_omitted"));
}

TEST(DnsJson, CountsTheAnswersThatAListHasNoRoomFor) {
  const Json json = Written(TwoAddresses(), 40);
  EXPECT_EQ(json["answers"].size(), 1U);
  EXPECT_EQ(json["answers_omitted"], 1);
}

TEST(DnsJson, CountsTheAnswersThatADedupWindowLetGo) {
  DnsEvent dns = TwoAddresses();
  dns.message.records.clear();
  dns.message.wire.resize(12);
  const Json json = Written(dns, kNoCap);
  EXPECT_EQ(json["answers"], Json::array());
  EXPECT_EQ(json["answers_omitted"], 2);
}

TEST(DnsJson, AMessageWithoutAQuestionHasNoName) {
  const Json json = Written(DnsEvent(), kNoCap);
  EXPECT_TRUE(json["qname"].is_null());
  EXPECT_TRUE(json["qtype"].is_null());
  EXPECT_TRUE(json["qclass"].is_null());
}

}  // namespace
}  // namespace nameward
