// SPDX-License-Identifier: Apache-2.0
// `tests:` into events and what they must yield.
#ifndef NAMEWARD_MATCH_TEST_PARSER_H_
#define NAMEWARD_MATCH_TEST_PARSER_H_

#include <string>
#include <vector>

#include "match/report.h"
#include "match/rule_tests.h"
#include "match/yaml_tree.h"

namespace nameward {

// `rule`: the one that the tests stand in, or empty.
void ParseTests(const YamlNode& node, const std::string& rule,
                std::vector<RuleTest>& out, Reporter& reporter);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_TEST_PARSER_H_
