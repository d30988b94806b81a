// SPDX-License-Identifier: Apache-2.0
// rules/schema.json knows exactly the keys that the loader knows.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "match/fields.h"
#include "match/testing.h"
#include "match/yaml_tree.h"

namespace nameward {
namespace {

// JSON is YAML.
YamlNode Schema() {
  std::ifstream file(std::string(NW_SOURCE_DIR) + "/rules/schema.json");
  std::ostringstream text;
  text << file.rdbuf();
  Diagnostics diagnostics;
  Reporter reporter("schema.json", diagnostics);
  auto tree = ParseYaml(text.str(), reporter);
  return tree ? *std::move(tree) : YamlNode();
}

std::set<std::string> PropertiesOf(const YamlNode* node) {
  std::set<std::string> keys;
  const YamlNode* properties =
      node == nullptr ? nullptr : node->Find("properties");
  if (properties != nullptr)
    for (const YamlMember& member : properties->members)
      keys.insert(member.key.text);
  return keys;
}

// What the loader offers in place of an unknown key: "(one of a, b, c)".
std::set<std::string> KnownKeys(const std::string& text) {
  const std::string errors = ErrorsOf({{"a.yaml", text}});
  const size_t at = errors.find("(one of ");
  std::set<std::string> keys;
  if (at == std::string::npos) return keys;
  std::istringstream list(
      errors.substr(at + 8, errors.find(") [R003]", at) - at - 8));
  for (std::string key; std::getline(list, key, ',');)
    keys.insert(key[0] == ' ' ? key.substr(1) : key);
  return keys;
}

constexpr const char* kUnknown = "zzzzzzzzzzzzzzzz: 1";

std::string InRule(const std::string& rest) {
  return "apiVersion: egress.rules/v1\nrules:\n  - id: one\n    title: t\n    "
         "event: connect\n    match: {dst.port: 1}\n    " +
         rest + "\n";
}

TEST(Schema, HasTheKeysOfTheLoaderInEachObject) {
  const YamlNode schema = Schema();
  const YamlNode* defs = schema.Find("$defs");
  ASSERT_NE(defs, nullptr);
  const std::string unknown = kUnknown;
  EXPECT_EQ(PropertiesOf(&schema),
            KnownKeys("apiVersion: egress.rules/v1\n" + unknown + "\n"));
  EXPECT_EQ(PropertiesOf(defs->Find("rule")), KnownKeys(InRule(unknown)));
  const std::pair<const char*, std::string> objects[] = {
      {"scope", "scope: {" + unknown + "}"},
      {"exception",
       "exceptions: [{name: n, match: {dst.port: 1}, " + unknown + "}]"},
      {"rate_limit", "rate_limit: {burst: 1, every: 1m, " + unknown + "}"},
      {"selector", "scope: {podSelector: {" + unknown + "}}"},
      {"test", "tests: [{name: n, events: [], expect: [], " + unknown + "}]"},
      {"event",
       "tests: [{name: n, expect: [], events: [{at: 0s, connect: "
       "{dst: '1.1.1.1:1'}, " +
           unknown + "}]}]"},
  };
  for (const auto& [name, text] : objects)
    EXPECT_EQ(PropertiesOf(defs->Find(name)), KnownKeys(InRule(text))) << name;
  EXPECT_EQ(PropertiesOf(defs->Find("list")),
            KnownKeys("apiVersion: egress.rules/v1\nlists: [{name: l, type: "
                      "port, items: [1], " +
                      unknown + "}]\n"));
  EXPECT_EQ(
      PropertiesOf(defs->Find("defaults")),
      KnownKeys("apiVersion: egress.rules/v1\ndefaults: {" + unknown + "}\n"));
}

TEST(Schema, HasEveryFieldAndNoOther) {
  const YamlNode schema = Schema();
  ASSERT_NE(schema.Find("$defs"), nullptr);
  auto keys = PropertiesOf(schema.Find("$defs")->Find("match"));
  for (const Field& field : AllFields())
    EXPECT_EQ(keys.erase(std::string(field.name)), 1U) << field.name;
  for (const char* branch : {"all", "any", "not"})
    EXPECT_EQ(keys.erase(branch), 1U) << branch;
  for (const std::string& prefix : keys)
    EXPECT_TRUE(IsFieldPrefix(prefix)) << prefix;
}

}  // namespace
}  // namespace nameward
