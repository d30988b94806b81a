// SPDX-License-Identifier: Apache-2.0
#include "model/domain_name.h"

#include <gtest/gtest.h>

#include <string>

namespace nameward {
namespace {

DomainName Name(std::string_view text) {
  const auto name = DomainName::Parse(text);
  EXPECT_TRUE(name) << text;
  return name.value_or(DomainName());
}

TEST(DomainName, IsLowerCaseWithoutFinalDot) {
  EXPECT_EQ(Name("WWW.Example.COM.").ToString(), "www.example.com");
  EXPECT_EQ(Name(".").ToString(), ".");
  EXPECT_TRUE(Name(".").IsRoot());
}

TEST(DomainName, EscapesWhatIsNotPlain) {
  DomainName name;
  const uint8_t hostile[] = {'a', 0, 27, '\n', '.', 0xff, ' '};
  ASSERT_TRUE(name.AppendLabel(hostile));
  EXPECT_EQ(name.ToString(), "a\\000\\027\\010\\.\\255\\032");
  EXPECT_EQ(Name(name.ToString()), name);
}

TEST(DomainName, ADotInALabelIsNoLabelBreak) {
  EXPECT_NE(Name("a\\.b.test"), Name("a.b.test"));
  EXPECT_EQ(Name("a\\.b.test").LabelCount(), 2U);
  EXPECT_FALSE(Name("evil\\.example.com").IsAtOrUnder(Name("example.com")));
}

TEST(DomainName, KeepsTheLimitsOfRfc1035) {
  const std::string label(63, 'x');
  EXPECT_TRUE(DomainName::Parse(label));
  EXPECT_FALSE(DomainName::Parse(label + "x"));
  const std::string most = label + "." + label + "." + label + ".";
  EXPECT_TRUE(DomainName::Parse(most + std::string(61, 'y')));
  EXPECT_FALSE(DomainName::Parse(most + std::string(62, 'y')));
}

TEST(DomainName, RefusesBrokenText) {
  for (const char* text : {"", "..", "a..b", ".a", "a\\", "a\\25", "a\\256"})
    EXPECT_FALSE(DomainName::Parse(text)) << text;
}

TEST(DomainName, ComparesByLabel) {
  const DomainName name = Name("a.b.example.com");
  EXPECT_TRUE(name.IsAtOrUnder(Name("example.com")));
  EXPECT_TRUE(name.IsAtOrUnder(name));
  EXPECT_TRUE(name.IsAtOrUnder(Name(".")));
  EXPECT_FALSE(Name("evilexample.com").IsAtOrUnder(Name("example.com")));
  EXPECT_EQ(name.Suffix(2), Name("example.com"));
  EXPECT_EQ(name.Suffix(9), name);
  EXPECT_EQ(name.Suffix(0), Name("."));
}

TEST(DomainName, GivesItsFirstLabelsAndEachOfThem) {
  const auto name = *DomainName::Parse("www.x.com");
  EXPECT_EQ(name.Prefix(2).ToString(), "www.x");
  EXPECT_EQ(name.Prefix(0), DomainName());
  EXPECT_EQ(name.Prefix(9), name);
  EXPECT_EQ(name.Label(1).size(), 1U);
  EXPECT_EQ(name.Label(2)[0], 'c');
  EXPECT_TRUE(name.Label(3).empty());
  EXPECT_TRUE(name.Label(9).empty());
  EXPECT_TRUE(DomainName().Label(0).empty());
}

}  // namespace
}  // namespace nameward
