// SPDX-License-Identifier: Apache-2.0
// The Context of a live run: what this node says of itself, and the settings.
#ifndef NAMEWARD_APP_SURROUNDINGS_H_
#define NAMEWARD_APP_SURROUNDINGS_H_

#include <string_view>
#include <vector>

#include "app/settings.h"
#include "model/context.h"

namespace nameward {

// Reads the boot id, the node's addresses and, unless resolvers are configured,
// /etc/resolv.conf: before the rights are dropped.  What can't be read is left
// empty, as is `attached`.
Context LiveContext(const Settings& settings);

// The nameserver lines of a resolv.conf(5), at port 53; zones are cut off.
std::vector<Endpoint> ParseResolvConf(std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_APP_SURROUNDINGS_H_
