// SPDX-License-Identifier: Apache-2.0
#include "match/yaml_tree.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

struct Parsed {
  std::optional<YamlNode> tree;
  std::string errors;
};

Parsed Parse(std::string_view text) {
  Diagnostics diagnostics;
  Reporter reporter("a.yaml", diagnostics);
  Parsed parsed{ParseYaml(text, reporter), {}};
  for (const Diagnostic& one : diagnostics)
    parsed.errors += one.ToString() + "\n";
  return parsed;
}

TEST(YamlTree, KeepsThePlaceOfEachNode) {
  const Parsed parsed = Parse("a: 1\nb:\n  - x\n  - {c: 'y'}\n");
  ASSERT_TRUE(parsed.tree) << parsed.errors;
  const YamlNode* b = parsed.tree->Find("b");
  ASSERT_NE(b, nullptr);
  ASSERT_EQ(b->items.size(), 2U);
  EXPECT_EQ(b->items[0].text, "x");
  EXPECT_EQ(b->items[0].place.line, 3U);
  EXPECT_EQ(b->items[0].place.column, 5U);
  const YamlNode* c = b->items[1].Find("c");
  ASSERT_NE(c, nullptr);
  EXPECT_TRUE(c->quoted);
  EXPECT_EQ(c->place.line, 4U);
  EXPECT_FALSE(b->items[0].quoted);
}

TEST(YamlTree, TakesAnEmptyFileAsNull) {
  const Parsed parsed = Parse("# nothing\n");
  ASSERT_TRUE(parsed.tree) << parsed.errors;
  EXPECT_EQ(parsed.tree->kind, YamlNode::Kind::kNull);
}

struct Refusal {
  const char* name;
  std::string text;
  const char* error;
};

class YamlTreeRefuses : public testing::TestWithParam<Refusal> {};

TEST_P(YamlTreeRefuses, WithPlaceAndFix) {
  const Parsed parsed = Parse(GetParam().text);
  EXPECT_FALSE(parsed.tree);
  EXPECT_EQ(parsed.errors, GetParam().error);
}

INSTANTIATE_TEST_SUITE_P(
    Inputs, YamlTreeRefuses,
    testing::Values(
        Refusal{"Anchor", "a: &x 1\n",
                "a.yaml:1:4: anchor: anchors and aliases are refused (write "
                "the value out, or use a list) [R002]\n"},
        Refusal{"DuplicateKey", "a: 1\nb: 2\na: 3\n",
                "a.yaml:3:1: duplicate key 'a': it stands at line 1 already "
                "(keep one) [R004]\n"},
        Refusal{"Tag", "a: !!python/object x\n",
                "a.yaml:1:4: tag 'tag:yaml.org,2002:python/object': tags are "
                "refused (remove it) [R002]\n"},
        Refusal{"SecondDocument", "a: 1\n---\nb: 2\n",
                "a.yaml: several documents: a file holds one (split it at the "
                "'---') [R002]\n"},
        Refusal{"InvalidUtf8", "a: 1\nb: \xff\n",
                "a.yaml:2:4: invalid UTF-8: a byte that is no character (save "
                "the file as UTF-8) [R001]\n"},
        Refusal{"Nul", std::string("a: \0", 4),
                "a.yaml:1:4: NUL byte: this is no text (remove it) [R001]\n"},
        Refusal{"Syntax", "a: [1\n",
                "a.yaml:2:1: not YAML: end of sequence flow not found (check "
                "quotes and indentation) [R001]\n"}),
    [](const auto& test) { return test.param.name; });

TEST(YamlTree, RefusesAliases) {
  const Parsed parsed = Parse("a: &x 1\nb: *x\n");
  EXPECT_FALSE(parsed.tree);
  EXPECT_NE(parsed.errors.find("a.yaml:2:4: alias: aliases are refused"),
            std::string::npos)
      << parsed.errors;
}

std::string Repeat(std::string_view text, size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(YamlTree, RefusesMoreThan32Levels) {
  EXPECT_TRUE(Parse(Repeat("[", 32) + Repeat("]", 32)).tree);
  const Parsed parsed = Parse(Repeat("[", 33) + Repeat("]", 33));
  EXPECT_EQ(parsed.errors,
            "a.yaml:1:33: nested too deep: more than 32 levels (split the "
            "rule) [R002]\n");
}

TEST(YamlTree, RefusesAHundredThousandLevelsInAnyStyle) {
  for (const char* level : {"[", "{a: ", "- ", "? ", "[{"}) {
    const Parsed parsed = Parse(Repeat(level, 100'000));
    EXPECT_NE(parsed.errors.find("nested too deep"), std::string::npos)
        << level << parsed.errors;
  }
}

TEST(YamlTree, RefusesAFileOverTheLimitWithoutReadingIt) {
  const Parsed parsed = Parse(std::string(kMaxYamlBytes + 1, '['));
  EXPECT_EQ(parsed.errors,
            "a.yaml: file too large: more than 8 MiB (move long lists to files "
            "of their own, `file:`) [R001]\n");
}

TEST(YamlTree, ShowsAtMost200ErrorsOfAFile) {
  Diagnostics diagnostics;
  Reporter reporter("a.yaml", diagnostics);
  EXPECT_FALSE(ParseYaml(Repeat("- &x 1\n", 1000), reporter));
  EXPECT_EQ(diagnostics.size(), Reporter::kMaxPerFile);
  EXPECT_EQ(diagnostics.back().error.what, "too many errors");
}

}  // namespace
}  // namespace nameward
