// SPDX-License-Identifier: Apache-2.0
// The kernel source on this kernel, in cgroups of its own: what it sees, that
// its ledger closes, and that it leaves nothing behind however it ends.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "bpf/event.h"
#include "source/bpf_source.h"
#include "source/cgroup_root.h"

namespace nameward {
namespace {

namespace fs = std::filesystem;

// As long as a loaded machine may take for something that takes milliseconds.
constexpr Nanoseconds kPatience = 20s;

// A first-level cgroup of the test, gone at its end.
class TestCgroup {
 public:
  TestCgroup(const std::string& mount, const std::string& name)
      : path_(mount + "/nwtest-" + name + "-" + std::to_string(getpid())) {
    mkdir(path_.c_str(), 0755);
    struct stat status {};
    if (stat(path_.c_str(), &status) == 0) id_ = status.st_ino;
  }
  ~TestCgroup() { rmdir(path_.c_str()); }
  TestCgroup(const TestCgroup&) = delete;
  TestCgroup& operator=(const TestCgroup&) = delete;

  uint64_t id() const { return id_; }
  std::string name() const { return "/" + fs::path(path_).filename().string(); }
  // Runs `work` in a child that is in this cgroup; its pid, once it has ended.
  pid_t Run(const std::function<void()>& work) const {
    const pid_t child = fork();
    if (child == 0) {
      std::ofstream(path_ + "/cgroup.procs") << getpid() << std::flush;
      work();
      _exit(0);
    }
    waitpid(child, nullptr, 0);
    return child;
  }

 private:
  std::string path_;
  uint64_t id_ = 0;
};

// A loopback address where nobody listens: bound, so that it is ours alone.
struct ClosedPort {
  UniqueFd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_in address{};
  ClosedPort() {
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
  }
  void Connect() const {
    const UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    (void)!connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                   sizeof address);
  }
};

bool Before(BootTime deadline) { return SystemClock().Now() < deadline; }
BootTime Deadline() { return SystemClock().Now() + kPatience; }

// What a process holds of one kind ("link_id", "prog_id", "map_id"), by the
// ids that its descriptors show.
std::vector<uint32_t> HeldIds(pid_t pid, const std::string& kind) {
  std::vector<uint32_t> ids;
  const std::string folder = "/proc/" + std::to_string(pid) + "/fdinfo";
  for (const auto& entry : fs::directory_iterator(folder)) {
    std::ifstream text(entry.path());
    bool right = false;
    uint32_t id = 0;
    for (std::string key; text >> key;) {
      if (key == kind + ":") right = static_cast<bool>(text >> id);
      // A link's descriptor names its program too.
      if (kind == "prog_id" && key == "link_id:") break;
    }
    if (right) ids.push_back(id);
  }
  return ids;
}

bool Exists(int command, uint32_t id) {
  bpf_attr attr{};
  attr.prog_id = id;
  const UniqueFd fd(
      static_cast<int>(syscall(SYS_bpf, command, &attr, sizeof attr)));
  return fd.valid() || errno != ENOENT;
}

struct Held {
  std::vector<uint32_t> links, programs, maps;
  explicit Held(pid_t pid)
      : links(HeldIds(pid, "link_id")),
        programs(HeldIds(pid, "prog_id")),
        maps(HeldIds(pid, "map_id")) {}
  // How many are still in the kernel; it frees them after a grace period.
  size_t Left() const {
    size_t left = 0;
    for (const uint32_t id : links) left += Exists(BPF_LINK_GET_FD_BY_ID, id);
    for (const uint32_t id : programs) {
      left += Exists(BPF_PROG_GET_FD_BY_ID, id);
    }
    for (const uint32_t id : maps) left += Exists(BPF_MAP_GET_FD_BY_ID, id);
    return left;
  }
  size_t LeftAfterGrace() const {
    const BootTime deadline = Deadline();
    while (Left() > 0 && Before(deadline)) poll(nullptr, 0, 5);
    return Left();
  }
};

class LiveSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "loading BPF programs needs root";
    const auto mounts = CgroupRoot::Open("");
    ASSERT_TRUE(mounts) << mounts.error().ToString();
    mount_ = mounts->mount();
  }
  void Open(BpfOptions options = {}) {
    auto kernel = OpenLive(options);
    ASSERT_TRUE(kernel) << kernel.error().ToString();
    auto live = SpawnKeeper(std::move(*kernel));
    ASSERT_TRUE(live) << live.error().ToString();
    live_ = std::move(*live);
  }
  // Polls until `wanted` says yes to a record; false at the deadline.
  bool PollUntil(const std::function<bool(const RecordView&)>& wanted) {
    bool seen = false;
    for (const BootTime deadline = Deadline(); !seen && Before(deadline);) {
      RecordBatch batch;
      const auto outcome = live_->Poll(batch, 100ms);
      if (!outcome) {
        ADD_FAILURE() << outcome.error().ToString();
        return false;
      }
      batch.ForEach([&](const RecordView& r) { seen = seen || wanted(r); });
      if (*outcome == PollOutcome::kEnd) break;
    }
    return seen;
  }
  // The first record of `kind` that this process sent.
  template <typename Record>
  bool PollFor(uint16_t kind, pid_t tgid, Record& found) {
    return PollUntil([&](const RecordView& view) {
      const auto record = ByteReader(view.payload).Copy<Record>();
      if (view.type != RecordType::kKernel || !record) return false;
      if (record->h.kind != kind) return false;
      if (record->h.who.tgid != static_cast<uint32_t>(tgid)) return false;
      found = *record;
      return true;
    });
  }
  std::string mount_;
  std::unique_ptr<LiveSource> live_;
};

TEST_F(LiveSourceTest, SeesAConnectWithItsCgroupAndProcess) {
  const TestCgroup cgroup(mount_, "connect");
  const ClosedPort closed;
  ASSERT_NO_FATAL_FAILURE(Open());
  const pid_t pid = cgroup.Run([&] { closed.Connect(); });
  nw_connect connect;
  ASSERT_TRUE(PollFor(NW_CONNECT, pid, connect));
  EXPECT_EQ(connect.h.who.task_cgroup, cgroup.id());
  EXPECT_EQ(connect.dst.port, ntohs(closed.address.sin_port));
  EXPECT_EQ(connect.proto, static_cast<uint32_t>(IPPROTO_TCP));
}

TEST_F(LiveSourceTest, BeginsWithTheClockAndTheCgroupsThatStand) {
  const TestCgroup cgroup(mount_, "found");
  ASSERT_NO_FATAL_FAILURE(Open());
  RecordBatch batch;
  ASSERT_TRUE(live_->Poll(batch, 0ms));
  size_t index = 0;
  bool found = false;
  batch.ForEach([&](const RecordView& view) {
    if (index++ == 0) {
      EXPECT_EQ(view.type, RecordType::kClock);
      return;
    }
    const auto record = ByteReader(view.payload).Copy<nw_cgroup>();
    ASSERT_TRUE(record);
    if (record->id == cgroup.id()) found = record->path == cgroup.name();
  });
  EXPECT_TRUE(found);
}

TEST_F(LiveSourceTest, FollowsAFirstLevelCgroupThatIsMadeLater) {
  ASSERT_NO_FATAL_FAILURE(Open({.attach = AttachChoice::kChildren}));
  const ClosedPort closed;
  const TestCgroup cgroup(mount_, "later");
  // Its birth is in the ring before the first connect; what connects before
  // the keeper has followed is not seen, so the child asks again.
  bool seen = false;
  for (const BootTime deadline = Deadline(); !seen && Before(deadline);) {
    const pid_t pid = cgroup.Run([&] { closed.Connect(); });
    RecordBatch batch;
    ASSERT_TRUE(live_->Poll(batch, 20ms));
    batch.ForEach([&](const RecordView& view) {
      const auto record = ByteReader(view.payload).Copy<nw_connect>();
      if (view.type != RecordType::kKernel || !record) return;
      seen = seen || (record->h.kind == NW_CONNECT &&
                      record->h.who.tgid == static_cast<uint32_t>(pid));
    });
  }
  EXPECT_TRUE(seen);
}

TEST_F(LiveSourceTest, EveryCgroupThatActsIsNamed) {
  ASSERT_NO_FATAL_FAILURE(Open());
  RecordBatch first;
  ASSERT_TRUE(live_->Poll(first, 0ms));
  const TestCgroup cgroup(mount_, "named");
  cgroup.Run([] { ClosedPort().Connect(); });
  EXPECT_TRUE(PollUntil([&](const RecordView& view) {
    const auto record = ByteReader(view.payload).Copy<nw_cgroup>();
    return view.type == RecordType::kKernel && record &&
           record->h.kind == NW_CGROUP && record->id == cgroup.id() &&
           std::string(record->path, record->size) == cgroup.name();
  }));
}

TEST_F(LiveSourceTest, TimePassesThoughNothingHappens) {
  ASSERT_NO_FATAL_FAILURE(Open());
  EXPECT_TRUE(PollUntil(
      [](const RecordView& view) { return view.type == RecordType::kTimer; }));
}

TEST_F(LiveSourceTest, TheLedgerClosesAfterAStop) {
  const TestCgroup cgroup(mount_, "ledger");
  const ClosedPort closed;
  ASSERT_NO_FATAL_FAILURE(Open({.ring_bytes = 64 * 1024}));
  // Nothing is consumed meanwhile, so the small ring must refuse some.
  constexpr int kConnects = 2000;
  cgroup.Run([&] {
    for (int i = 0; i < kConnects; ++i) closed.Connect();
  });
  live_->Stop();
  uint64_t told = 0;
  PollUntil([&](const RecordView& view) {
    const auto loss = ByteReader(view.payload).Copy<LossRecord>();
    if (view.type == RecordType::kLoss && loss) told += loss->count;
    return false;
  });
  const auto taken = live_->TakeCounters();
  ASSERT_TRUE(taken && taken->detached);
  const LiveCounters& counters = *taken;
  uint64_t sent = 0, dropped = 0;
  for (const auto& fates : counters.by_class) {
    EXPECT_EQ(fates[NW_OFFERED], fates[NW_SENT] + fates[NW_DROPPED_FULL] +
                                     fates[NW_DROPPED_QUOTA]);
    sent += fates[NW_SENT];
    dropped += fates[NW_DROPPED_FULL] + fates[NW_DROPPED_QUOTA];
  }
  EXPECT_GE(counters.by_class[NW_CLASS_CONNECT][NW_OFFERED],
            static_cast<uint64_t>(kConnects));
  EXPECT_GT(dropped, 0U);
  EXPECT_EQ(sent, counters.consumed);
  EXPECT_EQ(told, dropped);
}

TEST_F(LiveSourceTest, AnOrderlyEndLeavesNothingInTheKernel) {
  ASSERT_NO_FATAL_FAILURE(Open());
  const Held held(live_->keeper_pid());
  ASSERT_GT(held.links.size(), 2U);
  ASSERT_GT(held.programs.size(), 2U);
  ASSERT_GT(held.maps.size(), 2U);
  live_.reset();
  EXPECT_EQ(held.LeftAfterGrace(), 0U);
}

TEST_F(LiveSourceTest, AKilledKeeperLeavesNothingAndEndsTheSource) {
  ASSERT_NO_FATAL_FAILURE(Open());
  const Held held(live_->keeper_pid());
  kill(live_->keeper_pid(), SIGKILL);
  const BootTime deadline = Deadline();
  RecordBatch batch;
  bool ended = false;
  while (!ended && Before(deadline)) {
    batch.Clear();
    ended = !live_->Poll(batch, 100ms).has_value();
  }
  EXPECT_TRUE(ended);
  live_.reset();
  EXPECT_EQ(held.LeftAfterGrace(), 0U);
}

TEST_F(LiveSourceTest, AKilledSensorLeavesNothing) {
  int report[2];
  ASSERT_EQ(pipe(report), 0);
  const pid_t sensor = fork();
  if (sensor == 0) {
    Open();
    const pid_t pid = live_ ? live_->keeper_pid() : 0;
    (void)!write(report[1], &pid, sizeof pid);
    for (;;) pause();
  }
  pid_t keeper = 0;
  ASSERT_EQ(read(report[0], &keeper, sizeof keeper),
            static_cast<ssize_t>(sizeof keeper));
  ASSERT_GT(keeper, 0);
  const Held held(keeper);
  EXPECT_GT(held.links.size(), 2U);
  kill(sensor, SIGKILL);
  waitpid(sensor, nullptr, 0);
  EXPECT_EQ(held.LeftAfterGrace(), 0U);
  close(report[0]);
  close(report[1]);
}

TEST_F(LiveSourceTest, AV1NodesTreeIsMountedForUsAlone) {
  const auto fd = MountCgroup2();
  ASSERT_TRUE(fd) << fd.error().ToString();
  EXPECT_EQ(CgroupIdOf(fd->get()), 1U);
}

TEST_F(LiveSourceTest, AnIdLeadsToItsPath) {
  const TestCgroup cgroup(mount_, "path");
  const auto root = CgroupRoot::Open(mount_);
  ASSERT_TRUE(root);
  const auto path = root->PathOf(cgroup.id());
  ASSERT_TRUE(path) << path.error().ToString();
  EXPECT_EQ(*path, cgroup.name());
  EXPECT_FALSE(root->PathOf(~uint64_t{0}));
}

}  // namespace
}  // namespace nameward
