// SPDX-License-Identifier: Apache-2.0
// Turns the kernel's growing counters into kLoss records.
//
// An answer whose query the ring refused counts for nothing, so both are told
// as answers lost.
// What a cgroup lost is told by its id; what no cgroup's count explains (the
// kernel's table is an LRU) is told with cgroup 0.  The two are not read in one
// moment, so the sum is compared with the total of the round before: a loss is
// told one round late rather than blamed on nobody for a moment, which would
// put every workload in warm-up.  Pure; one thread.  Bound: the kernel's table
// (kMaxCgroups).
#ifndef NAMEWARD_SOURCE_LOSS_TRACKER_H_
#define NAMEWARD_SOURCE_LOSS_TRACKER_H_

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>

#include "base/hash.h"
#include "bpf/event.h"
#include "model/record.h"

namespace nameward {

// Records of one cgroup that were not sent, since the programs were loaded.
struct CgroupLoss {
  uint64_t cgroup = 0;
  uint32_t answers = 0;  // the ring refused them, or their queries
  uint32_t quota = 0;    // its own bucket refused them
};

using ClassCounters = std::array<std::array<uint64_t, NW_FATES>, NW_CLASSES>;

class LossTracker {
 public:
  static constexpr size_t kMaxCgroups = 16384;

  // Whether the totals say that the per-cgroup counts are worth reading.
  bool Grew(const ClassCounters& totals) const;
  // Appends what is new since the last call.  `losses`: all cgroups that the
  // kernel holds a count of, read after `totals`.
  void Update(uint64_t now_ns, const ClassCounters& totals,
              std::span<const CgroupLoss> losses, RecordBatch& batch);

 private:
  struct Told {
    uint32_t answers = 0;
    uint32_t quota = 0;
  };
  void TellCgroup(const CgroupLoss& loss, const Told& told);
  void TellRest(unsigned class_index, unsigned fate, uint64_t total,
                uint64_t by_cgroup);
  void Append(LossRecord record);

  ClassCounters totals_{};  // of the round before
  ClassCounters told_rest_{};
  std::unordered_map<uint64_t, Told, NumberHash> told_;
  uint64_t by_cgroup_answers_ = 0;
  uint64_t by_cgroup_quota_ = 0;
  bool unsettled_ = false;  // the last round's growth is still to be compared
  uint64_t since_ns_ = 0;
  uint64_t now_ns_ = 0;
  RecordBatch* batch_ = nullptr;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_LOSS_TRACKER_H_
