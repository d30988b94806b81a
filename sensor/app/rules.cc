// SPDX-License-Identifier: Apache-2.0
// `nameward rules check|test`: the policy author's workbench; needs no root and
// no node.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/policy_files.h"
#include "app/rule_history.h"
#include "app/verbs.h"
#include "base/clock.h"
#include "match/match.h"
#include "match/rule_check.h"
#include "match/rule_tests.h"

namespace nameward {
namespace {

using Paths = std::shared_ptr<std::vector<std::string>>;

struct LoadedPolicy {
  Policy policy;
  RuleLoad load;
};

Result<LoadedPolicy> Load(const std::vector<std::string>& paths) {
  Result<Policy> policy = PolicyOrDefault(paths);
  if (!policy) return policy.error();
  LoadedPolicy loaded{std::move(*policy), {}};
  loaded.load = LoadRules(loaded.policy.files,
                          {.commit = "", .read_list = loaded.policy.read_list});
  return loaded;
}

WallTime Now() {
  SystemClock clock;
  return clock.Offset().ToWall(clock.Now());
}

int Check(const std::vector<std::string>& paths) {
  const Result<LoadedPolicy> loaded = Load(paths);
  if (!loaded) return Complain(loaded.error(), kExitUsage);
  const Diagnostics found = RunRuleCheck(
      loaded->policy.files,
      {.commit = "", .read_list = loaded->policy.read_list}, Now());
  for (const Diagnostic& diagnostic : found)
    std::printf("%s\n", diagnostic.ToString().c_str());
  if (loaded->load.set == nullptr) return kExitUsage;
  std::printf("%zu rules in %zu files, %zu tests, %zu warnings\n",
              loaded->load.set->rule_count(), loaded->policy.files.size(),
              loaded->load.tests.size(), found.size());
  return found.empty() ? kExitFine : kExitFindings;
}

int Test(const std::vector<std::string>& paths) {
  const Result<LoadedPolicy> loaded = Load(paths);
  if (!loaded) return Complain(loaded.error(), kExitUsage);
  if (loaded->load.set == nullptr) {
    for (const Diagnostic& diagnostic : loaded->load.diagnostics)
      std::fprintf(stderr, "%s\n", diagnostic.ToString().c_str());
    return kExitUsage;
  }
  size_t failed = 0;
  const auto results =
      RunRuleTests(*loaded->load.set, loaded->load.tests, FreshHistory);
  for (const RuleTestResult& result : results) {
    if (result.passed) continue;
    ++failed;
    std::printf("FAILED %s:%u %s\n%s", result.path.c_str(), result.line,
                result.name.c_str(), result.diff.c_str());
  }
  std::printf("%zu passed, %zu failed\n", results.size() - failed, failed);
  return failed == 0 ? kExitFine : kExitFindings;
}

void AddOne(CLI::App& rules, ChosenVerb& chosen, const char* name,
            const char* text, int (*run)(const std::vector<std::string>&)) {
  CLI::App* verb = rules.add_subcommand(name, text);
  auto paths = std::make_shared<std::vector<std::string>>();
  verb->add_option("paths", *paths,
                   "rule files or directories; default: as `run`");
  verb->callback(
      [&chosen, paths, run] { chosen = [paths, run] { return run(*paths); }; });
}

}  // namespace

void AddRulesVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* rules =
      app.add_subcommand("rules", "the policy author's workbench");
  rules->require_subcommand(1);
  AddOne(*rules, chosen, "check", "all errors and lints, each with a fix",
         Check);
  AddOne(*rules, chosen, "test", "run the tests that stand in the rules", Test);
}

}  // namespace nameward
