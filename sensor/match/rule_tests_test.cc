// SPDX-License-Identifier: Apache-2.0
#include "match/rule_tests.h"

#include <gtest/gtest.h>

#include "match/testing.h"

namespace nameward {
namespace {

constexpr const char* kRule = R"(apiVersion: egress.rules/v1
rules:
  - id: one
    title: t
    event: dns.query
    match: {qname: .x.com}
    tests:
      - name: fires
        events: [{at: 0s, dns: {qname: a.x.com}}, {at: 2s, dns: {qname: y.com}}]
        expect: [{at: 0s}, {at: 2s, fields: {qname: y.com}}]
)";

TEST(RuleTests, ShowAFailureAsADiff) {
  const RuleLoad load = LoadRules({{"a.yaml", kRule}}, {});
  ASSERT_NE(load.set, nullptr);
  const auto results = RunRuleTests(*load.set, load.tests, {});
  ASSERT_EQ(results.size(), 1U);
  EXPECT_FALSE(results[0].passed);
  EXPECT_EQ(results[0].line, 8U);
  EXPECT_EQ(results[0].diff, "- expected  one at 2s, qname y.com\n");
}

TEST(RuleTests, FailOnAnAlertThatNobodyExpects) {
  const RuleLoad load = LoadRules(
      {{"a.yaml",
        std::string(kRule).substr(0, std::string(kRule).find("tests"))},
       {"a.test.yaml", R"(apiVersion: egress.rules/v1
tests:
  - name: silent
    events: [{at: 1500ms, dns: {qname: a.x.com}}]
    expect: []
)"}},
      {});
  ASSERT_NE(load.set, nullptr);
  const auto results = RunRuleTests(*load.set, load.tests, {});
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].diff,
            "+ got       one at 1500ms: cgroup/test asked 10.96.0.10:53 for "
            "a.x.com A: qname in .x.com\n");
}

constexpr const char* kAnswers = R"(apiVersion: egress.rules/v1
rules:
  - {id: addr, title: t, event: dns.answer, match: {answer.ip: 192.0.2.0/24, answer.count: 3}}
  - {id: txt, title: t, event: dns.answer, match: {answer.txt: v=spf1, answer.ttl: ..60}}
  - {id: cname, title: t, event: dns.answer, match: {answer.cname: .cdn.net, rcode: NOERROR}}
  - {id: gone, title: t, event: dns.answer, match: {rcode: NXDOMAIN, flags.aa: true}}
tests:
  - name: an answer's fields
    events:
      - at: 0s
        dns: {qname: x.com, answers: [{cname: a.cdn.net}, {ip: 192.0.2.1}, {txt: v=spf1, ttl: 5}]}
      - {at: 1s, dns: {qname: y.com, rcode: NXDOMAIN, flags: [aa]}}
    expect:
      - {rule: addr, at: 0s, fields: {answer.ip: 192.0.2.1}}
      - {rule: txt, at: 0s, fields: {answer.txt: v=spf1, answer.ttl: "60,60,5"}}
      - {rule: cname, at: 0s, fields: {answer.cname: a.cdn.net}}
      - {rule: gone, at: 1s, fields: {qname: y.com}}
)";

TEST(RuleTests, GiveAnswersAsAQueryAndItsAnswer) {
  const RuleLoad load = LoadRules({{"a.test.yaml",
                                    "apiVersion: egress.rules/v1"
                                    "\n"},
                                   {"a.yaml", kAnswers}},
                                  {});
  for (const Diagnostic& one : load.diagnostics)
    ADD_FAILURE() << one.ToString();
  ASSERT_NE(load.set, nullptr);
  for (const auto& result : RunRuleTests(*load.set, load.tests, {}))
    EXPECT_TRUE(result.passed) << result.diff;
}

TEST(RuleTests, PrepareEachEventButThoseWithAGivenVerdict) {
  const RuleLoad load = LoadRules({{"a.yaml", R"(apiVersion: egress.rules/v1
rules:
  - {id: none, title: t, event: connect, match: {dns.state: none}}
tests:
  - name: judged by the caller
    events:
      - {at: 0s, connect: {dst: "192.0.2.1:1"}}
      - {at: 1s, connect: {dst: "192.0.2.1:1", dns: {state: none}}}
    expect: [{rule: none, at: 1s}]
)"}},
                                  {});
  ASSERT_NE(load.set, nullptr);
  int prepared = 0;
  const auto results =
      RunRuleTests(*load.set, load.tests, [&](const RuleTest&) {
        return [&](Event& event) {
          ++prepared;
          std::get<ConnectEvent>(event.body).verdict.state =
              ConnectState::kBound;
        };
      });
  EXPECT_EQ(prepared, 1);
  EXPECT_TRUE(results[0].passed) << results[0].diff;
}

}  // namespace
}  // namespace nameward
