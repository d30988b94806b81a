// SPDX-License-Identifier: Apache-2.0
// Raw telemetry as OCSF 1.5.0: each DNS message as a DNS Activity (4003), each
// connect as a Network Activity (4001).  docs/telemetry.md lists every key.
//
// Guarantees: one line of valid JSON and UTF-8 whatever the event holds, at
// most kMaxTelemetryLine bytes; the same event gives the same line.  Allocates
// the growth of `out` and the record's key.  Any thread.
#ifndef NAMEWARD_ALERT_TELEMETRY_H_
#define NAMEWARD_ALERT_TELEMETRY_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "model/alert.h"
#include "model/event.h"
#include "model/node_identity.h"

namespace nameward {

// Two lists of 2 KiB, of which each may end with a name of 1.3 KiB, another
// such name thrice, ten strings of 512 bytes, the keys.
inline constexpr size_t kMaxTelemetryLine = size_t{20} * 1024;

struct TelemetryContext {
  const NodeIdentity& node;
  std::string_view boot_id;
  ClockOffset clock;
  uint64_t sequence = 0;  // of the topic in this run: a gap is a dropped record
};

// Fills `out`, reusing its capacity.  The event is a DnsEvent or a
// ConnectEvent.
void RenderTelemetry(const Event& event, const TelemetryContext& context,
                     RenderedAlert& out);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_TELEMETRY_H_
