// SPDX-License-Identifier: Apache-2.0
// What is wrong with a rule file, and where, in the form that its author sees:
//
//   rules/pay.yaml:12:7: unknown key 'severty': ... (write 'severity') [R003]
//
// Codes are stable; docs/rules.md explains each.
#ifndef NAMEWARD_MATCH_DIAGNOSTIC_H_
#define NAMEWARD_MATCH_DIAGNOSTIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

namespace nameward {

struct Diagnostic {
  enum class Level : uint8_t { kError, kWarning };
  std::string code;  // "R001"
  Level level = Level::kError;
  std::string path;
  uint32_t line = 0;  // from 1; 0: the file as a whole
  uint32_t column = 0;
  Error error;  // what, why, fix

  std::string ToString() const;
};

using Diagnostics = std::vector<Diagnostic>;
bool HasErrors(const Diagnostics& diagnostics);
// By path, line, column, code.
void Sort(Diagnostics& diagnostics);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_DIAGNOSTIC_H_
