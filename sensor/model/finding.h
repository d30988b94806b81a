// SPDX-License-Identifier: Apache-2.0
// A rule's identity as alerts show it, and a finding: an event that it caught.
#ifndef NAMEWARD_MODEL_FINDING_H_
#define NAMEWARD_MODEL_FINDING_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace nameward {

// Values are OCSF severity_id.
enum class Severity : uint8_t {
  kInformational = 1,
  kLow = 2,
  kMedium = 3,
  kHigh = 4,
  kCritical = 5,
};
std::string_view ToString(Severity severity);  // "informational" … "critical"
std::optional<Severity> SeverityFromString(std::string_view text);

enum class RuleMode : uint8_t { kAlert, kDryRun, kOff };

struct RateLimit {
  std::string per = "namespace";
  uint32_t burst = 0;  // 0: no limit
  Nanoseconds every{0};
};

struct RuleInfo {
  std::string id;
  std::string title;
  std::string description;
  Severity severity = Severity::kMedium;
  RuleMode mode = RuleMode::kAlert;
  std::vector<std::string> attack;  // ATT&CK technique ids
  std::vector<std::string> references;
  std::string owner;
  std::string set_id;  // commit and content hash of the rule set
  Nanoseconds dedup_window{0};
  RateLimit rate_limit;
};

struct Finding {
  std::shared_ptr<const RuleInfo> rule;
  // Values of the rule's dedup key, joined by '\x1f'; with the rule's id it
  // names the window.
  std::string dedup_key;
  // One sentence: who did what and which leaf of the rule caught it.
  std::string reason;
  // The scope could not be known (no pod yet) and the rule fired all the same.
  bool scope_unknown = false;
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_FINDING_H_
