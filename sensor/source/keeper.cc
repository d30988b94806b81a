// SPDX-License-Identifier: Apache-2.0
#include "source/keeper.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace nameward {
namespace {

// A first-level walk and some hundred map reads take milliseconds.
constexpr int kAnswerSeconds = 5;

// What it still calls: the socket, maps and links, and the cgroup tree.
constexpr int kKeeperCalls[] = {
    SCMP_SYS(recvfrom),   SCMP_SYS(sendto),     SCMP_SYS(close),
    SCMP_SYS(exit_group), SCMP_SYS(brk),        SCMP_SYS(munmap),
    SCMP_SYS(mremap),     SCMP_SYS(madvise),    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat), SCMP_SYS(getdents64), SCMP_SYS(readlink),
    SCMP_SYS(futex),      SCMP_SYS(fcntl),      SCMP_SYS(rt_sigreturn),
    SCMP_SYS(lseek),      SCMP_SYS(read),       SCMP_SYS(open_by_handle_at),
    SCMP_SYS(readlinkat), SCMP_SYS(getpid),     SCMP_SYS(gettid)};
constexpr int kKeeperBpfCommands[] = {BPF_MAP_LOOKUP_ELEM, BPF_MAP_GET_NEXT_KEY,
                                      BPF_MAP_UPDATE_ELEM, BPF_LINK_CREATE};

Status FilterCalls() {
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return ErrnoError("keeper: seccomp", ENOMEM);
  int error = 0;
  const auto allow_if = [&](int call, scmp_arg_cmp argument) {
    if (error == 0) {
      error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1, argument);
    }
  };
  for (const int call : kKeeperCalls) {
    if (error == 0) error = seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  }
  for (const int command : kKeeperBpfCommands) {
    allow_if(SCMP_SYS(bpf),
             SCMP_A0(SCMP_CMP_EQ, static_cast<uint64_t>(command)));
  }
  // Directories of the cgroup tree to read; memory to hold them.
  allow_if(SCMP_SYS(openat),
           SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, 0));
  constexpr uint64_t kExecutable = 0x4;  // PROT_EXEC
  allow_if(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, kExecutable, 0));
  allow_if(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, kExecutable, 0));
  if (error == 0) error = seccomp_load(filter);
  seccomp_release(filter);
  if (error != 0) return ErrnoError("keeper: seccomp", -error);
  return Ok();
}

Status KeepFourCapabilities() {
  capng_get_caps_process();
  const bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  std::vector<unsigned> kept;
  for (const unsigned capability : std::initializer_list<unsigned>{
           CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, CAP_DAC_READ_SEARCH}) {
    if (capng_have_capability(CAPNG_EFFECTIVE, capability) != 0) {
      kept.push_back(capability);
    }
  }
  capng_clear(CAPNG_SELECT_ALL);
  for (const unsigned capability : kept) {
    capng_update(CAPNG_ADD,
                 static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED),
                 capability);
  }
  if (capng_apply(bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS) != 0) {
    return ErrnoError("keeper: drop capabilities", errno);
  }
  return Ok();
}

// Everything but what it keeps: files, sockets and pipes of the sensor.
void CloseOthers(std::vector<int> kept) {
  const UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd <= STDERR_FILENO; ++fd) dup2(null.get(), fd);
  std::sort(kept.begin(), kept.end());
  unsigned first = STDERR_FILENO + 1;
  for (const int fd : kept) {
    const auto next = static_cast<unsigned>(fd);
    if (next > first) close_range(first, next - 1, 0);
    first = std::max(first, next + 1);
  }
  close_range(first, ~0U, 0);
}

Status LockDown(pid_t parent, KeptKernel& kernel, int socket) {
  // Ctrl-C and an init's SIGTERM reach the whole group; the sensor still needs
  // the keeper to drain.  It ends with the sensor.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) {
    signal(number, SIG_IGN);
  }
  prctl(PR_SET_NAME, "nameward-keeper", 0, 0, 0);
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return ErrnoError("keeper: no new privileges", errno);
  }
  std::vector<int> kept = kernel.Descriptors();
  kept.push_back(socket);
  CloseOthers(std::move(kept));
  NW_RETURN_IF_ERROR(KeepFourCapabilities());
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // After the capabilities: a change of them clears it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (getppid() != parent) return ErrnoError("keeper: parent", ESRCH);
  return FilterCalls();
}

void Serve(int socket, KeptKernel& kernel) {
  KeeperService service(kernel);
  KeeperResponse response;
  for (;;) {
    char request[sizeof(KeeperRequest) + 1];  // one more: too long is seen
    const ssize_t size = recv(socket, request, sizeof request, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;  // the sensor is gone
    service.Answer(request, static_cast<size_t>(size), response);
    if (send(socket, &response, sizeof response, MSG_NOSIGNAL) < 0) return;
  }
}

[[noreturn]] void RunKeeper(pid_t parent, KeptKernel& kernel, int socket) {
  const Status locked = LockDown(parent, kernel, socket);
  // The first word says whether the keeper stands.
  const int32_t error = locked ? 0 : std::max(locked.error().code, 1);
  if (send(socket, &error, sizeof error, MSG_NOSIGNAL) > 0 && locked) {
    Serve(socket, kernel);
  }
  _exit(locked ? 0 : 1);
}

Error Gone() {
  return Error{"keeper", "it ended or does not answer", "restart the sensor",
               ESRCH};
}

}  // namespace

void KeeperService::Answer(const void* bytes, size_t size,
                           KeeperResponse& response) {
  response = KeeperResponse();
  KeeperRequest request;
  if (size != sizeof request) {
    response.error = EINVAL;
    return;
  }
  std::memcpy(&request, bytes, sizeof request);
  if (request.version != kKeeperVersion) {
    response.error = EPROTO;
    return;
  }
  const Status status = Dispatch(request, response);
  if (!status) response.error = std::max(status.error().code, 1);
}

Status KeeperService::Dispatch(const KeeperRequest& request,
                               KeeperResponse& response) {
  switch (request.verb) {
    case KeeperVerb::kFollow:
      return kernel_.Follow();
    case KeeperVerb::kCgroupPath:
      return AnswerPath(request.argument, response);
    case KeeperVerb::kCounters:
      return AnswerCounters(response);
    case KeeperVerb::kLosses:
      return AnswerLosses(request.argument, response);
    case KeeperVerb::kDetach:
      kernel_.Detach();
      return Ok();
    case KeeperVerb::kMarkKnown:
      break;
  }
  return ErrnoError("keeper: verb", ENOSYS);
}

Status KeeperService::AnswerPath(uint64_t id, KeeperResponse& response) {
  const auto path = kernel_.CgroupPath(id);
  if (!path) return path.error();
  if (path->size() > kKeeperPathBytes) return ErrnoError("path", ENAMETOOLONG);
  std::memcpy(response.path, path->data(), path->size());
  response.count = static_cast<uint32_t>(path->size());
  return Ok();
}

Status KeeperService::AnswerCounters(KeeperResponse& response) {
  const auto counters = kernel_.Counters();
  if (!counters) return counters.error();
  const size_t count = std::min(counters->size(), kKeeperCounters);
  std::copy_n(counters->begin(), count, response.counters);
  response.count = static_cast<uint32_t>(count);
  return Ok();
}

Status KeeperService::AnswerLosses(uint64_t page, KeeperResponse& response) {
  if (page == 0) {
    auto losses = kernel_.Losses();
    if (!losses) return losses.error();
    losses_ = std::move(*losses);
  }
  if (page > losses_.size() / kKeeperLosses) return ErrnoError("page", ERANGE);
  const size_t first = page * kKeeperLosses;
  const size_t count = std::min(losses_.size() - first, kKeeperLosses);
  std::copy_n(losses_.begin() + static_cast<ptrdiff_t>(first), count,
              response.losses);
  response.count = static_cast<uint32_t>(count);
  response.more = first + count < losses_.size() ? 1 : 0;
  return Ok();
}

KeeperClient::~KeeperClient() {
  if (!socket_) return;
  socket_.Reset();
  waitpid(pid_, nullptr, 0);
}

Status KeeperClient::Call(KeeperVerb verb, uint64_t argument,
                          KeeperResponse& response) {
  const KeeperRequest request{kKeeperVersion, verb, argument};
  if (send(socket_.get(), &request, sizeof request, MSG_NOSIGNAL) < 0) {
    return Gone();
  }
  ssize_t size = 0;
  do {
    size = recv(socket_.get(), &response, sizeof response, 0);
  } while (size < 0 && errno == EINTR);
  if (size != sizeof response || response.version != kKeeperVersion) {
    return Gone();
  }
  if (response.error != 0) return ErrnoError("keeper", response.error);
  return Ok();
}

Result<KeeperClient> ForkKeeper(KeptKernel& kernel) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
    return ErrnoError("keeper: socket", errno);
  }
  UniqueFd ours(pair[0]);
  UniqueFd theirs(pair[1]);
  const timeval wait{kAnswerSeconds, 0};
  setsockopt(ours.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) return ErrnoError("keeper: fork", errno);
  if (child == 0) {
    ours.Reset();
    RunKeeper(parent, kernel, theirs.get());
  }
  theirs.Reset();
  KeeperClient client(std::move(ours), child);
  int32_t error = 0;
  if (recv(client.fd(), &error, sizeof error, 0) != sizeof error) return Gone();
  if (error != 0) return ErrnoError("keeper: give up its other rights", error);
  return client;
}

}  // namespace nameward
