// SPDX-License-Identifier: Apache-2.0
// Each forbidden thing is tried by a child that has dropped its rights.
#include "app/rights.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace nameward {
namespace {

constexpr int kDropFailed = 200;

// The exit status of a child that drops its rights and then runs `inside`.
int RunDropped(const RightsOptions& options,
               const std::function<int()>& inside) {
  const pid_t child = fork();
  if (child == 0) _exit(DropRights(options) ? inside() : kDropFailed);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// errno of a call that returns -1 on failure, 0 where it succeeded.
int ErrnoOf(long result) { return result < 0 ? errno : 0; }

class Rights : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer runs a thread of its own";
#endif
    char name[] = "/tmp/nameward-rights-XXXXXX";
    folder_ = mkdtemp(name);
    std::ofstream(folder_ + "/file") << "text";
  }
  void TearDown() override {
    if (!folder_.empty()) std::filesystem::remove_all(folder_);
  }
  int Open(const RightsOptions& options, int flags) {
    return RunDropped(options, [&] {
      return ErrnoOf(open((folder_ + "/file").c_str(), flags, 0600));
    });
  }
  std::string folder_;
};

TEST_F(Rights, StatusShowsNoCapabilitiesNoNewPrivilegesAndAFilter) {
  const int result = RunDropped({.readable = {"/proc"}}, [] {
    std::ifstream status("/proc/self/status");
    std::string key, value;
    int found = 0;
    while (status >> key >> value) {
      if (key == "CapEff:" && value == "0000000000000000") ++found;
      if (key == "CapPrm:" && value == "0000000000000000") ++found;
      if (key == "CapInh:" && value == "0000000000000000") ++found;
      if (key == "CapAmb:" && value == "0000000000000000") ++found;
      if (key == "NoNewPrivs:" && value == "1") ++found;
      if (key == "Seccomp:" && value == "2") ++found;
      status.ignore(4096, '\n');
    }
    return found;
  });
  EXPECT_EQ(result, 6);
}

TEST_F(Rights, NoFileOpensForWriting) {
  EXPECT_EQ(Open({.readable = {folder_}}, O_WRONLY), EPERM);
  EXPECT_EQ(Open({.readable = {folder_}}, O_RDWR), EPERM);
  EXPECT_EQ(Open({.readable = {folder_}}, O_RDONLY | O_TRUNC), EPERM);
  EXPECT_EQ(Open({.readable = {folder_}}, O_RDONLY | O_CREAT), EPERM);
  EXPECT_EQ(Open({.readable = {folder_}}, O_RDONLY), 0);
}

TEST_F(Rights, OnlyNamedPathsOpen) {
  if (LandlockAbi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  EXPECT_EQ(Open({}, O_RDONLY), EACCES);
  EXPECT_EQ(Open({.readable = {folder_ + "/file"}}, O_RDONLY), 0);
  EXPECT_EQ(Open({.readable = {folder_}, .writable = {"/proc/self"}}, O_WRONLY),
            EACCES);
  EXPECT_EQ(Open({.writable = {folder_}}, O_RDWR | O_TRUNC), 0);
}

TEST_F(Rights, AWritableFolderTakesNewFilesRenamesAndRemovals) {
  const RightsOptions options{.writable = {folder_}};
  EXPECT_EQ(
      RunDropped(options,
                 [&] {
                   const std::string a = folder_ + "/a", b = folder_ + "/b";
                   const int fd = open(a.c_str(), O_CREAT | O_WRONLY, 0600);
                   return ErrnoOf(fd) + ErrnoOf(fsync(fd)) +
                          ErrnoOf(rename(a.c_str(), b.c_str())) +
                          ErrnoOf(unlink(b.c_str()));
                 }),
      0);
}

TEST_F(Rights, NoProgramStarts) {
  EXPECT_EQ(RunDropped({.readable = {"/"}},
                       [] {
                         char path[] = "/bin/true";
                         char* const argv[] = {path, nullptr};
                         return ErrnoOf(execve(path, argv, nullptr));
                       }),
            EPERM);
  EXPECT_EQ(RunDropped({}, [] { return ErrnoOf(fork()); }), EPERM);
}

TEST_F(Rights, NoBpfNoPtraceNoMountNoModule) {
  EXPECT_EQ(RunDropped({},
                       [] {
                         bpf_attr attr{};
                         return ErrnoOf(syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID,
                                                &attr, sizeof attr));
                       }),
            EPERM);
  for (const long call : {SYS_ptrace, SYS_mount, SYS_init_module, SYS_setns,
                          SYS_unshare, SYS_process_vm_readv, SYS_io_uring_setup,
                          SYS_perf_event_open, SYS_chroot, SYS_capset}) {
    EXPECT_EQ(RunDropped({}, [&] { return ErrnoOf(syscall(call, 0, 0, 0)); }),
              EPERM)
        << "system call " << call;
  }
}

TEST_F(Rights, NoSocketToElsewhere) {
  for (const int family : {AF_INET, AF_INET6, AF_UNIX, AF_NETLINK, AF_PACKET}) {
    EXPECT_EQ(
        RunDropped({}, [&] { return ErrnoOf(socket(family, SOCK_DGRAM, 0)); }),
        EPERM)
        << "family " << family;
  }
}

TEST_F(Rights, NoExecutableMemory) {
  EXPECT_EQ(RunDropped({},
                       [] {
                         void* page = mmap(nullptr, 4096, PROT_READ | PROT_EXEC,
                                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                         return page == MAP_FAILED ? errno : 0;
                       }),
            EPERM);
}

TEST_F(Rights, NoSignalToAnother) {
  const pid_t parent = getpid();
  EXPECT_EQ(RunDropped({}, [&] { return ErrnoOf(kill(parent, 0)); }), EPERM);
}

// A listener on the loopback, and its address.
UniqueFd Listen(sockaddr_in& address) {
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(fd.get(), 4) != 0 ||
      getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size) !=
          0) {
    fd.Reset();
  }
  return fd;
}

int Connect(const sockaddr_in& address) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return errno;
  return ErrnoOf(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address),
                         sizeof address));
}

TEST_F(Rights, ASocketThatListensStillAccepts) {
  sockaddr_in address;
  const UniqueFd listener = Listen(address);
  ASSERT_TRUE(listener);
  const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(connect(client.get(), reinterpret_cast<sockaddr*>(&address),
                    sizeof address),
            0);
  EXPECT_EQ(RunDropped({},
                       [&] {
                         return ErrnoOf(accept4(listener.get(), nullptr,
                                                nullptr, SOCK_CLOEXEC));
                       }),
            0);
}

TEST_F(Rights, WithTheNetworkOnlyConfiguredPortsConnect) {
  sockaddr_in address;
  const UniqueFd listener = Listen(address);
  ASSERT_TRUE(listener);
  const unsigned short port = ntohs(address.sin_port);
  const auto connect_to = [&] { return Connect(address); };
  EXPECT_EQ(RunDropped({.allow_network = true}, connect_to), 0);
  if (LandlockAbi() < 4) GTEST_SKIP() << "Landlock here confines no ports";
  EXPECT_EQ(
      RunDropped({.allow_network = true, .connect_ports = {port}}, connect_to),
      0);
  const auto other = static_cast<unsigned short>(port ^ 1);
  EXPECT_EQ(
      RunDropped({.allow_network = true, .connect_ports = {other}}, connect_to),
      EACCES);
}

TEST_F(Rights, AThreadStartedLaterHoldsNothingEither) {
  EXPECT_EQ(RunDropped({},
                       [] {
                         int error = 0;
                         std::thread([&] {
                           error = ErrnoOf(socket(AF_INET, SOCK_DGRAM, 0));
                         }).join();
                         return error;
                       }),
            EPERM);
}

TEST_F(Rights, AreNotDroppedWhileAnotherThreadWouldKeepThem) {
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<bool> done{false};
    std::thread other([&] { done.wait(false); });
    const bool refused = !DropRights({});
    done = true;
    done.notify_all();
    other.join();
    _exit(refused ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(Rights, SaysWhichPathIsNotThere) {
  if (LandlockAbi() == 0) GTEST_SKIP() << "this kernel has no Landlock";
  const pid_t child = fork();
  if (child == 0) {
    const auto report = DropRights({.readable = {"/nowhere/rules"}});
    _exit(report && report->degraded.size() == 1 ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace nameward
