// SPDX-License-Identifier: Apache-2.0
// What the states of docs/states.md ask of the pods of this node: who a cgroup
// is, and whose an address is.  Enrich answers; judge asks.  Read-only, of the
// moment of the call; the worker's thread alone.  O(1) each.
#ifndef NAMEWARD_MODEL_POD_DIRECTORY_H_
#define NAMEWARD_MODEL_POD_DIRECTORY_H_

#include <cstdint>

#include "model/address.h"
#include "model/workload.h"

namespace nameward {

class PodDirectory {
 public:
  // Null: not known.  A cgroup below a container's own is the container.
  virtual WorkloadRef WorkloadOf(uint64_t cgroup) const = 0;
  // Whether it is a pod's of this node, or one of the nodes' that the pods
  // name (PodState::addresses, PodSnapshot::node_addresses).
  virtual bool HasAddress(const IpAddress& address) const = 0;

 protected:
  ~PodDirectory() = default;
};

// Where there are no pods: captures, rule tests, a plain machine.
class NoPods final : public PodDirectory {
 public:
  WorkloadRef WorkloadOf(uint64_t) const override { return nullptr; }
  bool HasAddress(const IpAddress&) const override { return false; }
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_POD_DIRECTORY_H_
