// SPDX-License-Identifier: Apache-2.0
// Whose mount namespace it is: a process that moved itself out of its
// container's cgroup still has the container's file system.
//
// Guarantees: a namespace that was seen outside of containers before the
// container was born is the host's, whoever enters it later; one that two
// containers have is nobody's; an inode number without a sequence number dies
// with its container, since the kernel reuses it at once.  One thread; O(1).
// Bound: kMost namespaces, the one seen first goes first.
// Sources: namespaces(7), Linux fs/namespace.c.
#ifndef NAMEWARD_ENRICH_MOUNT_NAMESPACES_H_
#define NAMEWARD_ENRICH_MOUNT_NAMESPACES_H_

#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <unordered_map>

#include "base/clock.h"
#include "base/hash.h"

namespace nameward {

struct MountNamespace {
  uint32_t inum = 0;  // 0: not known
  uint64_t seq = 0;   // 0: the kernel has none
  auto operator<=>(const MountNamespace&) const = default;
};

// A container's cgroup, and since when it is watched.
struct ContainerCgroup {
  uint64_t id = 0;
  BootTime born = BootTime::min();  // min: older than the sensor
};

class MountNamespaces {
 public:
  // A node of 250 pods has some 500 containers; systemd units have their own.
  static constexpr size_t kMost = 4096;

  explicit MountNamespaces(size_t most = kMost) : most_(most) {}

  // A process of the container has it.
  void SeeIn(const ContainerCgroup& container, const MountNamespace& ns);
  // A process outside of all containers has it; the container that it belongs
  // to, 0: none.
  uint64_t SeeOutside(const MountNamespace& ns, BootTime now);
  // The container's cgroup went, or is forgotten.
  void Gone(uint64_t container);
  void Forget(uint64_t container);

  size_t size() const { return holders_.size(); }
  uint64_t conflicts() const { return conflicts_; }
  uint64_t evicted() const { return evicted_; }

 private:
  struct Hash {
    size_t operator()(const MountNamespace& ns) const {
      return MixNumber(ns.inum ^ MixNumber(ns.seq));
    }
  };
  struct Holder {
    uint64_t container = 0;  // 0: the host's, or of more than one
    bool shared = false;
    BootTime seen_outside;
  };

  Holder* Insert(const MountNamespace& ns);

  size_t most_;
  std::unordered_map<MountNamespace, Holder, Hash> holders_;
  std::deque<MountNamespace> order_;
  uint64_t conflicts_ = 0;
  uint64_t evicted_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_MOUNT_NAMESPACES_H_
