// SPDX-License-Identifier: Apache-2.0
// Who did it: the kernel's identity of a record as an Origin.
//
// The task is believed only where the kernel says so: on ingress the running
// task is anybody's, so there an identity counts only if it was read back from
// the socket's storage.  TCP leaves and comes without a task, so there the one
// that connected the socket is named, as long as it is remembered.
//
// One thread; no allocation but for a new executable.
#ifndef NAMEWARD_DECODE_ORIGIN_H_
#define NAMEWARD_DECODE_ORIGIN_H_

#include <memory>
#include <string>

#include "bpf/event.h"
#include "decode/recent_table.h"
#include "model/event.h"

namespace nameward {

class Origins {
 public:
  void Fill(const nw_header& header, Origin& origin);
  // Of a TCP connect: later records of its socket that name no task are its.
  void LearnCaller(const nw_header& header);
  void LearnExecutable(uint64_t key, std::string_view path);
  uint64_t callers_evicted() const { return callers_evicted_; }
  uint64_t executables_evicted() const { return executables_evicted_; }

 private:
  // Distinct executables of a node: a few hundred; a pod that makes new ones
  // all the time only costs itself their path.
  static constexpr size_t kMaxExecutables = 4096;

  // Needed from the connect to the connection's first DNS message, which is
  // soon.  One that was forgotten leaves its socket's cgroup.
  static constexpr size_t kMaxCallers = 4096;

  RecentTable<nw_identity> callers_{kMaxCallers};  // by socket cookie
  RecentTable<std::shared_ptr<const std::string>> executables_{kMaxExecutables};
  uint64_t executables_evicted_ = 0;
  uint64_t callers_evicted_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_ORIGIN_H_
