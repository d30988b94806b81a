// SPDX-License-Identifier: Apache-2.0
// The workload of a measurement: a process of its own, in a network namespace
// and a cgroup of its own, pinned to one CPU, that does one thing in a loop for
// as long as it is told and says how much CPU time it took.
//
// Both ends of each connection are in the one thread: nothing is scheduled, and
// loopback delivers within the call that sends.  Only the client's sockets are
// of the measured cgroup, as only the client is of a pod.
#ifndef NAMEWARD_TESTS_BENCH_GENERATOR_H_
#define NAMEWARD_TESTS_BENCH_GENERATOR_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/unique_fd.h"

namespace nameward {

enum class Work : uint32_t {
  kConnect,   // TCP connect, accept, close both (SO_LINGER 0)
  kDns,       // UDP to port 53: a query, and an answer of two addresses
  kDatagram,  // UDP to port 5300, no DNS, there and back
  kStream,    // one byte over TCP there and back
};
inline constexpr uint32_t kWorks = 4;
std::string_view ToString(Work work);

struct Window {
  uint64_t operations = 0;
  uint64_t cpu_ns = 0;  // of the generator's thread
  double Cost() const {
    return static_cast<double>(cpu_ns) / static_cast<double>(operations);
  }
};

class Generator {
 public:
  // Forks; `cgroup` is the directory that the clients are of.  Call it before
  // the first thread.
  static Result<Generator> Start(const std::string& cgroup, int cpu);
  Generator(Generator&&) = default;
  ~Generator();

  pid_t pid() const { return pid_; }
  // A moment to warm up, then the window.
  Result<Window> Run(Work work, uint64_t wall_ns);

 private:
  Generator(pid_t pid, UniqueFd channel)
      : pid_(pid), channel_(std::move(channel)) {}
  pid_t pid_;
  UniqueFd channel_;  // its end ends the process
};

}  // namespace nameward

#endif  // NAMEWARD_TESTS_BENCH_GENERATOR_H_
