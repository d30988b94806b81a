// SPDX-License-Identifier: Apache-2.0
// Takes the link-layer header off a captured frame, VLAN tags included.
// Pure; O(1).  Sources: https://www.tcpdump.org/linktypes.html, IEEE 802.1Q.
#ifndef NAMEWARD_SOURCE_LINK_LAYER_H_
#define NAMEWARD_SOURCE_LINK_LAYER_H_

#include <cstdint>
#include <optional>

#include "base/byte_reader.h"

namespace nameward {

enum class LinkType : uint8_t {
  kEthernet,   // 1
  kRawIp,      // 101, 12, 14, 228, 229
  kLinuxSll,   // 113
  kLinuxSll2,  // 276
  kNull,       // 0, 108
};

// Where the IP header should begin; nullopt: the frame carries something else.
std::optional<Bytes> NetworkLayer(LinkType type, Bytes frame);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_LINK_LAYER_H_
