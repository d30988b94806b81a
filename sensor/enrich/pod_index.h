// SPDX-License-Identifier: Apache-2.0
// The pods of this node as the pod source tells them, found by what the kernel
// shows of them: the uid or container id in a cgroup's path, or an address.
//
// Guarantees: a pod counts as gone only after kAbsences snapshots without it (a
// kubelet that restarts tells half a list), and is found for kGoneKept after
// that; a container id that its pod no longer lists is kept as long, with the
// names of its own time.  What could mean two pods is found as none.
// One thread.  Take is O(snapshot); every look-up is O(1).  Bound: the living
// are the source's to bound (kube/pod_list_json.h), of the gone at most
// kMostGone, the oldest first.
//
//   index.Take(snapshot, now);
//   const KnownPod* pod =
//   index.FindPod("2c48913c_b29f_11e7_9350_020968147796");
#ifndef NAMEWARD_ENRICH_POD_INDEX_H_
#define NAMEWARD_ENRICH_POD_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "model/address.h"
#include "model/pod_snapshot.h"

namespace nameward {

struct KnownPod {
  PodState state;
  unsigned absences = 0;  // snapshots without it since the last with it
  bool gone = false;
  BootTime gone_since;
  // When its uid, as a static pod's may, came to mean this pod and no other.
  BootTime renamed = BootTime::min();

  // No container of it awaits its id.
  bool AllContainersTold() const;
};

struct KnownContainer {
  PodRef pod;
  std::string name;
  std::string image;
  std::string image_id;
  bool gone = false;
  BootTime gone_since;
};

struct PodIndexStats {
  size_t pods = 0;        // listed now
  size_t containers = 0;  // ids that they list
  size_t gone = 0;        // pods and ids that are kept though gone
  uint64_t snapshots = 0;
  uint64_t evicted = 0;    // gone ones that made room for others
  uint64_t conflicts = 0;  // a container id that two pods listed
  BootTime taken;          // the last snapshot
};

class PodIndex {
 public:
  static constexpr unsigned kAbsences = 2;
  static constexpr Nanoseconds kGoneKept = 120s;
  // Pods and container ids.  A churn of 10 a second makes 2,400 in 120 s.
  static constexpr size_t kMostGone = 8192;

  explicit PodIndex(size_t most_gone = kMostGone) : most_gone_(most_gone) {}

  void Take(const PodSnapshot& snapshot, BootTime now);
  // The source was asked again and told the same.
  void Confirm(BootTime now);

  // By uid, or by the uid with '_' for '-' as systemd slices have it.
  const KnownPod* FindPod(std::string_view raw_uid) const;
  const KnownContainer* FindContainer(std::string_view id) const;
  // The pod that has the address for itself; null if none or more than one.
  PodRef FindAddress(const IpAddress& address) const;

  // Of a pod, or of a node that a pod names.
  bool HasAddress(const IpAddress& address) const {
    return inside_.count(address) > 0;
  }

  const PodIndexStats& stats() const { return stats_; }

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return HashText(text); }
  };
  template <typename T>
  using ByText = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;
  struct Leaving {
    BootTime since;
    bool container;
    std::string key;
  };

  void TakePod(const PodState& state, BootTime now);
  void TakeContainers(const KnownPod& pod);
  void DropContainers(const PodState& state, const PodState* next,
                      BootTime now);
  void NoteAbsent(BootTime now);
  void NoteAddresses(const std::vector<IpAddress>& nodes);
  void Leave(bool container, const std::string& key, BootTime now);
  void ForgetGone(BootTime now);
  void Forget(const Leaving& leaving);
  void Count();

  size_t most_gone_;
  // In order: what leaves together leaves in one order in every run.
  std::map<std::string, KnownPod, std::less<>> pods_;  // by uid
  ByText<std::vector<std::string>> escaped_;           // uid with '_' → uids
  ByText<KnownContainer> containers_;                  // by id
  std::unordered_map<IpAddress, PodRef, IpAddressHash> addresses_;
  std::unordered_set<IpAddress, IpAddressHash> inside_;
  std::deque<Leaving> leaving_;
  PodIndexStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_POD_INDEX_H_
