// SPDX-License-Identifier: Apache-2.0
// The BPF object: its knobs set, loaded by the ladder, its programs and maps by
// name.  Privileged; start-up only, one thread.
#ifndef NAMEWARD_SOURCE_BPF_OBJECT_H_
#define NAMEWARD_SOURCE_BPF_OBJECT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "source/ladder.h"

namespace nameward {

struct KernelKnobs {
  size_t ring_bytes = 4U << 20;
  bool emit_flows = true;
  bool use_pids_cgroup = false;  // the node has v1 hierarchies too
  uint32_t quota_rate = 2000;
  uint32_t quota_burst = 3000;
};

class KernelObject {
 public:
  static Result<std::unique_ptr<KernelObject>> Load(const KernelKnobs& knobs);
  ~KernelObject();

  const std::vector<LoadedProgram>& programs() const { return programs_; }
  int Program(std::string_view base) const;  // descriptor, -1: missing
  int Map(const char* name) const;           // descriptor, -1: missing
  uint32_t MapSize(const char* name) const;  // its most entries

  // Attaches what is on no cgroup: tracepoints.  `failed` gets what the kernel
  // refused.  Their links live until DetachTracing.
  void AttachTracing(std::vector<std::string>& failed);
  void DetachTracing();
  // Runs the iterators once, to their end.
  void RunIterators(std::vector<std::string>& failed);

 private:
  struct Loaded;
  KernelObject(std::unique_ptr<Loaded> loaded,
               std::vector<LoadedProgram> programs);
  std::unique_ptr<Loaded> loaded_;
  std::vector<LoadedProgram> programs_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_BPF_OBJECT_H_
