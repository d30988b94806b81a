// SPDX-License-Identifier: Apache-2.0
#include "app/rights.h"

#include <cap-ng.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/unique_fd.h"

namespace nameward {
namespace {

// linux/landlock.h of Debian 12 ends at ABI 2; these are the kernel's numbers.
constexpr uint64_t kFsTruncate = 1ULL << 14;        // ABI 3
constexpr uint64_t kFsIoctlDev = 1ULL << 15;        // ABI 5
constexpr uint64_t kNetBindTcp = 1ULL << 0;         // ABI 4
constexpr uint64_t kNetConnectTcp = 1ULL << 1;      // ABI 4
constexpr uint64_t kScopeAbstractUnix = 1ULL << 0;  // ABI 6
constexpr uint64_t kScopeSignal = 1ULL << 1;        // ABI 6
constexpr int kRuleNetPort = 2;

struct RulesetAttr {
  uint64_t handled_access_fs;
  uint64_t handled_access_net;
  uint64_t scoped;
};
struct NetPortAttr {
  uint64_t allowed_access;
  uint64_t port;
};

constexpr uint64_t kFileRead = LANDLOCK_ACCESS_FS_READ_FILE;
constexpr uint64_t kFileWrite =
    kFileRead | LANDLOCK_ACCESS_FS_WRITE_FILE | kFsTruncate;
constexpr uint64_t kDirRead = kFileRead | LANDLOCK_ACCESS_FS_READ_DIR;
constexpr uint64_t kDirWrite =
    kDirRead | kFileWrite | LANDLOCK_ACCESS_FS_MAKE_REG |
    LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE |
    LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REFER;

// Every file-system right that this ABI knows is handled, so that what no rule
// allows is refused.
uint64_t HandledFs(int abi) {
  uint64_t rights = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1;
  if (abi >= 2) rights |= LANDLOCK_ACCESS_FS_REFER;
  if (abi >= 3) rights |= kFsTruncate;
  if (abi >= 5) rights |= kFsIoctlDev;
  return rights;
}

class LandlockRuleset {
 public:
  LandlockRuleset(const RightsOptions& options, RightsReport& report)
      : options_(options), report_(report) {}

  Status Restrict() {
    RulesetAttr attr{HandledFs(report_.landlock_abi), HandledNet(), 0};
    if (report_.landlock_abi >= 6) {
      attr.scoped = kScopeAbstractUnix | kScopeSignal;
    }
    handled_fs_ = attr.handled_access_fs;
    fd_.Reset(static_cast<int>(
        syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0)));
    if (!fd_) return ErrnoError("landlock: create the rules", errno);
    for (const std::string& path : options_.readable) {
      NW_RETURN_IF_ERROR(Allow(path, kFileRead, kDirRead));
    }
    for (const std::string& path : options_.writable) {
      NW_RETURN_IF_ERROR(Allow(path, kFileWrite, kDirWrite));
    }
    NW_RETURN_IF_ERROR(AllowPorts());
    if (syscall(SYS_landlock_restrict_self, fd_.get(), 0) != 0) {
      return ErrnoError("landlock: restrict", errno);
    }
    return Ok();
  }

 private:
  // Without the network seccomp has refused connect() already; this is a
  // second wall.
  uint64_t HandledNet() {
    if (report_.landlock_abi < 4) return 0;
    report_.landlock_network =
        !options_.allow_network || !options_.connect_ports.empty();
    return kNetBindTcp | (report_.landlock_network ? kNetConnectTcp : 0);
  }

  Status Allow(const std::string& path, uint64_t file, uint64_t directory) {
    const UniqueFd fd(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status {};
    if (!fd || fstat(fd.get(), &status) != 0) {
      report_.degraded.push_back(path + ": not there, so never to be opened");
      return Ok();
    }
    landlock_path_beneath_attr attr{};
    attr.allowed_access =
        (S_ISDIR(status.st_mode) ? directory : file) & handled_fs_;
    attr.parent_fd = fd.get();
    if (syscall(SYS_landlock_add_rule, fd_.get(), LANDLOCK_RULE_PATH_BENEATH,
                &attr, 0) != 0) {
      return ErrnoError("landlock: allow " + path, errno);
    }
    return Ok();
  }

  Status AllowPorts() {
    if (!options_.allow_network || report_.landlock_abi < 4) return Ok();
    for (const unsigned short port : options_.connect_ports) {
      const NetPortAttr attr{kNetConnectTcp, port};
      if (syscall(SYS_landlock_add_rule, fd_.get(), kRuleNetPort, &attr, 0) !=
          0) {
        return ErrnoError("landlock: allow port", errno);
      }
    }
    return Ok();
  }

  const RightsOptions& options_;
  RightsReport& report_;
  uint64_t handled_fs_ = 0;
  UniqueFd fd_;
};

Status ConfineFiles(const RightsOptions& options, RightsReport& report) {
  report.landlock_abi = LandlockAbi();
  if (report.landlock_abi == 0) {
    report.degraded.push_back(
        "files: this kernel has no Landlock; only the allow-list of system "
        "calls confines the sensor");
    return Ok();
  }
  if (options.allow_network && report.landlock_abi < 4) {
    report.degraded.push_back(
        "network: Landlock before ABI 4 confines no ports");
  }
  return LandlockRuleset(options, report).Restrict();
}

Status DropCapabilities() {
  capng_get_caps_process();
  // The bounding set can be emptied only with SETPCAP; with no_new_privs it
  // can't be used either way.
  const bool bounds = capng_have_capability(CAPNG_EFFECTIVE, CAP_SETPCAP) != 0;
  const capng_select_t sets = bounds ? CAPNG_SELECT_BOTH : CAPNG_SELECT_CAPS;
  capng_clear(CAPNG_SELECT_ALL);
  if (capng_apply(sets) != 0) {
    return ErrnoError("drop the capabilities", errno);
  }
  // Never fails where ambient capabilities exist (4.3+); they went with the
  // permitted set.
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  capng_get_caps_process();
  if (capng_have_capabilities(CAPNG_SELECT_CAPS) != CAPNG_NONE) {
    return Error{"drop the capabilities", "some are left"};
  }
  return Ok();
}

struct FreeFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, FreeFilter>;

// What a running sensor calls.  Memory, threads and time:
constexpr int kProcessCalls[] = {SCMP_SYS(brk),
                                 SCMP_SYS(munmap),
                                 SCMP_SYS(mremap),
                                 SCMP_SYS(madvise),
                                 SCMP_SYS(futex),
                                 SCMP_SYS(exit),
                                 SCMP_SYS(exit_group),
                                 SCMP_SYS(rseq),
                                 SCMP_SYS(set_robust_list),
                                 SCMP_SYS(sched_yield),
                                 SCMP_SYS(gettid),
                                 SCMP_SYS(getpid),
                                 SCMP_SYS(getppid),
                                 SCMP_SYS(getuid),
                                 SCMP_SYS(geteuid),
                                 SCMP_SYS(getgid),
                                 SCMP_SYS(getegid),
                                 SCMP_SYS(getrandom),
                                 SCMP_SYS(clock_gettime),
                                 SCMP_SYS(clock_getres),
                                 SCMP_SYS(gettimeofday),
                                 SCMP_SYS(nanosleep),
                                 SCMP_SYS(sysinfo),
                                 SCMP_SYS(getrusage),
                                 SCMP_SYS(rt_sigaction),
                                 SCMP_SYS(rt_sigprocmask),
                                 SCMP_SYS(rt_sigreturn),
                                 SCMP_SYS(rt_sigtimedwait),
                                 SCMP_SYS(sigaltstack),
                                 SCMP_SYS(restart_syscall),
                                 SCMP_SYS(clock_nanosleep),
                                 SCMP_SYS(sched_getaffinity),
                                 SCMP_SYS(membarrier),
                                 SCMP_SYS(uname),
                                 SCMP_SYS(wait4),
                                 SCMP_SYS(waitid)};

// Descriptors that are open already, and files (which Landlock confines):
constexpr int kFileCalls[] = {SCMP_SYS(read),
                              SCMP_SYS(readv),
                              SCMP_SYS(pread64),
                              SCMP_SYS(write),
                              SCMP_SYS(writev),
                              SCMP_SYS(pwrite64),
                              SCMP_SYS(pwritev),
                              SCMP_SYS(lseek),
                              SCMP_SYS(close),
                              SCMP_SYS(fcntl),
                              SCMP_SYS(dup),
                              SCMP_SYS(fstat),
                              SCMP_SYS(stat),
                              SCMP_SYS(lstat),
                              SCMP_SYS(newfstatat),
                              SCMP_SYS(statx),
                              SCMP_SYS(statfs),
                              SCMP_SYS(fstatfs),
                              SCMP_SYS(access),
                              SCMP_SYS(faccessat),
                              SCMP_SYS(faccessat2),
                              SCMP_SYS(readlink),
                              SCMP_SYS(readlinkat),
                              SCMP_SYS(getcwd),
                              SCMP_SYS(getdents64),
                              SCMP_SYS(fadvise64),
                              SCMP_SYS(fsync),
                              SCMP_SYS(fdatasync),
                              SCMP_SYS(flock),
                              SCMP_SYS(sync_file_range),
                              SCMP_SYS(poll),
                              SCMP_SYS(ppoll),
                              SCMP_SYS(select),
                              SCMP_SYS(pselect6),
                              SCMP_SYS(epoll_wait),
                              SCMP_SYS(epoll_pwait),
                              SCMP_SYS(epoll_ctl),
                              SCMP_SYS(epoll_create1),
                              SCMP_SYS(eventfd2),
                              SCMP_SYS(pipe),
                              SCMP_SYS(pipe2),
                              SCMP_SYS(signalfd4),
                              SCMP_SYS(timerfd_create),
                              SCMP_SYS(timerfd_settime),
                              SCMP_SYS(inotify_init1),
                              SCMP_SYS(inotify_add_watch),
                              SCMP_SYS(inotify_rm_watch)};

// Only where something may be written at all:
constexpr int kWriteCalls[] = {
    SCMP_SYS(open),      SCMP_SYS(openat),  SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(rename),  SCMP_SYS(renameat),
    SCMP_SYS(renameat2), SCMP_SYS(unlink),  SCMP_SYS(unlinkat),
    SCMP_SYS(mkdir),     SCMP_SYS(mkdirat), SCMP_SYS(rmdir)};

// The metrics server and the keeper's socket:
constexpr int kSocketCalls[] = {
    SCMP_SYS(accept),      SCMP_SYS(accept4),    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),     SCMP_SYS(sendto),     SCMP_SYS(sendmsg),
    SCMP_SYS(shutdown),    SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername)};

// Each call returns 0 or a negative errno; the first failure is kept.
class FilterBuilder {
 public:
  FilterBuilder() : filter_(seccomp_init(SCMP_ACT_ERRNO(EPERM))) {
    if (!filter_) error_ = ENOMEM;
  }

  template <size_t kSize>
  void Allow(const int (&calls)[kSize]) {
    for (const int call : calls) Add(SCMP_ACT_ALLOW, call, {});
  }
  void AllowIf(int call, scmp_arg_cmp argument) {
    Add(SCMP_ACT_ALLOW, call, {argument});
  }
  void Refuse(int call, int error) {
    Add(SCMP_ACT_ERRNO(static_cast<uint16_t>(error)), call, {});
  }
  Status Load() {
    if (error_ == 0) error_ = -seccomp_load(filter_.get());
    if (error_ != 0) return ErrnoError("seccomp: load the filter", error_);
    return Ok();
  }

 private:
  void Add(uint32_t action, int call, std::vector<scmp_arg_cmp> arguments) {
    if (error_ != 0) return;
    error_ = -seccomp_rule_add_array(filter_.get(), action, call,
                                     static_cast<unsigned>(arguments.size()),
                                     arguments.data());
  }
  Filter filter_;
  int error_ = 0;
};

constexpr uint64_t kThreadFlags = 0x00010000;  // CLONE_THREAD

void AllowMemoryAndThreads(FilterBuilder& filter) {
  // No executable memory, no new process.  clone3's flags lie in memory, where
  // a filter can't see them; glibc falls back to clone.
  filter.AllowIf(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  filter.AllowIf(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  filter.AllowIf(SCMP_SYS(clone),
                 SCMP_A0(SCMP_CMP_MASKED_EQ, kThreadFlags, kThreadFlags));
  filter.Refuse(SCMP_SYS(clone3), ENOSYS);
  // abort() and pthread_kill(), to ourselves only.
  const auto self = static_cast<uint64_t>(getpid());
  filter.AllowIf(SCMP_SYS(tgkill), SCMP_A0(SCMP_CMP_EQ, self));
  filter.AllowIf(SCMP_SYS(kill), SCMP_A0(SCMP_CMP_EQ, self));
  filter.AllowIf(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
  filter.AllowIf(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_GET_NAME));
  // Asking for limits, not setting them.
  filter.AllowIf(SCMP_SYS(prlimit64), SCMP_A2(SCMP_CMP_EQ, 0));
  for (const uint64_t request : {TCGETS, TIOCGWINSZ, FIONBIO, FIONREAD}) {
    filter.AllowIf(SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_EQ, request));
  }
}

void AllowFiles(FilterBuilder& filter, bool writing) {
  filter.Allow(kFileCalls);
  filter.Refuse(SCMP_SYS(openat2), ENOSYS);
  if (writing) {
    filter.Allow(kWriteCalls);
    return;
  }
  constexpr uint64_t kWriting = O_ACCMODE | O_CREAT | O_TRUNC;
  filter.AllowIf(SCMP_SYS(open), SCMP_A1(SCMP_CMP_MASKED_EQ, kWriting, 0));
  filter.AllowIf(SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, kWriting, 0));
}

void AllowNetwork(FilterBuilder& filter) {
  for (const uint64_t family : {AF_INET, AF_INET6}) {
    filter.AllowIf(SCMP_SYS(socket), SCMP_A0(SCMP_CMP_EQ, family));
  }
  constexpr int kConnect[] = {SCMP_SYS(connect), SCMP_SYS(sendmmsg)};
  filter.Allow(kConnect);
}

Status FilterCalls(const RightsOptions& options) {
  FilterBuilder filter;
  filter.Allow(kProcessCalls);
  filter.Allow(kSocketCalls);
  AllowMemoryAndThreads(filter);
  AllowFiles(filter, !options.writable.empty());
  if (options.allow_network) AllowNetwork(filter);
  return filter.Load();
}

// Rights are per thread: a thread that exists already would keep them.
bool IsSingleThreaded() {
  std::error_code error;
  const std::filesystem::directory_iterator tasks("/proc/self/task", error);
  return error || std::distance(begin(tasks), end(tasks)) <= 1;
}

}  // namespace

int LandlockAbi() {
  const long abi = syscall(SYS_landlock_create_ruleset, nullptr, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);
  return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<RightsReport> DropRights(const RightsOptions& options) {
  if (!IsSingleThreaded()) {
    return Error{"drop the rights", "other threads run already"};
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return ErrnoError("no new privileges", errno);
  }
  RightsReport report;
  NW_RETURN_IF_ERROR(ConfineFiles(options, report));
  NW_RETURN_IF_ERROR(DropCapabilities());
  // No core file of what pods said, no ptrace by others of the same user.
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  NW_RETURN_IF_ERROR(FilterCalls(options));
  return report;
}

}  // namespace nameward
