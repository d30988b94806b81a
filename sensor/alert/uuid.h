// SPDX-License-Identifier: Apache-2.0
// UUID version 5 (RFC 9562 5.5): the same text always gives the same id, so a
// replay names its alerts as the live run did.  Any thread; about 1 µs.
#ifndef NAMEWARD_ALERT_UUID_H_
#define NAMEWARD_ALERT_UUID_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace nameward {

using UuidBytes = std::array<uint8_t, 16>;

// 36 characters, lower case.
std::string UuidV5(const UuidBytes& name_space, std::string_view name);
// In nameward's own name space.
std::string UuidV5(std::string_view name);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_UUID_H_
