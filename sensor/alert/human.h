// SPDX-License-Identifier: Apache-2.0
// An alert or an event as one line for a person: when, how severe, which rule,
// who, what, where to.  No control character of an event reaches the terminal:
// strings are escaped as in JSON.  Any thread.
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
