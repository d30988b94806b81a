// SPDX-License-Identifier: Apache-2.0
// What DNS gave to whom: joins answers to their queries, keeps for each cgroup
// the addresses that it was given, and writes into each connect what is known
// of its destination (Evidence).  Needs no name of a pod.
//
// Guarantees: an answer counts only if it met a pending query; one cgroup can
// neither evict another's entries nor grow the process beyond
// CorrelateOptions; what the sensor itself lost shows as `warmup`, never as a
// clean miss; the result is a function of the calls alone (no clock, no hash
// order).  No allocation per event once the tables have met their load.
// One thread, the worker.  Observe is O(addresses of the answer).
// Sources: RFC 1035, RFC 5452 (what an answer must match), CONTRACT 4.
//
//   correlator.SetContext(context);
//   correlator.OnCgroup(change, enricher.OwnerOf(change.id));
//   correlator.Observe(event);   // dns.matched, connect.evidence
//   Judge(event, context);       // connect.verdict
#ifndef NAMEWARD_CORRELATE_CORRELATE_H_
#define NAMEWARD_CORRELATE_CORRELATE_H_

#include <cstdint>
#include <vector>

#include "base/clock.h"
#include "model/cgroup.h"
#include "model/context.h"
#include "model/domain_name.h"
#include "model/event.h"

namespace nameward {

struct CorrelateOptions {
  // Networks to which a mesh redirects; loopback always counts as one.
  std::vector<Network> redirects;
};

struct CorrelateStats {
  uint64_t queries = 0;
};

class Correlator {
 public:
  explicit Correlator(CorrelateOptions options);

  void SetContext(const Context& context);
  // `owner`: the container's cgroup that this one lies in, whose history it
  // shares; 0: itself.
  void OnCgroup(const CgroupChange& change, uint64_t owner = 0);
  void Observe(Event& event);
  // Lets time pass: expires queries, drops what gone cgroups left.
  void AdvanceTo(BootTime now);

  CorrelateStats stats() const { return stats_; }

 private:
  void ObserveConnect(ConnectEvent& connect);

  CorrelateOptions options_;
  Context context_;
  CorrelateStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_CORRELATE_H_
