// SPDX-License-Identifier: Apache-2.0
// The cgroups whose path the worker has been told, so that a birth record which
// the ring refused leaves no workload without a name: an id that appears
// without a path is looked up once.
//
// One thread.  O(1) per record, without an allocation for an id that is known.
// Bound: kMost ids; then all are forgotten and told anew as they appear (ids
// are never used twice, so what is forgotten is mostly gone).
#ifndef NAMEWARD_SOURCE_TOLD_CGROUPS_H_
#define NAMEWARD_SOURCE_TOLD_CGROUPS_H_

#include <cstddef>
#include <cstdint>
#include <unordered_set>
#include <vector>

#include "base/hash.h"

namespace nameward {

class ToldCgroups {
 public:
  static constexpr size_t kMost = 65536;
  // Look-ups that wait; an id that finds no room asks again with its next
  // record.
  static constexpr size_t kMostWaiting = 256;

  void Told(uint64_t id) {
    if (told_.size() >= kMost) Forget();
    told_.insert(id);
  }
  // 0 is no cgroup.
  void Saw(uint64_t id) {
    if (id == 0 || told_.count(id) > 0) return;
    if (waiting_.size() >= kMostWaiting) return;
    Told(id);
    waiting_.push_back(id);
  }
  bool AnyWaits() const { return !waiting_.empty(); }
  uint64_t TakeWaiting() {
    const uint64_t id = waiting_.back();
    waiting_.pop_back();
    return id;
  }
  uint64_t forgotten() const { return forgotten_; }

 private:
  void Forget() {
    forgotten_ += told_.size();
    told_.clear();
  }
  std::unordered_set<uint64_t, NumberHash> told_;
  std::vector<uint64_t> waiting_;
  uint64_t forgotten_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_TOLD_CGROUPS_H_
