// SPDX-License-Identifier: Apache-2.0
#include "source/keeper.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

namespace nameward {
namespace {

// A kernel without a kernel.
class FakeKernel : public KeptKernel {
 public:
  Status Follow() override {
    ++follows;
    return Ok();
  }
  Result<std::string> CgroupPath(uint64_t id) override {
    if (id == 7) return std::string("/kubepods/pod7");
    if (id == 8) return std::string(kKeeperPathBytes + 1, 'x');
    return ErrnoError("cgroup", ESTALE);
  }
  Result<std::vector<uint64_t>> Counters() override {
    return std::vector<uint64_t>(counters);
  }
  Result<std::vector<CgroupLoss>> Losses() override { return losses; }
  void Detach() override { ++detaches; }
  std::vector<int> Descriptors() const override { return {}; }

  int follows = 0;
  int detaches = 0;
  std::vector<uint64_t> counters = {1, 2, 3};
  std::vector<CgroupLoss> losses;
};

KeeperResponse Ask(KeptKernel& kernel, const KeeperRequest& request) {
  KeeperResponse response;
  KeeperService(kernel).Answer(&request, sizeof request, response);
  return response;
}

TEST(KeeperProtocol, RefusesAWrongSize) {
  FakeKernel kernel;
  KeeperService service(kernel);
  const KeeperRequest request{kKeeperVersion, KeeperVerb::kDetach, 0};
  char longer[sizeof request + 1] = {};
  std::memcpy(longer, &request, sizeof request);
  for (const size_t size :
       {size_t{0}, size_t{1}, sizeof request - 1, sizeof request + 1}) {
    KeeperResponse response;
    service.Answer(longer, size, response);
    EXPECT_EQ(response.error, EINVAL) << size;
  }
  EXPECT_EQ(kernel.detaches, 0);
}

TEST(KeeperProtocol, RefusesAnotherVersionAndUnknownVerbs) {
  FakeKernel kernel;
  EXPECT_EQ(Ask(kernel, {kKeeperVersion + 1, KeeperVerb::kDetach, 0}).error,
            EPROTO);
  for (const uint32_t verb : {0U, 6U, 7U, 0xffffffffU}) {
    const KeeperRequest request{kKeeperVersion, static_cast<KeeperVerb>(verb),
                                0};
    EXPECT_EQ(Ask(kernel, request).error, ENOSYS) << verb;
  }
  EXPECT_EQ(kernel.detaches, 0);
}

TEST(KeeperProtocol, GivesThePathOfACgroup) {
  FakeKernel kernel;
  const auto found = Ask(kernel, {kKeeperVersion, KeeperVerb::kCgroupPath, 7});
  EXPECT_EQ(found.error, 0);
  EXPECT_EQ(std::string(found.path, found.count), "/kubepods/pod7");
  EXPECT_EQ(Ask(kernel, {kKeeperVersion, KeeperVerb::kCgroupPath, 9}).error,
            ESTALE);
  EXPECT_EQ(Ask(kernel, {kKeeperVersion, KeeperVerb::kCgroupPath, 8}).error,
            ENAMETOOLONG);
}

TEST(KeeperProtocol, CountersStopAtTheirBound) {
  FakeKernel kernel;
  kernel.counters.assign(kKeeperCounters + 5, 9);
  const auto response = Ask(kernel, {kKeeperVersion, KeeperVerb::kCounters, 0});
  EXPECT_EQ(response.count, kKeeperCounters);
  EXPECT_EQ(response.counters[kKeeperCounters - 1], 9U);
}

TEST(KeeperProtocol, LossesComeInPages) {
  FakeKernel kernel;
  for (uint64_t i = 0; i < kKeeperLosses + 3; ++i) {
    kernel.losses.push_back({i, 1, 0});
  }
  KeeperService service(kernel);
  KeeperRequest request{kKeeperVersion, KeeperVerb::kLosses, 0};
  KeeperResponse page;
  service.Answer(&request, sizeof request, page);
  EXPECT_EQ(page.count, kKeeperLosses);
  EXPECT_EQ(page.more, 1U);
  request.argument = 1;
  service.Answer(&request, sizeof request, page);
  EXPECT_EQ(page.count, 3U);
  EXPECT_EQ(page.more, 0U);
  EXPECT_EQ(page.losses[2].cgroup, kKeeperLosses + 2);
  for (const uint64_t beyond : {uint64_t{2}, ~uint64_t{0}}) {
    request.argument = beyond;
    service.Answer(&request, sizeof request, page);
    EXPECT_EQ(page.error, ERANGE);
  }
}

TEST(Keeper, AnswersFromItsOwnProcess) {
  FakeKernel kernel;
  auto keeper = ForkKeeper(kernel);
  ASSERT_TRUE(keeper) << keeper.error().ToString();
  KeeperResponse response;
  ASSERT_TRUE(keeper->Call(KeeperVerb::kCounters, 0, response));
  EXPECT_EQ(response.counters[2], 3U);
  const Status refused = keeper->Call(KeeperVerb::kMarkKnown, 0, response);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ENOSYS);
}

TEST(Keeper, HoldsAFilterAndNoMoreThanFourCapabilities) {
  FakeKernel kernel;
  auto keeper = ForkKeeper(kernel);
  ASSERT_TRUE(keeper);
  std::ifstream status("/proc/" + std::to_string(keeper->pid()) + "/status");
  std::string key, value;
  int found = 0;
  // DAC_READ_SEARCH 2, NET_ADMIN 12, PERFMON 38, BPF 39.
  constexpr uint64_t kFour = 1ULL << 2 | 1ULL << 12 | 1ULL << 38 | 1ULL << 39;
  while (status >> key >> value) {
    if (key == "NoNewPrivs:" && value == "1") ++found;
    if (key == "Seccomp:" && value == "2") ++found;
    if (key == "CapPrm:" && (std::stoull(value, nullptr, 16) & ~kFour) == 0) {
      ++found;
    }
    status.ignore(4096, '\n');
  }
  EXPECT_EQ(found, 3);
}

TEST(Keeper, ClosesWhatItDoesNotKeep) {
  int pipe_fds[2];
  ASSERT_EQ(pipe2(pipe_fds, O_CLOEXEC), 0);
  UniqueFd reader(pipe_fds[0]), writer(pipe_fds[1]);
  FakeKernel kernel;
  auto keeper = ForkKeeper(kernel);
  ASSERT_TRUE(keeper);
  writer.Reset();  // if the keeper still held it, read would wait for ever
  char byte;
  EXPECT_EQ(read(reader.get(), &byte, 1), 0);
}

TEST(Keeper, EndsWithTheSocket) {
  FakeKernel kernel;
  pid_t pid = 0;
  {
    auto keeper = ForkKeeper(kernel);
    ASSERT_TRUE(keeper);
    pid = keeper->pid();
  }
  EXPECT_EQ(kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Keeper, IsNotEndedByCtrlC) {
  FakeKernel kernel;
  auto keeper = ForkKeeper(kernel);
  ASSERT_TRUE(keeper);
  kill(keeper->pid(), SIGINT);
  kill(keeper->pid(), SIGTERM);
  KeeperResponse response;
  EXPECT_TRUE(keeper->Call(KeeperVerb::kCounters, 0, response));
}

TEST(Keeper, WhenItIsKilledTheSensorIsTold) {
  FakeKernel kernel;
  auto keeper = ForkKeeper(kernel);
  ASSERT_TRUE(keeper);
  kill(keeper->pid(), SIGKILL);
  pollfd socket{keeper->fd(), POLLIN, 0};
  ASSERT_EQ(poll(&socket, 1, 5000), 1);
  KeeperResponse response;
  const Status gone = keeper->Call(KeeperVerb::kCounters, 0, response);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code, ESRCH);
}

TEST(Keeper, EndsWhenTheSensorIsKilled) {
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  const pid_t sensor = fork();
  if (sensor == 0) {
    FakeKernel kernel;
    auto keeper = ForkKeeper(kernel);
    const pid_t pid = keeper ? keeper->pid() : -1;
    (void)!write(report[1], &pid, sizeof pid);
    for (;;) pause();
  }
  pid_t keeper = 0;
  ASSERT_EQ(read(report[0], &keeper, sizeof keeper),
            static_cast<ssize_t>(sizeof keeper));
  ASSERT_GT(keeper, 0);
  const UniqueFd watch(static_cast<int>(syscall(SYS_pidfd_open, keeper, 0)));
  ASSERT_TRUE(watch);
  kill(sensor, SIGKILL);
  waitpid(sensor, nullptr, 0);
  pollfd ended{watch.get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, 5000), 1);
  close(report[0]);
  close(report[1]);
}

}  // namespace
}  // namespace nameward
