// SPDX-License-Identifier: Apache-2.0
// Who it was: gives each event the workload of its cgroup, from the paths that
// cgroup changes carry, joined with the pods that a pod source tells.
//
// Guarantees: origin.workload is never null after Enrich, and never of a wrong
// pod: what is not certain stays unnamed, and Workload::naming says so.  What
// lies in a container's cgroup belongs to that container; a process that moved
// itself out of all containers is known by its mount namespace (Attribute).  A
// cgroup that went is remembered for kGoneKept, since packets of it arrive
// late.  At most kMostCgroups entries.  One thread.  Attribute and Enrich are
// O(1) and allocate nothing once a cgroup is known; OnPods is O(pods +
// cgroups).
//
//   enricher.ExpectPods();            // kubelet or file
//   enricher.OnCgroup(change);
//   enricher.OnPods(snapshot, now);
//   enricher.Attribute(event);        // before its history is asked
//   if (!enricher.Enrich(event))      // names may still come:
//     waiting.Push(event);            //   enrich/waiting.h
#ifndef NAMEWARD_ENRICH_ENRICH_H_
#define NAMEWARD_ENRICH_ENRICH_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/hash.h"
#include "enrich/mount_namespaces.h"
#include "enrich/pod_cgroups.h"
#include "enrich/pod_index.h"
#include "model/cgroup.h"
#include "model/event.h"
#include "model/pod_directory.h"

namespace nameward {

struct EnrichStats {
  uint64_t known = 0;    // cgroups whose path is known now
  uint64_t unknown = 0;  // events of a cgroup whose path is not known
  uint64_t evicted = 0;  // entries that made room for others
  uint64_t refused = 0;  // no room: all others are alive and known
  uint64_t moved = 0;    // events of a process that left its container's cgroup
  std::array<uint64_t, kNamings> events{};  // that went out, by Naming
};

class Enricher final : public PodDirectory {
 public:
  // A node of 250 pods has about 1,250 cgroups; systemd adds some hundred.
  static constexpr size_t kMostCgroups = 16'384;
  static constexpr Nanoseconds kGoneKept = 120s;
  // A pod that nobody knew is not waited for again so soon.
  static constexpr Nanoseconds kNotAgainFor = 5s;

  explicit Enricher(size_t most_cgroups = kMostCgroups);

  // A pod source is asked; without, all names are final.
  void ExpectPods();
  void OnPods(const PodSnapshot& snapshot, BootTime now);
  // The source was asked again and told the same.
  void OnSamePods(BootTime now);
  void OnCgroup(const CgroupChange& change);

  // Gives the event of a process that moved itself out of its container's
  // cgroup back to that; origin.moved_from is where it was.
  void Attribute(Event& event);
  // False: better names may come within a moment.  The workload is set anyhow.
  [[nodiscard]] bool Enrich(Event& event);
  // They did not: the next events of the cgroup go out as they are, for a
  // while or until something is told of it.
  void GiveUp(uint64_t cgroup, BootTime now);
  // The event goes out as it is.
  void Count(const Event& event) {
    ++stats_.events[static_cast<size_t>(event.origin.workload->naming)];
  }
  // A pod was born that the source has not told of; asking clears it.
  bool TakeWish();

  // The container's cgroup that `cgroup` lies in; itself where there is none.
  uint64_t OwnerOf(uint64_t cgroup) const;
  // A number that all cgroups of its pod have, by the uid in their paths; 0: in
  // none.
  uint64_t PodKeyOf(uint64_t cgroup) const;

  WorkloadRef WorkloadOf(uint64_t cgroup) const override;
  bool HasAddress(const IpAddress& address) const override {
    return pods_.HasAddress(address);
  }

  const EnrichStats& stats() const { return stats_; }
  const PodIndex& pods() const { return pods_; }
  const MountNamespaces& mount_namespaces() const { return mounts_; }
  size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    WorkloadRef workload;
    uint64_t owner = 0;
    bool known = false;      // the path
    bool container = false;  // a container's, or in one
    bool pending = false;    // names may still come
    bool gone = false;
    bool sealed = false;  // its pod's uid is another's now: no more news
    PodChild role = PodChild::kUnknown;
    BootTime born = BootTime::min();  // min: older than the sensor
    BootTime gone_at;
    BootTime not_before = BootTime::min();  // is not waited for until then
  };
  struct Leaving {
    uint64_t id;
    BootTime due;
  };
  // What the pods say of a cgroup.
  struct Names {
    PodRef pod;
    std::string pod_uid;     // of the pod, or what the path carries
    std::string_view name;   // of the container
    std::string_view image;  // of the container
    std::string_view image_id;
    Naming naming = Naming::kNone;
    bool pending = false;
  };

  Entry* Find(uint64_t cgroup);
  Entry* Learn(uint64_t cgroup);
  void JoinAll();
  void Join(uint64_t cgroup, Entry& entry);
  Names NamesOf(std::string_view path, const CgroupPath& parsed,
                const Entry& entry) const;
  Names NamesInPod(const CgroupPath& parsed, const KnownPod& pod,
                   const Entry& entry) const;
  static Names NamesOf(const KnownContainer& container);
  static bool Says(const Workload& workload, const Names& names);
  static WorkloadRef Describe(uint64_t cgroup, std::string_view path,
                              const CgroupPath& parsed, const Names& names);
  CgroupPath Parse(std::string_view path) const;
  void OnGone(const CgroupChange& change);
  void Seal(std::string_view pod_path);
  static void Seal(Entry& entry);
  void Forget(uint64_t cgroup);
  void ForgetGone(BootTime now);
  bool MakeRoom();
  uint64_t OwnerIn(const CgroupChange& change, size_t container_end);

  size_t most_cgroups_;
  bool pods_expected_ = false;
  bool wish_ = false;
  PodIndex pods_;
  PodCgroups births_;
  MountNamespaces mounts_;
  std::unordered_map<uint64_t, Entry, NumberHash> entries_;
  std::unordered_map<std::string, uint64_t> containers_;  // cgroups by path
  std::deque<Leaving> leaving_;
  std::deque<uint64_t> unknown_;  // ids without a path, oldest first
  EnrichStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_ENRICH_H_
