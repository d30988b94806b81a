// SPDX-License-Identifier: Apache-2.0
// Who it was: gives each event the workload of its cgroup, from the paths that
// cgroup changes carry.
//
// Guarantees: origin.workload is never null after Enrich; a cgroup that is not
// known gets a workload with its id alone.  What lies in a container's cgroup
// belongs to that container.  A cgroup that went is remembered for
// kGoneKept, since packets of it arrive late.  At most kMostCgroups entries.
// One thread.  Enrich is O(1) and allocates only for a cgroup's first event.
//
//   enricher.OnCgroup(change);
//   enricher.Enrich(event);      // event.origin.workload->DisplayName()
#ifndef NAMEWARD_ENRICH_ENRICH_H_
#define NAMEWARD_ENRICH_ENRICH_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "base/clock.h"
#include "base/hash.h"
#include "model/cgroup.h"
#include "model/event.h"

namespace nameward {

struct EnrichStats {
  uint64_t known = 0;    // cgroups whose path is known now
  uint64_t unknown = 0;  // events of a cgroup whose path is not known
  uint64_t evicted = 0;  // entries that made room for others
  uint64_t refused = 0;  // no room: all others are alive and known
};

class Enricher {
 public:
  // A node of 250 pods has about 1,250 cgroups; systemd adds some hundred.
  static constexpr size_t kMostCgroups = 16'384;
  static constexpr Nanoseconds kGoneKept = 120s;

  explicit Enricher(size_t most_cgroups = kMostCgroups);

  void OnCgroup(const CgroupChange& change);
  void Enrich(Event& event);
  // The container's cgroup that `cgroup` lies in; itself where there is none.
  uint64_t OwnerOf(uint64_t cgroup) const;

  const EnrichStats& stats() const { return stats_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    WorkloadRef workload;
    uint64_t owner = 0;
    bool known = false;
  };
  struct Leaving {
    uint64_t id;
    BootTime due;
  };

  WorkloadRef Learn(uint64_t cgroup);
  void ForgetGone(BootTime now);
  bool MakeRoom();
  uint64_t OwnerIn(const CgroupChange& change, size_t container_end) const;

  size_t most_cgroups_;
  std::unordered_map<uint64_t, Entry, NumberHash> entries_;
  std::deque<Leaving> leaving_;
  std::deque<uint64_t> unknown_;  // ids without a path, oldest first
  EnrichStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_ENRICH_H_
