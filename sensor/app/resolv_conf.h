// SPDX-License-Identifier: Apache-2.0
// How names are found around the sensor: which resolvers are trusted, which
// zones are the cluster's own, which search domains a look-up may end with.
//
// From the configuration, from the sensor's own resolv.conf, which the kubelet
// writes, and from the node's, where it is mounted; never from a pod's.
#ifndef NAMEWARD_APP_RESOLV_CONF_H_
#define NAMEWARD_APP_RESOLV_CONF_H_

#include <optional>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "model/context.h"

namespace nameward {

// Of a resolv.conf(5): its nameservers at port 53, without zones, and its
// search list (the last `search` or `domain` line counts).
struct ResolvConf {
  std::vector<Endpoint> resolvers;
  std::vector<DomainName> searches;
};
ResolvConf ParseResolvConf(std::string_view text);

// The cluster's zone, as a ClusterFirst pod's search list shows it:
// cluster.local, of `ns.svc.cluster.local svc.cluster.local cluster.local`.
std::optional<DomainName> ZoneOf(const std::vector<DomainName>& searches);

// Fills resolvers, zones and searches.  What is configured replaces what was
// found, but for search domains, which are added.
void AddNames(const Settings& settings, const ResolvConf& own,
              const ResolvConf& node, Context& context);

}  // namespace nameward

#endif  // NAMEWARD_APP_RESOLV_CONF_H_
