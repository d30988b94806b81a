// SPDX-License-Identifier: Apache-2.0
// Any bytes as a rule file: errors or a policy, never a crash; and a policy
// that loads is checked, run on its own tests and asked about an event.
#include <cstddef>
#include <cstdint>
#include <string>

#include "match/rule_check.h"
#include "match/rule_tests.h"
#include "match/testing.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nameward;
  const std::string text(reinterpret_cast<const char*>(data), size);
  RuleLoadOptions options;
  options.read_list = [&](const std::string&, size_t) -> Result<std::string> {
    return text;
  };
  const std::vector<RuleSource> files = {{"a.yaml", text}};
  RunRuleCheck(files, options, WallTime());
  const RuleLoad load = LoadRules(files, options);
  if (load.set == nullptr) return 0;
  RunRuleTests(*load.set, load.tests, {});
  Fired(*load.set, Query("a.x.com"));
  Fired(*load.set, Connect("192.0.2.1:443"));
  return 0;
}
