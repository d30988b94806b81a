// SPDX-License-Identifier: Apache-2.0
// The names that each cgroup asked for last, newest first: what a person wants
// to know of a connect that no name explains.  Evidence only; no state follows
// from it.
//
// Bounded by its caller: nothing is kept of a cgroup without a history
// (Histories::kMostCgroups), and 1 KiB of each that asks.  Allocates once for
// each cgroup.  One thread, O(1).
#ifndef NAMEWARD_CORRELATE_LAST_ASKED_H_
#define NAMEWARD_CORRELATE_LAST_ASKED_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "base/hash.h"
#include "model/domain_name.h"

namespace nameward {

class LastAsked {
 public:
  // As many as a person reads; a program that connects to one address of many
  // asks for a name or two before it.
  static constexpr size_t kNames = 4;

  // The name becomes the newest; one that is there already moves.
  void Add(uint64_t cgroup, const DomainName& name);
  void Read(uint64_t cgroup, std::vector<DomainName>& out) const;
  void Drop(uint64_t cgroup) { names_.erase(cgroup); }

  size_t MemoryBytes() const { return names_.size() * sizeof(Names); }

 private:
  struct Names {
    std::array<DomainName, kNames> newest_first;
    size_t count = 0;
  };
  std::unordered_map<uint64_t, Names, NumberHash> names_;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_LAST_ASKED_H_
