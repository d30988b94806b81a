// SPDX-License-Identifier: Apache-2.0
// An alert or an event as one line for a person: when, how severe, which rule,
// then one sentence that says who did what.  No control character of an event
// reaches the terminal: strings are escaped as in JSON.  Any thread.
//
//   2026-01-02T03:16:41.000Z HIGH     dns-not-on-53: unit/miner.service (xmrig,
//   pid 666) spoke plain DNS with 198.51.100.9:5300/udp, pool.miner.test: kind
//   in dns_other_port (7 times since 2026-01-02T03:01:40.000Z)
#ifndef NAMEWARD_ALERT_HUMAN_H_
#define NAMEWARD_ALERT_HUMAN_H_

#include <string>

#include "base/clock.h"
#include "model/alert.h"
#include "model/event.h"

namespace nameward {

enum class Colour : bool { kNo, kYes };

void AppendHuman(const Alert& alert, Colour colour, std::string& out);
void AppendHumanEvent(const Event& event, ClockOffset clock, std::string& out);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_HUMAN_H_
