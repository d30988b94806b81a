// SPDX-License-Identifier: Apache-2.0
// A rule's `scope:`: whom it speaks of.
#ifndef NAMEWARD_MATCH_SCOPE_PARSER_H_
#define NAMEWARD_MATCH_SCOPE_PARSER_H_

#include "match/policy.h"
#include "match/report.h"
#include "match/yaml_tree.h"

namespace nameward {

void ParseScope(const YamlNode& node, Scope& scope, Reporter& reporter);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_SCOPE_PARSER_H_
