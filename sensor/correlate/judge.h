// SPDX-License-Identifier: Apache-2.0
// The state of a connect (docs/states.md), drawn from its evidence: the first
// row of the table there that holds wins.
//
// Pure but for what `pods` says at the moment: no clock, no table, no memory of
// other events.  O(ranges + holders of the address).
#ifndef NAMEWARD_CORRELATE_JUDGE_H_
#define NAMEWARD_CORRELATE_JUDGE_H_

#include <optional>

#include "model/address.h"
#include "model/context.h"
#include "model/event.h"
#include "model/pod_directory.h"

namespace nameward {

// An answer binds for at least this long: caches outlive their TTL (80 % of
// the flows to large sites begin more than five minutes after it).
inline constexpr Nanoseconds kShortestBound = 10min;
// … and at most this long, whatever TTL the answer claims.
inline constexpr Nanoseconds kLongestTtl = 24h;

// Fills connect.verdict, and what dns says of search path and ExternalName
// (correlate/search_path.h); origin.workload must be set (enrich).  Every other
// kind of event is left as it is.
void Judge(Event& event, const Context& context, const PodDirectory& pods);

// kInternal or kService where the address alone decides, else nullopt.
std::optional<ConnectState> PlaceOf(const IpAddress& address,
                                    const Context& context);

// Whether it has such a place or, while the ranges are not known, may have.
bool MayBeInside(const IpAddress& address, const Context& context);

// Whether the name is of one of the cluster's own zones.
bool IsOfZone(const DomainName& name, const Context& context);

// Whether cluster.* is unset, so that a private address may be a pod's.
bool RangesUnknown(const Context& context);

// 0.0.0.0 and :: reach this host (ip(7)): they count as its loopback.
Endpoint WithoutUnspecified(const Endpoint& endpoint);

bool IsTrustedResolver(const Endpoint& server, const Context& context);

// What is judged: the endpoint that the program addressed or, where the packet
// left for one outside the cluster, that one.  Loopback, redirects and other
// trusted resolvers are a mesh's or a translation by the node's own hand.
Endpoint JudgedEndpoint(const Endpoint& addressed,
                        const std::optional<Endpoint>& wire,
                        const Context& context);

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_JUDGE_H_
