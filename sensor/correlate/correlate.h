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
// Sources: RFC 1035, RFC 5452 (what an answer must match), docs/states.md.
//
//   correlator.SetContext(context);
//   correlator.OnCgroup(change, enricher.OwnerOf(change.id), pod);
//   correlator.Observe(event);   // dns.matched, connect.evidence
//   Judge(event, context, pods); // connect.verdict
#ifndef NAMEWARD_CORRELATE_CORRELATE_H_
#define NAMEWARD_CORRELATE_CORRELATE_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/clock.h"
#include "correlate/address_names.h"
#include "correlate/histories.h"
#include "correlate/last_asked.h"
#include "correlate/pending_queries.h"
#include "model/cgroup.h"
#include "model/context.h"
#include "model/event.h"

namespace nameward {

struct CorrelateOptions {
  PendingLimits pending;
  AddressLimits addresses;
  size_t cgroups = Histories::kMostCgroups;
};

struct CorrelateStats {
  PendingStats pending;
  AddressStats addresses;
  size_t cgroups = 0;
  uint64_t cgroups_evicted = 0;
  uint64_t cgroups_refused = 0;
  uint64_t refused_of_zone = 0;  // addresses that the cluster's may not give
  // Losses of DNS records that no cgroup is named for; each cgroup's own are
  // stamped into its connects.
  uint64_t unattributed_losses = 0;
  size_t memory_bytes = 0;  // of the tables, without names
};

class Correlator {
 public:
  explicit Correlator(CorrelateOptions options);

  void SetContext(const Context& context);
  // `owner`: the container's cgroup that this one lies in, whose history it
  // shares; 0: itself.  `pod`: a number that all cgroups of one pod have and no
  // others (of the uid in their paths); 0: in no pod.
  void OnCgroup(const CgroupChange& change, uint64_t owner = 0,
                uint64_t pod = 0);
  void Observe(Event& event);
  // Lets time pass: expires queries, drops what gone cgroups left.
  void AdvanceTo(BootTime now);

  CorrelateStats stats() const;

 private:
  // The names of a binding that the last connect did not need: kept, so that
  // the next one allocates nothing.
  using SpareNames = std::vector<DomainName>;

  void ObserveDns(const Event& event, DnsEvent& dns);
  void Remember(uint64_t cgroup, const DnsMessage& query);
  void Bind(const Event& event, const DnsEvent& answer,
            const PendingQueries::Match& match);
  std::span<const DnsAddress> Admissible(const DnsMessage& message);
  void ObserveConnect(const Event& event, ConnectEvent& connect);
  void ObserveEncrypted(const Event& event, const TransportEvent& transport);
  void ObserveLoss(const Event& event, const LossEvent& loss);
  void Look(uint64_t cgroup, BootTime now, Evidence& evidence);

  Context context_;
  Histories histories_;
  PendingQueries pending_;
  AddressNames names_;
  LastAsked asked_;
  std::array<SpareNames, 3> spares_;
  std::vector<DnsAddress> admissible_;  // scratch
  std::vector<uint64_t> mates_;         // scratch
  uint64_t refused_of_zone_ = 0;
  uint64_t unattributed_losses_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_CORRELATE_H_
