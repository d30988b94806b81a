// SPDX-License-Identifier: Apache-2.0
// Who did it: the kernel's identity of a record as an Origin.
//
// The task is believed only where the kernel says so: on ingress the running
// task is anybody's, so there an identity counts only if it was read back from
// the socket's storage.  One thread; no allocation but for a new executable.
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
  void LearnExecutable(uint64_t key, std::string_view path);
  uint64_t executables_evicted() const { return evicted_; }

 private:
  // Distinct executables of a node: a few hundred; a pod that makes new ones
  // all the time only costs itself their path.
  static constexpr size_t kMaxExecutables = 4096;

  RecentTable<std::shared_ptr<const std::string>> executables_{kMaxExecutables};
  uint64_t evicted_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_ORIGIN_H_
