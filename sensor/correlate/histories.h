// SPDX-License-Identifier: Apache-2.0
// How far the history of each cgroup can be trusted: whether the sensor was
// there from its birth, what the sensor lost of it, what it lost by its own
// flood, and when it last spoke encrypted DNS.
//
// The sensor's own gaps lead to `warmup` for Context::warmup and to an
// incomplete history for kIncomplete after it; a cgroup's own flood only to an
// incomplete history, whatever the ring then refuses of it.  Holds at most
// kMostCgroups; those that no cgroup change announced make room; from then on a
// cgroup without a history can't be judged by it (`warmup`). One thread, O(1).
#ifndef NAMEWARD_CORRELATE_HISTORIES_H_
#define NAMEWARD_CORRELATE_HISTORIES_H_

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "correlate/pod_members.h"
#include "model/cgroup.h"
#include "model/context.h"
#include "model/event.h"

namespace nameward {

class Histories {
 public:
  // A node of 250 pods has about 1,250 cgroups; a pcap may have more clients.
  static constexpr size_t kMostCgroups = 16'384;
  static constexpr Nanoseconds kIncomplete = 24h;
  // For so long after a look at encrypted DNS a name may come from it.
  static constexpr Nanoseconds kEncryptedHolds = 10min;
  // Packets of a cgroup arrive after it went (softirq, a closing socket).
  static constexpr Nanoseconds kGoneKept = 120s;

  explicit Histories(size_t most_cgroups = kMostCgroups);

  // `owner`: the container's cgroup that it lies in, 0: itself; `pod`: a number
  // of the pod it is of, 0: none.
  void OnCgroup(const CgroupChange& change, uint64_t owner, uint64_t pod);
  // The cgroup by which history is kept: the container's, or itself.
  uint64_t OwnerOf(uint64_t cgroup) const;
  // All containers of the cgroup's pod, with itself; empty: it is in no pod.
  std::span<const uint64_t> PodOf(uint64_t cgroup) const;

  // Makes sure that the cgroup has a history, so that ForgetNext will name it;
  // false: no room.  Nothing may be kept of a cgroup without one.
  bool Admit(uint64_t cgroup) { return Of(cgroup) != nullptr; }

  // The sensor lost a DNS message of the cgroup.
  void MarkLost(uint64_t cgroup, BootTime now);
  // The cgroup's own flood cost it one.
  void MarkFlood(uint64_t cgroup, BootTime now);
  void MarkEncrypted(uint64_t cgroup, bool listed, BootTime now);
  // The kernel's loss counters as a connect of the cgroup carries them.
  void TakeCounters(uint64_t cgroup, const ConnectEvent& connect, BootTime now);

  // Fills what the history says into `evidence`.
  void Describe(uint64_t cgroup, BootTime now, const Context& context,
                Evidence& evidence) const;

  // A cgroup whose time is over and that is forgotten by this call: what else
  // is kept of it must go too.  nullopt: no more.
  std::optional<uint64_t> ForgetNext(BootTime now);

  size_t size() const { return histories_.size(); }
  uint64_t evicted() const { return evicted_; }
  uint64_t refused() const { return refused_; }

 private:
  struct History {
    std::optional<BootTime> born;  // under the sensor's eyes
    std::optional<BootTime> lost;
    std::optional<BootTime> flooded;
    std::optional<BootTime> encrypted;
    std::optional<BootTime> encrypted_listed;
    uint64_t owner = 0;
    uint64_t pod = 0;
    uint32_t lost_answers = 0;
    uint32_t lost_quota = 0;
    bool announced = false;
  };
  struct Leaving {
    uint64_t id;
    BootTime due;
  };

  // The cgroup's own flood, or that of another container of its pod.
  bool Flooded(const History& history, Nanoseconds span, BootTime now) const;
  History* Of(uint64_t cgroup);  // null: all others are alive and announced
  bool MakeRoom();

  size_t most_cgroups_;
  std::unordered_map<uint64_t, History, NumberHash> histories_;
  std::deque<uint64_t> unannounced_;  // oldest first
  std::deque<Leaving> leaving_;
  PodMembers pods_;
  std::vector<uint64_t> forgotten_;  // to be named by ForgetNext
  uint64_t evicted_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_HISTORIES_H_
