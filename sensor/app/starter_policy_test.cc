// SPDX-License-Identifier: Apache-2.0
// The policy that ships: it loads and its own tests pass.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/rule_history.h"
#include "match/match.h"
#include "match/rule_check.h"
#include "match/rule_tests.h"

namespace nameward {
namespace {

Result<std::string> ReadFile(const std::string& path, size_t) {
  std::ifstream file(path);
  if (!file) return Error{path, "can't be read", {}};
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

std::vector<RuleSource> PolicyIn(const std::string& folder) {
  std::vector<RuleSource> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".yaml")
      files.push_back({entry.path(), *ReadFile(entry.path(), 0)});
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return files;
}

class StarterPolicy : public testing::TestWithParam<const char*> {};

TEST_P(StarterPolicy, LoadsAndPassesItsOwnTests) {
  const std::string folder = std::string(NW_SOURCE_DIR) + GetParam();
  const RuleLoad load = LoadRules(PolicyIn(folder), {"", ReadFile});
  for (const Diagnostic& one : load.diagnostics)
    ADD_FAILURE() << one.ToString();
  ASSERT_NE(load.set, nullptr);
  EXPECT_GE(load.set->rule_count(), 3U);
  EXPECT_GE(load.tests.size(), 4U);
  for (const RuleTestResult& result :
       RunRuleTests(*load.set, load.tests, FreshHistory))
    EXPECT_TRUE(result.passed) << result.name << "\n" << result.diff;
}

TEST_P(StarterPolicy, HasNothingToWarnOf) {
  const std::string folder = std::string(NW_SOURCE_DIR) + GetParam();
  for (const Diagnostic& one :
       RunRuleCheck(PolicyIn(folder), {"", ReadFile}, WallTime()))
    ADD_FAILURE() << one.ToString();
}

INSTANTIATE_TEST_SUITE_P(Folders, StarterPolicy,
                         testing::Values("/rules", "/rules/demo"));

}  // namespace
}  // namespace nameward
