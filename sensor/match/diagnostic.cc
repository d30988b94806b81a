// SPDX-License-Identifier: Apache-2.0
#include "match/diagnostic.h"

#include <algorithm>
#include <tuple>

namespace nameward {

std::string Diagnostic::ToString() const {
  std::string text = path;
  if (line != 0)
    text += ":" + std::to_string(line) + ":" + std::to_string(column);
  return text + ": " + error.ToString() + " [" + code + "]";
}

bool HasErrors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& one) {
                       return one.level == Diagnostic::Level::kError;
                     });
}

void Sort(Diagnostics& diagnostics) {
  std::stable_sort(diagnostics.begin(), diagnostics.end(),
                   [](const Diagnostic& a, const Diagnostic& b) {
                     return std::tie(a.path, a.line, a.column, a.code) <
                            std::tie(b.path, b.line, b.column, b.code);
                   });
}

}  // namespace nameward
