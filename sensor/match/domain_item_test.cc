// SPDX-License-Identifier: Apache-2.0
// The spelling table of docs/rules.md, row by row.
#include "match/domain_item.h"

#include <gtest/gtest.h>

#include "match/domain_index.h"

namespace nameward {
namespace {

bool Meets(Result<DomainSpelling> spelling, std::string_view name) {
  std::vector<ValueList> lists(1);
  lists[0].domains.Add(*spelling, {}, "");
  DomainIndex index(lists);
  std::vector<uint32_t> hits;
  const DomainName asked = *DomainName::Parse(name);
  index.Find({&asked, 1}, hits);
  return !hits.empty();
}

struct Row {
  const char* written;
  Result<DomainSpelling> (*parse)(std::string_view);
  bool apex, one, two, evil;
};

TEST(DomainSpelling, MeansWhatTheTableSays) {
  const Row rows[] = {
      {"x.com", ParseDomainItem, true, false, false, false},
      {".x.com", ParseDomainItem, true, true, true, false},
      {"*.x.com", ParseDomainItem, false, true, true, false},
      {"*.x.com", ParseOneLabel, false, true, false, false},
      {"api-*.x.com", ParseDomainGlob, false, false, false, false},
      {"*.x.com", ParseDomainGlob, false, true, false, false},
      {"X.COM.", ParseDomainItem, true, false, false, false},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.written);
    EXPECT_EQ(Meets(row.parse(row.written), "x.com"), row.apex);
    EXPECT_EQ(Meets(row.parse(row.written), "a.x.com"), row.one);
    EXPECT_EQ(Meets(row.parse(row.written), "b.a.x.com"), row.two);
    EXPECT_EQ(Meets(row.parse(row.written), "evilx.com"), row.evil);
  }
}

TEST(DomainSpelling, AGlobsStarStaysInsideOneLabel) {
  const auto parse = [] { return ParseDomainGlob("api-*.x.com"); };
  EXPECT_TRUE(Meets(parse(), "api-1.x.com"));
  EXPECT_TRUE(Meets(parse(), "API-.x.com"));
  EXPECT_FALSE(Meets(parse(), "api-1.b.x.com"));
  EXPECT_FALSE(Meets(parse(), "a.api-1.x.com"));
  EXPECT_TRUE(Meets(parse(), "api-\\.x.x.com")) << "a dot inside the label";
  EXPECT_TRUE(Meets(ParseDomainGlob("a.*.b*"), "a.c.bc"));
  EXPECT_FALSE(Meets(ParseDomainGlob("a.*.b*"), "a.c.d.bc"));
}

TEST(DomainSpelling, IsNormalisedAsUts46WithALabelsKept) {
  EXPECT_EQ(ParseDomainItem("bücher.de")->name.ToString(), "xn--bcher-kva.de");
  EXPECT_EQ(ParseDomainItem(".BÜCHER.de")->name.ToString(), "xn--bcher-kva.de");
  EXPECT_EQ(ParseDomainItem("xn--bcher-kva.de")->name.ToString(),
            "xn--bcher-kva.de");
  EXPECT_EQ(ParseDomainItem("straße.de")->name.ToString(), "xn--strae-oqa.de");
  EXPECT_EQ(ParseDomainItem("_dmarc.x.com")->name.ToString(), "_dmarc.x.com");
}

struct Mistake {
  const char* written;
  const char* error;
};

TEST(DomainSpelling, ShowsTheFixOfEachMistake) {
  const Mistake mistakes[] = {
      {"**.x.com",
       "domain '**.x.com': '**' is not used here (write '*.x.com' for all "
       "names under it, '.x.com' for itself too)"},
      {"*",
       "domain '*': it would match every name (leave the leaf out, or name "
       "what is meant)"},
      {"*x.com",
       "domain '*x.com': '*' must be followed by a dot (write '*.x.com' for "
       "names under it, or {glob: '*x.com'})"},
      {"a.*.com",
       "domain 'a.*.com': '*' stands for whole labels at the start only (write "
       "{glob: 'a.*.com'})"},
      {"https://x.com/a",
       "domain 'https://x.com/a': a scheme belongs to a URL (write 'x.com')"},
      {"x.com:443",
       "domain 'x.com:443': a port is no part of a name (write 'x.com' and "
       "test dst.port)"},
      {"x.com/a", "domain 'x.com/a': a path belongs to a URL (write 'x.com')"},
      {"192.0.2.1",
       "domain '192.0.2.1': an address is no name (test dst.ip or answer.ip)"},
      {"a..com",
       "domain 'a..com': an empty label, one over 63 bytes, or over 255 all "
       "(write labels with one dot between them)"},
      {"x com",
       "domain 'x com': ' ' stands in no host name (escape it as \\DDD if it "
       "is meant)"},
      {"", "domain '': it is empty (write a name)"},
  };
  for (const Mistake& mistake : mistakes) {
    const auto parsed = ParseDomainItem(mistake.written);
    ASSERT_FALSE(parsed) << mistake.written;
    EXPECT_EQ(parsed.error().ToString(), mistake.error);
  }
  EXPECT_FALSE(ParseDomainItem("a\xcc\x80--\xe2\x80\x8d.de"))
      << "a joiner where IDNA has none";
}

}  // namespace
}  // namespace nameward
