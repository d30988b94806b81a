// SPDX-License-Identifier: Apache-2.0
#include "match/rule_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "match/testing.h"

namespace nameward {
namespace {

using testing::HasSubstr;

std::string Check(const std::string& text, const ReadListFile& read = {}) {
  std::string out;
  for (const Diagnostic& one :
       RunRuleCheck({{"a.yaml", "apiVersion: egress.rules/v1\n" + text}},
                    {"", read}, *ParseLastDay("2026-06-30")))
    out += one.ToString() + "\n";
  return out;
}

std::string CheckItems(const std::string& items) {
  return Check(
      "lists: [{name: l, type: domain, items: " + items +
      "}]\nrules: [{id: one, title: t, event: dns.query, match: {qname: $l}, "
      "tests: [{name: n, events: [], expect: []}]}]\n");
}

TEST(RuleCheck, WarnsOfAMissingApex) {
  EXPECT_EQ(CheckItems("['*.x.com']"),
            "a.yaml:2:41: domain '*.x.com': it leaves out 'x.com' itself (did "
            "you mean '.x.com'?) [R101]\n");
  EXPECT_EQ(CheckItems("['*.x.com', x.com]"), "");
}

TEST(RuleCheck, WarnsOfABareDotInARegex) {
  EXPECT_EQ(CheckItems("[{regex: 'a.x\\.com'}]"),
            "a.yaml:2:49: regex 'a.x\\.com': a bare '.' matches any character "
            "(write '\\.' for a dot) [R102]\n");
  EXPECT_EQ(CheckItems("[{regex: '.*\\.[a.]x\\.com'}]"), "");
}

TEST(RuleCheck, WarnsOfAPublicSuffix) {
  EXPECT_THAT(CheckItems("[.co.uk]"), HasSubstr("public suffix"));
  EXPECT_THAT(CheckItems("[.s3.amazonaws.com]"), HasSubstr("R103"));
  EXPECT_EQ(CheckItems("[.x.co.uk]"), "");
}

TEST(RuleCheck, WarnsOfAShadowedItem) {
  EXPECT_EQ(CheckItems("[.x.com, a.x.com]"),
            "a.yaml:2:49: domain 'a.x.com': '.x.com' of the same list holds it "
            "already (remove one) [R104]\n");
  EXPECT_THAT(CheckItems("[a.com, a.com]"), HasSubstr("R104"));
  EXPECT_THAT(CheckItems("[.x.com, '*.x.com']"), HasSubstr("R104"));
  EXPECT_THAT(CheckItems("[x.com, .b.x.com, .x.com]"), HasSubstr("'x.com'"));
  EXPECT_EQ(CheckItems("[x.com, a.x.com, .ax.com]"), "");
}

TEST(RuleCheck, WarnsOfAnItemOnBothSides) {
  EXPECT_THAT(
      Check("rules:\n"
            "  - {id: one, title: t, event: dns.query, match: {qname: {not_in: "
            "[x.com]}}}\n"
            "  - {id: two, title: t, event: dns.query, match: {qname: x.com}}"
            "\n"),
      HasSubstr("denied here and allowed by a.yaml (remove one) [R105]"));
}

TEST(RuleCheck, WarnsOfExceptionsThatExpiredOrNobodyOwns) {
  const std::string out = Check(R"(rules:
  - id: one
    title: t
    event: dns.query
    match: {qname: x.com}
    exceptions:
      - {name: old, match: {process.uid: 1}, owner: a, expires: 2026-06-30}
      - {name: endless, match: {process.uid: 2}, owner: a}
      - {name: good, match: {process.uid: 3}, owner: a, expires: 2026-07-01}
)");
  EXPECT_THAT(out, HasSubstr("a.yaml:8:9: exception 'old': it has expired"));
  EXPECT_THAT(out, HasSubstr("a.yaml:9:9: exception 'endless': it holds for"));
  EXPECT_THAT(out, testing::Not(HasSubstr("'good'")));
}

TEST(RuleCheck, WarnsOfRulesUntestedDeadOrOffAndOfListsUnused) {
  const std::string out = Check(R"(lists:
  - {name: none, type: domain, items: []}
  - {name: idle, type: cidr, items: [10.0.0.0/8]}
rules:
  - {id: dead, title: t, event: dns.query, match: {qname: $none}}
  - {id: quiet, title: t, mode: 'off', event: dns.query, match: {qname: a.b}}
)");
  EXPECT_THAT(out, HasSubstr("rule 'dead': no test shows that it fires"));
  EXPECT_THAT(out, HasSubstr("rule 'dead': it can never fire"));
  EXPECT_THAT(out, HasSubstr("rule 'quiet': it is off"));
  EXPECT_THAT(out, HasSubstr("a.yaml:4:5: list 'idle': no rule uses it"));
}

TEST(RuleCheck, IsSilencedByACommentWithAReasonOnly) {
  const auto read = [](std::string text) {
    return [text](const std::string&, size_t) -> Result<std::string> {
      return text;
    };
  };
  const std::string policy =
      "lists: [{name: l, type: domain, file: l.txt}]\nrules: [{id: one, title: "
      "t, event: dns.query, match: {qname: $l}, tests: [{name: n, events: [], "
      "expect: []}]}]\n";
  EXPECT_EQ(Check(policy, read(".com # lint:ignore R103 a test\n")), "");
  EXPECT_EQ(Check(policy, read("# lint:ignore R103 a test\n.com\n")), "");
  EXPECT_THAT(Check(policy, read(".com # lint:ignore R103\n")),
              HasSubstr("l.txt:1:6: lint:ignore: it gives no reason"));
  EXPECT_THAT(Check(policy, read("x.com # lint:ignore R103 a test\n")),
              HasSubstr("there is nothing to ignore"));
}

TEST(RuleCheck, TakesLittleTimeFor2000RulesAnd100000Items) {
  std::string items;
  for (int i = 0; i < 100'000; ++i)
    items += "d" + std::to_string(i) + ".example.com\n";
  std::string text = "lists: [{name: l, type: domain, file: l.txt}]\nrules:\n";
  for (int i = 0; i < 2'000; ++i)
    text += "  - id: rule-" + std::to_string(i) +
            "\n    title: A rule\n    event: dns.query\n    severity: high\n"
            "    scope: {namespaces: [n" +
            std::to_string(i) +
            "]}\n    match:\n      all:\n        - qname: {not_in: [$l, .x" +
            std::to_string(i) + ".com]}\n        - qtype: {in: [A, AAAA]}\n";
  const auto start = std::chrono::steady_clock::now();
  Check(text, [&](const std::string&, size_t) -> Result<std::string> {
    return items;
  });
  const auto took = std::chrono::steady_clock::now() - start;
  // The promise is 2 s of an optimised build; sanitizers take several times it.
  EXPECT_LT(took, std::chrono::seconds(20));
  RecordProperty("milliseconds", std::to_string(took / 1ms));
}

}  // namespace
}  // namespace nameward
