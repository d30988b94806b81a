// SPDX-License-Identifier: Apache-2.0
// What an author sees of his mistakes: place, cause and fix of each.
#include "match/rule_parser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "match/testing.h"
#include "match/words.h"
#include "match/yaml_tree.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

using testing::HasSubstr;

constexpr const char* kHead = "apiVersion: egress.rules/v1\nrules:\n";

std::string Rule(const std::string& rest) {
  return ErrorsOf(
      {{"a.yaml", std::string(kHead) + "  - id: one\n    title: t\n" + rest}});
}

struct Wrong {
  const char* text;
  const char* error;
};

constexpr Wrong kWrongs[] = {
    {"    event: dns.query\n    severty: high\n    match: {qname: x.com}\n",
     "a.yaml:6:5: unknown key 'severty': a rule has no such key (did you "
     "mean 'severity'?) [R003]\n"},
    {"    event: dns.query\n",
     "a.yaml:3:5: missing key 'match': the rule would catch everything (add "
     "'match: …') [R005]\n"},
    {"    event: dns.qery\n    match: {qname: x.com}\n",
     "a.yaml:5:12: event 'dns.qery': unknown word (did you mean "
     "'dns.query'?) [R007]\n"},
    {"    event: rate\n    of: dns.query\n",
     "a.yaml:5:12: event 'rate': this version can't count rates (use "
     "dns.query, dns.answer, connect or dns.transport) [R016]\n"},
    {"    event: dns.query\n    match: {qnam: x.com}\n",
     "a.yaml:6:13: unknown field 'qnam': no event has a field of this name "
     "(did you mean 'qname'?) [R014]\n"},
    {"    event: dns.query\n    match: {dns.state: none}\n",
     "a.yaml:6:13: field 'dns.state': an event of kind dns.query has no such "
     "field (it belongs to connect) [R014]\n"},
    {"    event: connect\n    match: {dst.ip: 10.0.0.1/8}\n",
     "a.yaml:6:21: network '10.0.0.1/8': its host bits are not zero (write "
     "10.0.0.0/8) [R011]\n"},
    {"    event: connect\n    match: {dst.port: 443/sctp}\n",
     "a.yaml:6:23: port '443/sctp': unknown protocol 'sctp' (write /tcp or "
     "/udp) [R012]\n"},
    {"    event: connect\n    match: {dst.port: [9..1]}\n",
     "a.yaml:6:24: port '9..1': not a port or a range of ports (write 53, "
     "1..1023 or 443/udp) [R012]\n"},
    {"    event: dns.query\n    match: {qname: '**.x.com'}\n",
     "a.yaml:6:20: domain '**.x.com': '**' is not used here (write '*.x.com' "
     "for all names under it, '.x.com' for itself too) [R010]\n"},
    {"    event: dns.query\n    match: {qname: {regex: '(?=x)'}}\n",
     "a.yaml:6:28: regex '(?=x)': invalid perl operator: (?= (RE2 has no "
     "look-around and no back-references) [R013]\n"},
    {"    event: dns.query\n    match: {qname: $nope}\n",
     "a.yaml:6:20: unknown list '$nope': no file of the policy declares it "
     "(add it under `lists:`) [R009]\n"},
    {"    event: dns.query\n    match: {qtype: TEXT}\n",
     "a.yaml:6:20: value 'TEXT': qtype has no such value (did you mean "
     "'TXT'?) [R012]\n"},
    {"    event: connect\n    match: {process.exe: /usr/bin/*}\n",
     "a.yaml:6:26: text '/usr/bin/*': '*' stands for itself here (write "
     "{glob: '/usr/bin/*'}) [R013]\n"},
    {"    event: dns.query\n    match: {all: []}\n",
     "a.yaml:6:18: all: it must be a list of conditions (write '- qname: …' "
     "lines) [R006]\n"},
    {"    event: dns.query\n    match: {qname: x.com}\n    dedup: {window: "
     "15}\n",
     "a.yaml:7:21: duration '15': not a number with ms, s, m, h or d (write "
     "15m) [R012]\n"},
    {"    event: dns.query\n    match: {qname: x.com}\n    scope: {namespce: "
     "[a]}\n",
     "a.yaml:7:13: unknown key 'namespce': scope has no such key (did you "
     "mean 'namespaces'?) [R003]\n"},
    {"    event: dns.query\n    match: {qname: x.com}\n    attack: [T99]\n",
     "a.yaml:7:13: attack 'T99': no ATT&CK technique id (write it like "
     "T1071.004) [R007]\n"},
};

TEST(RuleParser, ShowsPlaceCauseAndFixOfEachMistake) {
  for (const Wrong& wrong : kWrongs)
    EXPECT_EQ(Rule(wrong.text), wrong.error) << wrong.text;
}

TEST(RuleParser, ReportsAllErrorsOfAllFilesAtOnce) {
  const std::string errors = ErrorsOf(
      {{"a.yaml", std::string(kHead) +
                      "  - {id: one, title: t, event: connect, match: {dst.ip: "
                      "x, dst.port: y}}\n"},
       {"b.yaml", "apiVersion: egress.rules/v2\n"},
       {"c.yaml", std::string(kHead) + "  - {id: A, title: t, event: connect, "
                                       "match: {dst.port: 1}}\n"}});
  EXPECT_THAT(errors, HasSubstr("a.yaml:3:57: network 'x'"));
  EXPECT_THAT(errors, HasSubstr("port 'y'"));
  EXPECT_THAT(errors, HasSubstr("b.yaml:1:13: apiVersion 'egress.rules/v2'"));
  EXPECT_THAT(errors, HasSubstr("c.yaml:3:10: id 'A'"));
}

TEST(RuleParser, RefusesTheSameIdAndTheSameListTwice) {
  const std::string file =
      "apiVersion: egress.rules/v1\nlists: [{name: l, type: port, items: "
      "[1]}]\nrules:\n  - {id: one, title: t, event: connect, match: "
      "{dst.port: $l}}\n";
  const std::string errors = ErrorsOf({{"a.yaml", file}, {"b.yaml", file}});
  EXPECT_THAT(errors, HasSubstr("b.yaml:4:5: rule 'one': there is one of this "
                                "id at a.yaml:4"));
  EXPECT_THAT(errors, HasSubstr("b.yaml:2:9: list 'l': there is one of this "
                                "name at a.yaml:2"));
}

TEST(RuleParser, ChecksTheTypeOfAList) {
  EXPECT_EQ(
      ErrorsOf(
          {{"a.yaml",
            "apiVersion: egress.rules/v1\nlists: [{name: nets, type: cidr, "
            "items: [10.0.0.0/8]}]\nrules:\n  - {id: one, title: t, event: "
            "dns.query, match: {qname: $nets}}\n"}}),
      "a.yaml:4:58: list '$nets': it holds items of type cidr, 'qname' takes "
      "domain (name a list of that type) [R009]\n");
}

TEST(RuleParser, UsesListsOfOtherFilesWhateverTheirOrder) {
  EXPECT_EQ(
      ErrorsOf({{"a.yaml", std::string(kHead) +
                               "  - {id: one, title: t, event: dns.query, "
                               "match: {qname: $l}}\n"},
                {"b.yaml",
                 "apiVersion: egress.rules/v1\nlists: [{name: l, type: "
                 "domain, items: [x.com]}]\n"}}),
      "");
}

std::string ListFile(const std::string& file, const std::string& content) {
  return ErrorsOf(
      {{"rules/a.yaml",
        "apiVersion: egress.rules/v1\nlists: [{name: l, type: domain, file: " +
            file +
            "}]\nrules: [{id: one, title: t, event: dns.query, match: {qname: "
            "$l}}]\n"}},
      {"", [&](const std::string& path, size_t) -> Result<std::string> {
         if (path == "rules/lists/a.txt") return content;
         return ErrnoError("list file '" + path + "'", ENOENT);
       }});
}

TEST(RuleParser, ReadsAListsFileLineByLine) {
  EXPECT_EQ(ListFile("lists/a.txt", "# all\nx.com\n\n .y.com  # why\r\n"), "");
  EXPECT_EQ(ListFile("lists/a.txt", "x.com\nhttps://y.com/\n"),
            "rules/lists/a.txt:2:1: domain 'https://y.com/': a scheme belongs "
            "to a URL (write 'y.com') [R010]\n");
  EXPECT_THAT(ListFile("lists/a.txt", "x.com\n\xff\n"),
              HasSubstr("rules/lists/a.txt:2:1: invalid UTF-8"));
  EXPECT_THAT(ListFile("lists/b.txt", ""), HasSubstr("No such file"));
}

TEST(RuleParser, KeepsAListsFileInsideTheRulesFolder) {
  for (const char* file : {"/etc/shadow", "../a.txt", "lists/../../a", "''"})
    EXPECT_THAT(ListFile(file, ""), HasSubstr("it leaves the rules' folder"))
        << file;
}

TEST(RuleParser, RefusesAHugeFileAndAHugeListAtOnce) {
  EXPECT_THAT(ErrorsOf({{"a.yaml", std::string(kMaxYamlBytes + 1, ' ')}}),
              HasSubstr("[R001]"));
  EXPECT_THAT(ListFile("lists/a.txt", std::string((64U << 20) + 1, '\n')),
              HasSubstr("more than 64 MiB"));
}

TEST(RuleParser, NamesAnEmptyFileAndOneThatIsNoMap) {
  EXPECT_THAT(ErrorsOf({{"a.yaml", ""}}), HasSubstr("a.yaml:1:1: empty file"));
  EXPECT_THAT(ErrorsOf({{"a.yaml", "- a\n"}}),
              HasSubstr("a rule file: it must be a map"));
  EXPECT_THAT(ErrorsOf({{"a.yaml", "x\n"}}), HasSubstr("[R006]"));
}

TEST(Words, OfStatesAndKindsAreThoseOfTheModel) {
  for (int i = 0; i <= static_cast<int>(ConnectState::kNone); ++i)
    EXPECT_EQ(WordOf(Vocabulary::kState, i),
              ToString(static_cast<ConnectState>(i)));
  for (int i = 0; i <= static_cast<int>(TransportKind::kDoh); ++i)
    EXPECT_EQ(WordOf(Vocabulary::kKind, i),
              ToString(static_cast<TransportKind>(i)));
  for (const Word& word : TableOf(Vocabulary::kType))
    EXPECT_EQ(ParseDnsType(word.text), word.value) << word.text;
  for (const Word& word : TableOf(Vocabulary::kRcode))
    EXPECT_EQ(ParseDnsRcode(word.text), word.value) << word.text;
  const Field& qtype = *FindField("qtype");
  EXPECT_EQ(*ParseWord(qtype, "TXT"), 16);
  EXPECT_EQ(*ParseWord(qtype, "16"), 16);
  EXPECT_EQ(*ParseWord(qtype, "TYPE16"), 16);
  EXPECT_EQ(WordOf(Vocabulary::kType, 65280), "TYPE65280");
}

}  // namespace
}  // namespace nameward
