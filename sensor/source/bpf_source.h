// SPDX-License-Identifier: Apache-2.0
// The kernel as a source of records: the programs of bpf/, loaded, attached,
// and their one ring.
//
// The order is fixed, because rights and filters are per thread and links must
// outlive nothing but their keeper:
//
//   auto kernel = OpenLive(options);                 // privileged; no threads
//   auto live = SpawnKeeper(std::move(*kernel));     // forks; it keeps the fds
//   auto rights = DropRights(rights_options);        // app/rights.h
//   std::thread reader(…);                           // Poll from one thread
//   …
//   (*live)->Stop();       // any thread: hooks off, ring still there
//   Poll until kEnd        // drains: the ledger closes exactly
//
// Guarantees: links, programs and maps are held by the keeper's and this
// process' descriptors alone; when either process dies the other ends and the
// kernel is as before.  When the batch is full nothing is consumed, so that the
// ring's admission, class by class, decides what is lost.  Poll's first batch
// begins with kClock and one NW_CGROUP record for each cgroup that was there;
// kTimer follows every 100 ms of boot time, kLoss when the kernel's counters
// grew, kClock when the wall clock moved.  After start nothing is allocated but
// by the batch.  Floor: Linux 5.10 with BTF.
#ifndef NAMEWARD_SOURCE_BPF_SOURCE_H_
#define NAMEWARD_SOURCE_BPF_SOURCE_H_

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "bpf/event.h"
#include "source/attach_plan.h"
#include "source/ladder.h"
#include "source/source.h"

namespace nameward {

struct BpfOptions {
  // A power of two of pages; it is mapped twice.
  size_t ring_bytes = 4U << 20;
  bool emit_flows = true;   // NW_FLOW: established, failed, closed
  bool old_sockets = true;  // walk the sockets older than the sensor
  // DNS records that one cgroup may send a second, and at once; rate 0: any.
  uint32_t quota_rate = 2000;
  uint32_t quota_burst = 3000;
  std::string cgroup_mount;  // empty: as /proc/self/mountinfo says
  AttachChoice attach = AttachChoice::kAuto;
};

// What was found and done; for doctor, metrics and the log.
struct LiveReport {
  CgroupMode cgroup_mode = CgroupMode::kNone;
  std::string cgroup_mount;
  std::vector<LoadedProgram> programs;
  NodeView node;
  AttachPlan plan;
  std::vector<std::string> degraded;  // beside the plan's own
  BootTime attached{};
  size_t cgroups_found = 0;
};

// Sums over the CPUs since the programs were loaded, in the kernel's records.
// By class offered >= sent + dropped; the rest is under way in a program.
struct LiveCounters {
  std::array<std::array<uint64_t, NW_FATES>, NW_CLASSES> by_class{};
  // Errors inside the programs (storage refused, read failed …).
  std::vector<uint64_t> errors;
  // NW_CGROUP records of the source's own: found at start, or looked up.
  uint64_t made = 0;
  uint64_t consumed = 0;        // records taken from the ring
  uint64_t consumed_bytes = 0;  // with their headers
  bool detached = false;        // no program runs any more
};

// Loaded and attached, still with every right.  Destroying it detaches.
class LiveKernel {
 public:
  virtual ~LiveKernel() = default;
  virtual const LiveReport& report() const = 0;
};

class LiveSource : public RecordSource {
 public:
  // Poll: the reader's thread.  An error means that the keeper is gone.
  //
  // Detaches every hook.  Poll then drains and ends with kEnd.  Any thread.
  virtual void Stop() = 0;
  // What the last Poll read, if it did (each 100 ms, and at the end): at its
  // end, so of all that it and those before it gave.  The reader's thread.
  virtual std::optional<LiveCounters> TakeCounters() = 0;
  virtual const LiveReport& report() const = 0;
  virtual pid_t keeper_pid() const = 0;
};

// Needs CAP_BPF, PERFMON, NET_ADMIN and DAC_READ_SEARCH (or root).  An error
// means that the node can't run the sensor (exit status 3).
Result<std::unique_ptr<LiveKernel>> OpenLive(const BpfOptions& options);

// Before the first thread.  After it this process holds the ring and a socket.
Result<std::unique_ptr<LiveSource>> SpawnKeeper(
    std::unique_ptr<LiveKernel> kernel);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_BPF_SOURCE_H_
