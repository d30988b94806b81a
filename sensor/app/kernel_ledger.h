// SPDX-License-Identifier: Apache-2.0
// The kernel's own counters, as rows of the ledger and as gauges.
#ifndef NAMEWARD_APP_KERNEL_LEDGER_H_
#define NAMEWARD_APP_KERNEL_LEDGER_H_

#include <string>

#include "app/ledger.h"
#include "source/bpf_source.h"

namespace nameward {

Ledger KernelLedger(const LiveCounters& counters);

// nameward_program_tier{program="on_connect4",tier="typed"} 1
std::string TierGauges(const LiveReport& report);

}  // namespace nameward

#endif  // NAMEWARD_APP_KERNEL_LEDGER_H_
