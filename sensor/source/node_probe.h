// SPDX-License-Identifier: Apache-2.0
// What this node offers to the live source, as facts for `nameward doctor`.
//
// Each fact says how it stands and, where it is not well, what that costs and
// how to mend it.  ProbeNode loads the programs and attaches them for a moment
// to learn the truth, then lets go; it never fails.  Start-up, one thread.
#ifndef NAMEWARD_SOURCE_NODE_PROBE_H_
#define NAMEWARD_SOURCE_NODE_PROBE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/bpf_source.h"

namespace nameward {

enum class FactState : uint8_t { kOk, kDegraded, kMissing };
std::string_view FactStateName(FactState state);  // "ok", …

struct NodeFact {
  std::string name;  // "kernel", "btf", "cgroup", …
  FactState state = FactState::kOk;
  std::string text;  // what is there
  std::string mend;  // empty where all is well
};

std::vector<NodeFact> ProbeNode(const BpfOptions& options);

// The parts, pure: of what was read.
NodeFact KernelFact(std::string_view release);
NodeFact LockdownFact(std::string_view lockdown);  // text of …/lockdown
std::vector<NodeFact> CapabilityFacts(uint64_t effective);
NodeFact MemlockFact(std::string_view release, uint64_t soft_limit,
                     size_t ring_bytes);
NodeFact CgroupFact(const CgroupMounts& mounts);
std::vector<NodeFact> ReportFacts(const LiveReport& report);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_NODE_PROBE_H_
