// SPDX-License-Identifier: Apache-2.0
// The sensor's programs, put on one cgroup and taken off again within
// milliseconds, so that neighbouring windows of a measurement can differ in
// nothing else; and a reader that empties the ring as the sensor does.
#ifndef NAMEWARD_TESTS_BENCH_HOOKS_H_
#define NAMEWARD_TESTS_BENCH_HOOKS_H_

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/attach_plan.h"
#include "source/bpf_object.h"

namespace nameward {

// What stands on the cgroup in the windows that are compared with none.
enum class Variant {
  kNothing,      // the control: none against none
  kEmpty,        // programs that return at once, on egress and ingress
  kConnectOnly,  // on_connect4 alone
  kSensor,       // all of them, as a run has them
  kWithFlows,    // and NW_FLOW records of each connection (node.flows: true)
};
std::string_view ToString(Variant variant);

class Hooks {
 public:
  // Loads everything; `cgroup` is an open directory that outlives this.
  static Result<std::unique_ptr<Hooks>> Load(int cgroup, int reader_cpu);
  ~Hooks();

  Status Attach(Variant variant);
  void Detach();

  // Records that the reader took.
  uint64_t records() const { return records_; }
  // ns of one run on a datagram of 1,200 bytes that is no DNS, of the program
  // named, or of one that returns at once.
  Result<uint32_t> TestRun(const char* program) const;

 private:
  explicit Hooks(int cgroup) : cgroup_(cgroup) {}
  Status Put(int program, CgroupHook hook);
  Status PutAll(KernelObject& object);
  void Read(int cpu);

  const int cgroup_;
  UniqueFd empty_;
  std::unique_ptr<KernelObject> sensor_;
  std::unique_ptr<KernelObject> with_flows_;
  std::vector<UniqueFd> links_;
  std::atomic<uint64_t> records_{0};
  std::atomic<bool> stopping_{false};
  std::thread reader_;
};

}  // namespace nameward

#endif  // NAMEWARD_TESTS_BENCH_HOOKS_H_
