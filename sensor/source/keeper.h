// SPDX-License-Identifier: Apache-2.0
// The keeper: a small process that keeps the rights which the sensor gives up.
//
// It holds the programs, links and maps by their descriptors and the
// capabilities BPF, PERFMON, NET_ADMIN and DAC_READ_SEARCH, decodes nothing
// that a pod wrote, and answers requests of a fixed size.  A request names no
// program, map, path or place: the most that a sensor in hostile hands gets is
// the paths of cgroups and the counters.
//
// Guarantees: the keeper ends at the end of its socket and when its parent dies
// (PR_SET_PDEATHSIG); a request of a wrong size, version or verb is refused and
// answered; nothing is pinned, so with the keeper all hooks are gone.  Requests
// are answered in order, one at a time.  The client is one thread's.
#ifndef NAMEWARD_SOURCE_KEEPER_H_
#define NAMEWARD_SOURCE_KEEPER_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/loss_tracker.h"

namespace nameward {

inline constexpr uint32_t kKeeperVersion = 1;
inline constexpr size_t kKeeperPathBytes = 4096;  // PATH_MAX
inline constexpr size_t kKeeperCounters = 64;
inline constexpr size_t kKeeperLosses = 256;  // in one page

enum class KeeperVerb : uint32_t {
  kFollow = 1,      // attach first-level cgroups that are new, forget the gone
  kCgroupPath = 2,  // argument: id
  kCounters = 3,    // sums over the CPUs
  kLosses = 4,      // argument: number of the page
  kDetach = 5,      // every hook; the ring and the counters stay
  kMarkKnown = 6,   // reserved: ENOSYS
};

struct KeeperRequest {
  uint32_t version = kKeeperVersion;
  KeeperVerb verb = KeeperVerb::kCounters;
  uint64_t argument = 0;
};

struct KeeperResponse {
  uint32_t version = kKeeperVersion;
  int32_t error = 0;   // errno, 0: fine
  uint32_t count = 0;  // elements or bytes below
  uint32_t more = 0;   // kLosses: another page follows
  union {
    char path[kKeeperPathBytes];
    uint64_t counters[kKeeperCounters];
    CgroupLoss losses[kKeeperLosses];
  };
  KeeperResponse() : path{} {}
};

// What the keeper keeps; its implementation holds the descriptors.
class KeptKernel {
 public:
  virtual ~KeptKernel() = default;
  virtual Status Follow() = 0;
  virtual Result<std::string> CgroupPath(uint64_t id) = 0;
  virtual Result<std::vector<uint64_t>> Counters() = 0;
  virtual Result<std::vector<CgroupLoss>> Losses() = 0;
  virtual void Detach() = 0;
  // Descriptors that the keeper must not close.
  virtual std::vector<int> Descriptors() const = 0;
};

// Answers one request, whatever its bytes are.
class KeeperService {
 public:
  explicit KeeperService(KeptKernel& kernel) : kernel_(kernel) {}
  void Answer(const void* request, size_t size, KeeperResponse& response);

 private:
  Status Dispatch(const KeeperRequest& request, KeeperResponse& response);
  Status AnswerPath(uint64_t id, KeeperResponse& response);
  Status AnswerCounters(KeeperResponse& response);
  Status AnswerLosses(uint64_t page, KeeperResponse& response);
  KeptKernel& kernel_;
  std::vector<CgroupLoss> losses_;  // as of page 0
};

// The sensor's side.
class KeeperClient {
 public:
  KeeperClient(UniqueFd socket, pid_t pid)
      : socket_(std::move(socket)), pid_(pid) {}
  KeeperClient(KeeperClient&&) = default;
  // Closes the socket, which ends the keeper, and waits for that.
  ~KeeperClient();

  // ESRCH: the keeper is gone, or did not answer within kAnswerSeconds.
  Status Call(KeeperVerb verb, uint64_t argument, KeeperResponse& response);
  int fd() const { return socket_.get(); }
  pid_t pid() const { return pid_; }

 private:
  UniqueFd socket_;
  pid_t pid_ = -1;
};

// Forks.  The child makes its KeptKernel's rights its only ones and serves
// until its end; it never returns.
Result<KeeperClient> ForkKeeper(KeptKernel& kernel);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_KEEPER_H_
