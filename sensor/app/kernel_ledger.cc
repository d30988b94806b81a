// SPDX-License-Identifier: Apache-2.0
#include "app/kernel_ledger.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace nameward {
namespace {

constexpr std::array<std::string_view, NW_CLASSES> kClasses = {
    "answer", "query", "connect", "state"};

}  // namespace

Ledger KernelLedger(const LiveCounters& counters) {
  Ledger ledger;
  uint64_t under_way = 0;
  for (size_t i = 0; i < NW_CLASSES; ++i) {
    const auto& fates = counters.by_class[i];
    const std::string name(kClasses[i]);
    ledger.Add("records_offered", "class", name, fates[NW_OFFERED]);
    ledger.Add("records_sent", "class", name, fates[NW_SENT]);
    ledger.Add("records_dropped", "class_fate", name + "/full",
               fates[NW_DROPPED_FULL]);
    ledger.Add("records_dropped", "class_fate", name + "/quota",
               fates[NW_DROPPED_QUOTA]);
    const uint64_t settled =
        fates[NW_SENT] + fates[NW_DROPPED_FULL] + fates[NW_DROPPED_QUOTA];
    under_way += fates[NW_OFFERED] - std::min(fates[NW_OFFERED], settled);
  }
  ledger.Add("records_pending", counters.detached ? 0 : under_way);
  ledger.Add("records_made", counters.made);
  return ledger;
}

std::string TierGauges(const LiveReport& report) {
  std::string text = "# TYPE nameward_program_tier gauge\n";
  for (const LoadedProgram& program : report.programs)
    text += "nameward_program_tier{program=\"" + program.base + "\",tier=\"" +
            std::string(TierName(program.tier)) + "\"} 1\n";
  return text;
}

}  // namespace nameward
