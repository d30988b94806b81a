// SPDX-License-Identifier: Apache-2.0
#include "match/match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "match/testing.h"

namespace nameward {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(Match, EvaluatesEveryRuleAndNoneShadowsAnother) {
  const auto set = LoadOne(R"(
  - {id: one, title: t, event: dns.query, match: {qname: x.com}}
  - {id: two, title: t, event: dns.query, match: {qname: .x.com}}
  - {id: three, title: t, event: dns.query, match: {qname: y.com}}
)");
  EXPECT_THAT(Fired(*set, Query("x.com")), ElementsAre("one", "two"));
  EXPECT_THAT(Fired(*set, Query("a.x.com")), ElementsAre("two"));
}

TEST(Match, NeverMatchesANameBySubstring) {
  const auto set = LoadOne(
      "  - {id: one, title: t, event: dns.query, match: {qname: .x.com}}\n");
  EXPECT_THAT(Fired(*set, Query("evilx.com")), IsEmpty());
  EXPECT_THAT(Fired(*set, Query("x.com.evil")), IsEmpty());
}

TEST(Match, TakesAnAbsentFieldAsUnknownAndSoItsNegation) {
  const auto set = LoadOne(R"(
  - {id: plain, title: t, event: connect, match: {process.exe: /bin/a}}
  - {id: negated, title: t, event: connect, match: {not: {process.exe: /bin/a}}}
  - {id: not-in, title: t, event: connect, match: {process.exe: {not_in: [/bin/a]}}}
  - {id: any, title: t, event: connect, match: {any: [{process.exe: /bin/a}, {dst.port: 443}]}}
)");
  EXPECT_THAT(Fired(*set, Connect("203.0.113.7:443")), ElementsAre("any"));
  const auto counters = set->counters();
  EXPECT_EQ(counters[0].unknown, 1U);
  EXPECT_EQ(counters[1].unknown, 1U);
  EXPECT_EQ(counters[2].unknown, 1U);
  EXPECT_EQ(counters[3].unknown, 0U);
}

TEST(Match, NotInMeansThatNoneOfManyValuesIs) {
  const auto set = LoadOne(R"(
  - {id: none-in, title: t, event: connect, match: {dns.names: {not_in: [a.com]}}}
  - {id: some-in, title: t, event: connect, match: {dns.names: {in: [a.com]}}}
)");
  Event event = Connect("203.0.113.7:443");
  EXPECT_THAT(Fired(*set, event), IsEmpty()) << "no name: unknown";
  auto& names = std::get<ConnectEvent>(event.body).verdict.names;
  names = {*DomainName::Parse("a.com"), *DomainName::Parse("b.com")};
  EXPECT_THAT(Fired(*set, event), ElementsAre("some-in"));
  names = {*DomainName::Parse("b.com")};
  EXPECT_THAT(Fired(*set, event), ElementsAre("none-in"));
}

TEST(Match, TestsPortsByProtocolAndRange) {
  const auto set = LoadOne(R"(
  - {id: udp, title: t, event: connect, match: {dst.port: 443/udp}}
  - {id: low, title: t, event: connect, match: {dst.port: [1..1023]}}
)");
  EXPECT_THAT(Fired(*set, Connect("203.0.113.7:443")), ElementsAre("low"));
  Event udp = Connect("203.0.113.7:443");
  std::get<ConnectEvent>(udp.body).protocol = 17;
  EXPECT_THAT(Fired(*set, udp), ElementsAre("udp", "low"));
}

TEST(Match, TestsNetworksOfBothFamiliesAndNestedOnes) {
  const auto set = LoadOne(R"(
  - {id: net, title: t, event: connect, match: {dst.ip: [10.0.0.0/8, 10.1.0.0/16, "fd00::/8", 192.0.2.7]}}
)");
  EXPECT_THAT(Fired(*set, Connect("10.255.0.1:1")), ElementsAre("net"));
  EXPECT_THAT(Fired(*set, Connect("[fdff::1]:1")), ElementsAre("net"));
  EXPECT_THAT(Fired(*set, Connect("192.0.2.7:1")), ElementsAre("net"));
  EXPECT_THAT(Fired(*set, Connect("192.0.2.8:1")), IsEmpty());
  EXPECT_THAT(Fired(*set, Connect("11.0.0.0:1")), IsEmpty());
}

TEST(Match, KnowsRegisteredDomainsByThePublicSuffixList) {
  const auto set = LoadOne(R"(
  - {id: reg, title: t, event: dns.query, match: {qname.registered: example.co.uk}}
  - {id: sub, title: t, event: dns.query, match: {qname.sub: a.b, qname.sub_len: 3, qname.labels: 5}}
)");
  EXPECT_THAT(Fired(*set, Query("a.b.example.co.uk")),
              ElementsAre("reg", "sub"));
  EXPECT_THAT(Fired(*set, Query("co.uk")), IsEmpty());
}

TEST(Match, KeepsTextsExactAndGlobsWithinOnePathElement) {
  const auto set = LoadOne(R"(
  - {id: exact, title: t, event: connect, match: {process: {exe: /usr/bin/curl}}}
  - {id: glob, title: t, event: connect, match: {process.exe: {glob: "/usr/*/c*"}}}
  - {id: deep, title: t, event: connect, match: {process.exe: {glob: "/usr/**"}}}
  - {id: regex, title: t, event: connect, match: {process.exe: {regex: curl, search: true}}}
)");
  Event event = Connect("203.0.113.7:443");
  event.origin.process = Process{};
  const auto exe = [&](std::string path) {
    event.origin.process->exe = std::make_shared<const std::string>(path);
    return Fired(*set, event);
  };
  EXPECT_THAT(exe("/usr/bin/curl"),
              ElementsAre("exact", "glob", "deep", "regex"));
  EXPECT_THAT(exe("/usr/local/bin/c"), ElementsAre("deep"));
}

TEST(Match, AnExceptionHoldsUntilItsDayEnds) {
  const auto set = LoadOne(R"(
  - id: one
    title: t
    event: dns.query
    match: {qname: .x.com}
    exceptions: [{name: vendor, match: {qname: a.x.com}, expires: 2026-01-31}]
)");
  MatchContext context;
  const auto fired_at = [&](const char* day) {
    // ParseLastDay yields the end of the day.
    context.offset.wall_minus_boot =
        ParseLastDay(day)->time_since_epoch() - Nanoseconds(1);
    return Fired(*set, Query("a.x.com"), context);
  };
  EXPECT_THAT(fired_at("2026-01-31"), IsEmpty());
  EXPECT_THAT(fired_at("2026-02-01"), ElementsAre("one"));
  EXPECT_EQ(set->counters()[0].excepted, 1U);
  EXPECT_EQ(set->stats().expired_exceptions, 1U);
}

TEST(Match, AnUnknownExceptionExceptsNothing) {
  const auto set = LoadOne(R"(
  - id: one
    title: t
    event: dns.query
    match: {qname: .x.com}
    exceptions: [{name: agent, match: {process: {exe: /opt/agent}}}]
)");
  EXPECT_THAT(Fired(*set, Query("a.x.com")), ElementsAre("one"));
}

TEST(Match, SaysWhoDidWhatAndWhichLeafCaughtIt) {
  const auto set = LoadOne(
      "  - {id: one, title: t, event: dns.query, match: {qname: {not_in: "
      "[$ok]}}}\n",
      "lists: [{name: ok, type: domain, items: [.ok.com]}]\n");
  std::vector<Finding> findings;
  set->Match(Query("a.pastebin.com"), {}, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].reason,
            "cgroup/app asked 10.96.0.10:53 for a.pastebin.com A: qname not in "
            "$ok");
  EXPECT_EQ(findings[0].dedup_key, "cgroup/app\x1fpastebin.com");
  EXPECT_EQ(findings[0].rule->dedup_window, 15min);
  EXPECT_EQ(findings[0].rule->set_id, set->set_id());
}

TEST(Match, ARuleThatIsOffStaysSilent) {
  const auto set = LoadOne(
      "  - {id: one, title: t, mode: 'off', event: dns.query, match: {qname: "
      "x.com}}\n");
  EXPECT_THAT(Fired(*set, Query("x.com")), IsEmpty());
}

TEST(Match, ForgetsScopesBeyondTheBoundAndDrawsThemAgain) {
  const auto set = LoadOne(
      "  - {id: one, title: t, event: dns.query, match: {qname: x.com}}\n");
  for (uint64_t i = 0; i < 10'000; ++i) {
    Event event = Query("x.com");
    auto workload = std::make_shared<Workload>();
    workload->cgroup_path = "/w" + std::to_string(i);
    event.origin.workload = workload;
    ASSERT_THAT(Fired(*set, event), ElementsAre("one"));
  }
}

TEST(Match, SetIdIsTheSameForTheSameTextsOnly) {
  const char* rule =
      "  - {id: one, title: t, event: dns.query, match: {qname: x.com}}\n";
  EXPECT_EQ(LoadOne(rule)->set_id(), LoadOne(rule)->set_id());
  EXPECT_NE(LoadOne(rule)->set_id(),
            LoadOne(std::string(rule) + "# more\n")->set_id());
}

TEST(Match, AllowListsJudgeWhatWasAskedDenyListsEveryName) {
  const auto set = LoadOne(R"(
  - {id: asked, title: t, event: dns.query, match: {dns.expansion: false, qname: {not_in: [ok.com]}}}
  - {id: found, title: t, event: dns.answer, match: {qname.base: {not_in: [ok.com]}}}
  - {id: alias, title: t, event: dns.answer, match: {answer.external: {not_in: [ok.com]}}}
  - {id: bad, title: t, event: dns.answer, match: {dns.names: [bad.com]}}
  - {id: bent, title: t, event: dns.query, match: {resolver.diverted: true}}
  - {id: left, title: t, event: dns.query, match: {process.moved: true}}
)");
  ASSERT_NE(set, nullptr);
  Event event = Query("x.com.corp.example");
  auto& dns = std::get<DnsEvent>(event.body);
  EXPECT_THAT(Fired(*set, event), ElementsAre("asked"));
  dns.base_labels = 2;
  dns.expansion = dns.diverted = true;
  event.origin.moved_from = 1;
  EXPECT_THAT(Fired(*set, event), ElementsAre("bent", "left"));
  dns.message.response = true;
  EXPECT_THAT(Fired(*set, event), ElementsAre("found"));
  dns.base_labels = 0;  // absent: unknown, so nothing fires
  dns.message.chain = {dns.message.question.name, *DomainName::Parse("y.com"),
                       *DomainName::Parse("bad.com")};
  EXPECT_THAT(Fired(*set, event), ElementsAre("bad"));
  dns.external = 1;
  EXPECT_THAT(Fired(*set, event), ElementsAre("alias", "bad"));
}

}  // namespace
}  // namespace nameward
