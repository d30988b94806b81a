// SPDX-License-Identifier: Apache-2.0
#include "model/finding.h"

#include <array>

namespace nameward {
namespace {

constexpr std::array<std::string_view, 6> kSeverities = {
    "", "informational", "low", "medium", "high", "critical"};

}  // namespace

std::string_view ToString(Severity severity) {
  return kSeverities[static_cast<size_t>(severity)];
}

std::optional<Severity> SeverityFromString(std::string_view text) {
  for (size_t i = 1; i < kSeverities.size(); ++i)
    if (kSeverities[i] == text) return static_cast<Severity>(i);
  return std::nullopt;
}

}  // namespace nameward
