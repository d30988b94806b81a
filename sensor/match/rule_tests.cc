// SPDX-License-Identifier: Apache-2.0
#include "match/rule_tests.h"

namespace nameward {

std::vector<RuleTestResult> RunRuleTests(const RuleSet&,
                                         const std::vector<RuleTest>&,
                                         const PrepareFactory&) {
  return {};
}

}  // namespace nameward
