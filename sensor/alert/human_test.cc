// SPDX-License-Identifier: Apache-2.0
#include "alert/human.h"

#include <gtest/gtest.h>

#include <string>

#include "alert/sample_events.h"

namespace nameward {
namespace {

std::string Line(const Alert& alert, Colour colour = Colour::kNo) {
  std::string line;
  AppendHuman(alert, colour, line);
  return line;
}

std::string Line(const Event& event) {
  std::string line;
  AppendHumanEvent(event, kSampleClock, line);
  return line;
}

constexpr std::string_view kWho =
    "2026-01-02T03:04:06.500Z payments/Deployment/checkout (curl, pid 4711) ";

TEST(Human, SaysWhoDidWhatOnce) {
  EXPECT_EQ(Line(SampleAlert(SampleTransport(), SampleRule())),
            "2026-01-02T03:04:06.500Z HIGH     payments-unexpected-domain: "
            "curl asked for www.example.com");
}

TEST(Human, CountsAnUpdateAndTellsLosses) {
  Alert alert = SampleAlert(SampleTransport(), SampleRule());
  alert.update = true;
  alert.count = 12;
  alert.losses_since_last = 3;
  alert.finding.scope_unknown = true;
  EXPECT_NE(Line(alert).find(
                "www.example.com (its pod is not known) (12 times since "
                "2026-01-02T03:04:06.500Z) (3 records lost since the last "
                "alert)"),
            std::string::npos)
      << Line(alert);
}

TEST(Human, UsesTheEventsWordsWhereAFindingHasNoReason) {
  Alert alert = SampleAlert(SampleTransport(), SampleRule());
  alert.finding.reason.clear();
  EXPECT_EQ(Line(alert),
            "2026-01-02T03:04:06.500Z HIGH     payments-unexpected-domain: "
            "payments/Deployment/checkout (curl, pid 4711) spoke DNS over TLS "
            "with 9.9.9.9:853/tcp, dns.quad9.net");
}

TEST(Human, ColoursTheSeverityOnlyWhenAsked) {
  const Alert alert = SampleAlert(SampleConnect(), SampleRule());
  EXPECT_NE(Line(alert, Colour::kYes).find("\x1b[31mHIGH    \x1b[0m"),
            std::string::npos);
  EXPECT_EQ(Line(alert).find('\x1b'), std::string::npos);
}

TEST(Human, SaysEachKindOfEventAsASentence) {
  const std::string who(kWho);
  std::vector<std::string> lines;
  for (const Event& event : OneOfEachKind()) lines.push_back(Line(event));
  EXPECT_EQ(lines,
            (std::vector<std::string>{
                who + "asked 10.96.0.10:53/udp for www.example.com A",
                who + "connected to [2001:db8::1]:443/tcp: bound, "
                      "www.example.com",
                who + "spoke DNS over TLS with 9.9.9.9:853/tcp, dns.quad9.net",
                who + "closed 10.1.0.9:40000 -> 192.0.2.1:123/udp after 1500 "
                      "ms: 48 bytes sent, 76 received",
                who + "asked 10.96.0.10:53/udp for www.example.com A",
                who + "malformed message of 44 bytes between 10.1.0.9:40000 "
                      "and 10.96.0.10:53/udp: pointer",
                who + "lost 12 answer records since 2026-01-02T03:04:06.000Z: "
                      "full"}));
}

TEST(Human, SaysWhatAnAnswerGaveAndWhetherAnybodyAsked) {
  Event event = SampleDns();
  auto& dns = std::get<DnsEvent>(event.body);
  dns.message.response = true;
  dns.message.wire.assign(24, 192);
  for (uint32_t i = 0; i < 6; ++i)
    dns.message.records.push_back({NameOf("www.example.com"), kTypeA, 1, 60,
                                   DnsSection::kAnswer, 4, i * 4});
  EXPECT_EQ(Line(event),
            std::string(kWho) +
                "got NOERROR unasked from 10.96.0.10:53/udp for "
                "www.example.com A: 192.192.192.192, 192.192.192.192, "
                "192.192.192.192, 192.192.192.192, …");
  dns.matched = true;
  EXPECT_NE(Line(event).find("NOERROR from"), std::string::npos);
}

}  // namespace
}  // namespace nameward
