// SPDX-License-Identifier: Apache-2.0
// What MITRE ATT&CK (Enterprise, v16) calls the techniques that network rules
// name.  Any thread.
#ifndef NAMEWARD_ALERT_ATTACK_NAMES_H_
#define NAMEWARD_ALERT_ATTACK_NAMES_H_

#include <string_view>

namespace nameward {

// The name of "T1071" or "T1071.004"; of one that is not listed, the id itself.
std::string_view AttackName(std::string_view id);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_ATTACK_NAMES_H_
