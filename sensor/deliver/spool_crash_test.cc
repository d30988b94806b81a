// SPDX-License-Identifier: Apache-2.0
// The spool's writer dies, or the power goes, between any two of its calls; and
// each of its calls fails once, or for long.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <random>
#include <set>

#include "deliver/spool.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

constexpr int kAlerts = 60;
constexpr int kSyncEvery = 7;

SpoolOptions SmallSegments() {
  SpoolOptions options = TestOptions();
  options.segment_bytes = 2048;
  options.quota = 1 << 20;
  return options;
}

// What a run did before it stopped.
struct Done {
  std::set<std::string> appended, synced, acked;
};

// Appends, delivers some, syncs; as far as the disk lets it.
Done Work(const std::shared_ptr<ModelDiskState>& disk) {
  Done run;
  const auto spool = OpenSpool(disk, SmallSegments());
  if (spool == nullptr) return run;
  SpooledAlert alert;
  const auto stopped = [&] {
    return disk->crash_at >= 0 && disk->calls > disk->crash_at;
  };
  for (int i = 0; i < kAlerts && !stopped(); ++i) {
    const RenderedAlert made =
        TestAlert(i, static_cast<Severity>(1 + i % 5), 150);
    spool->Append(made);
    if (!stopped()) run.appended.insert(made.uid);
    if (i % 3 == 0 && spool->Next(0, alert, 0ms)) {
      (void)spool->Ack(0, alert.position);
      run.acked.insert(alert.alert.uid);
    }
    if (i % kSyncEvery != 0) continue;
    spool->Sync();
    if (!stopped()) run.synced = run.appended;
  }
  if (!stopped()) spool->Close();
  return run;
}

int CallsOfAWholeRun() {
  const auto disk = std::make_shared<ModelDiskState>();
  (void)Work(disk);
  return disk->calls;
}

// Everything of `expected` that was not acknowledged is given, in order.
void ExpectAllThere(Spool& spool, const std::set<std::string>& expected,
                    const std::set<std::string>& acked, int call) {
  std::set<std::string> seen;
  SpooledAlert alert;
  uint64_t last = 0;
  while (spool.Next(0, alert, 0ms)) {
    EXPECT_GE(alert.position, last) << "call " << call;
    last = alert.position;
    seen.insert(alert.alert.uid);
  }
  for (const std::string& uid : expected) {
    EXPECT_TRUE(seen.count(uid) + acked.count(uid) > 0)
        << uid << " is lost, stopped at call " << call;
  }
  EXPECT_TRUE(Closes(spool.ledger(0))) << "call " << call;
}

TEST(SpoolCrash, BetweenAnyTwoCallsLosesNothingThatWasAppended) {
  const int calls = CallsOfAWholeRun();
  ASSERT_GT(calls, 100);
  for (int call = 0; call < calls; ++call) {
    const auto disk = std::make_shared<ModelDiskState>();
    disk->crash_at = call;
    const Done run = Work(disk);
    const auto spool = OpenSpool(disk->AfterCrash(), SmallSegments());
    ASSERT_NE(spool, nullptr) << "call " << call;
    EXPECT_TRUE(spool->TakeLosses().empty());
    ExpectAllThere(*spool, run.appended, run.acked, call);
    spool->Append(TestAlert(1000));
    EXPECT_EQ(Drain(*spool).back(), "uid-1000");
  }
}

TEST(SpoolCrash,
     APowerCutBetweenAnyTwoCallsLosesOnlyWhatWasNotSyncedAndSaysSo) {
  const int calls = CallsOfAWholeRun();
  for (int call = 0; call < calls; ++call) {
    const auto disk = std::make_shared<ModelDiskState>();
    disk->crash_at = call;
    const Done run = Work(disk);
    SpoolOptions options = SmallSegments();
    options.boot_id = "boot-2";
    const auto spool = OpenSpool(disk->AfterPowerCut(), options);
    ASSERT_NE(spool, nullptr) << "call " << call;
    EXPECT_TRUE(!spool->TakeLosses().empty() || run.synced.empty())
        << "call " << call;
    ExpectAllThere(*spool, run.synced, run.acked, call);
  }
}

TEST(SpoolCrash, APowerCutThatFoundSomeSectorsWrittenGivesNothingFalse) {
  const int calls = CallsOfAWholeRun();
  std::mt19937 random(3);
  for (int call = 0; call < 3 * calls; ++call) {
    const auto disk = std::make_shared<ModelDiskState>();
    disk->crash_at = call % calls;
    const Done run = Work(disk);
    SpoolOptions options = SmallSegments();
    options.boot_id = "boot-2";
    const auto cut = disk->AfterPowerCut(random);
    const auto spool = OpenSpool(cut->AfterCrash(), options);
    ASSERT_NE(spool, nullptr) << "call " << call;
    const bool said = !spool->TakeLosses().empty() || run.synced.empty();
    ExpectAllThere(*spool, said ? run.synced : run.appended, run.acked, call);
    spool->Rewind(0);
    SpooledAlert alert;
    while (spool->Next(0, alert, 0ms)) {
      const auto number = std::stoi(alert.alert.uid.substr(4));
      const size_t begin = TestAlert(number).sequence_at;
      EXPECT_EQ(alert.alert.text.substr(alert.alert.text.find("\"uid\"")),
                TestAlert(number, Severity::kLow, 150).text.substr(begin));
    }
  }
}

TEST(SpoolCrash, NoNumberIsGivenTwice) {
  const int calls = CallsOfAWholeRun();
  for (int call = 0; call < calls; call += 3) {
    const auto disk = std::make_shared<ModelDiskState>();
    disk->crash_at = call;
    const Done run = Work(disk);
    const auto spool = OpenSpool(disk->AfterCrash(), SmallSegments());
    ASSERT_NE(spool, nullptr);
    spool->Append(TestAlert(1000));
    SpooledAlert alert;
    while (spool->Next(0, alert, 0ms)) {
    }
    EXPECT_GE(alert.sequence, run.appended.size()) << "call " << call;
  }
}

TEST(SpoolFault, AnyCallThatFailsOnceCostsNothing) {
  const int calls = CallsOfAWholeRun();
  for (const int error : {ENOSPC, EIO, EROFS}) {
    for (int call = 0; call < calls; ++call) {
      const auto disk = std::make_shared<ModelDiskState>();
      disk->fail_at = call;
      disk->error = error;
      const auto spool = OpenSpool(disk, SmallSegments());
      ASSERT_NE(spool, nullptr) << "call " << call;
      std::vector<std::string> seen;
      for (int i = 0; i < kAlerts; ++i) {
        spool->Append(TestAlert(i, static_cast<Severity>(1 + i % 5), 150));
        if (i % kSyncEvery != 0) continue;
        const auto some = Drain(*spool);
        seen.insert(seen.end(), some.begin(), some.end());
        spool->Sync();
      }
      const auto rest = Drain(*spool);
      seen.insert(seen.end(), rest.begin(), rest.end());
      ASSERT_EQ(seen.size(), static_cast<size_t>(kAlerts)) << "call " << call;
      for (int i = 0; i < kAlerts; ++i)
        ASSERT_EQ(seen[static_cast<size_t>(i)], "uid-" + std::to_string(i));
      const SpoolStats stats = spool->stats();
      EXPECT_TRUE(disk->calls <= call ||
                  stats.write_errors + stats.sync_errors > 0)
          << "call " << call;
    }
  }
}

TEST(SpoolFault, AFullDiskIsSaidAndTheSpoolGoesOnWhenItHasRoomAgain) {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto spool = OpenSpool(disk, SmallSegments());
  spool->Append(TestAlert(0));
  disk->full = true;
  for (int i = 1; i < 10; ++i) {
    spool->Append(TestAlert(i));
    spool->Sync();
  }
  EXPECT_NE(spool->Trouble().find("No space left"), std::string::npos);
  EXPECT_EQ(spool->stats().memory_records, 9U);
  disk->full = false;
  spool->Sync();
  EXPECT_EQ(spool->Trouble(), "");
  for (int i = 10; i < 20; ++i) spool->Append(TestAlert(i));
  const auto uids = Drain(*spool);
  ASSERT_EQ(uids.size(), 20U);
  for (size_t i = 0; i < 20; ++i)
    EXPECT_EQ(uids[i], "uid-" + std::to_string(i));
}

// The kernel calls pages clean that it could not write, and says so once.
TEST(SpoolFault, AFailedSyncIsCountedAndWhatFollowsTheNextIsDurable) {
  const auto disk = std::make_shared<ModelDiskState>();
  {
    const auto spool = OpenSpool(disk, SmallSegments());
    spool->Append(TestAlert(0));
    spool->Sync();
    spool->Append(TestAlert(1));
    disk->fail_at = disk->calls;
    disk->error = EIO;
    spool->Sync();
    EXPECT_EQ(spool->stats().sync_errors, 1U);
    EXPECT_NE(spool->Trouble().find("Input/output error"), std::string::npos);
    spool->Append(TestAlert(2));
    EXPECT_EQ(spool->stats().memory_records, 1U);  // until the next
    spool->Sync();
    spool->Append(TestAlert(3));
    spool->Sync();
  }
  SpoolOptions options = SmallSegments();
  options.boot_id = "boot-2";
  const auto spool = OpenSpool(disk->AfterPowerCut(), options);
  EXPECT_EQ(Drain(*spool),
            (std::vector<std::string>{"uid-0", "uid-2", "uid-3"}));
  EXPECT_EQ(spool->TakeLosses().front().reason, LostAlerts::Reason::kPowerCut);
}

TEST(SpoolFault, AReadOnlyDiskAtTheStartIsNoReasonToStop) {
  const auto disk = std::make_shared<ModelDiskState>();
  disk->fail_at = 0;
  disk->failures = 1'000'000;
  disk->error = EROFS;
  const auto spool = OpenSpool(disk, SmallSegments());
  ASSERT_NE(spool, nullptr);
  EXPECT_NE(spool->Trouble(), "");
  for (int i = 0; i < 5; ++i) spool->Append(TestAlert(i));
  EXPECT_EQ(Drain(*spool).size(), 5U);
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST(SpoolFault, ADiskThatIsReadOnlyOnlyAtTheStartIsUsedFromThenOn) {
  const auto disk = std::make_shared<ModelDiskState>();
  for (const bool used_before : {false, true}) {
    disk->fail_at = disk->calls;
    disk->failures = 5;
    disk->error = EROFS;
    const auto spool = OpenSpool(disk, SmallSegments());
    spool->Append(TestAlert(used_before ? 1 : 0));
    for (int i = 0; i < 5; ++i) spool->Sync();
    EXPECT_EQ(spool->Trouble(), "");
    EXPECT_EQ(spool->stats().memory_records, 0U);
    const auto killed = OpenSpool(disk->AfterCrash(), SmallSegments());
    EXPECT_EQ(Drain(*killed).back(), used_before ? "uid-1" : "uid-0");
    EXPECT_EQ(killed->id(), spool->id());
    EXPECT_EQ(Drain(*spool).size(), 1U);
    spool->Sync();
  }
}

// A writer on a real file system, killed at a random moment.  It says in shared
// memory what it has appended.
class KilledWriter {
 public:
  KilledWriter() {
    counter_ = static_cast<std::atomic<int>*>(
        mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
             -1, 0));
  }
  ~KilledWriter() { munmap(counter_, 4096); }

  // Alerts are numbered from `first`; returns how many were appended.  The
  // kernel kills the writer wherever it is by then.
  int Run(const std::string& folder, int first, int microseconds) {
    *counter_ = 0;
    const pid_t child = fork();
    if (child == 0) {
      sigevent kill{};
      kill.sigev_notify = SIGEV_SIGNAL;
      kill.sigev_signo = SIGKILL;
      timer_t timer{};
      const itimerspec when{{0, 0}, {0, microseconds * 1000L}};
      if (timer_create(CLOCK_MONOTONIC, &kill, &timer) != 0 ||
          timer_settime(timer, 0, &when, nullptr) != 0)
        _exit(1);
      Write(folder, first);
    }
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << status;
    return *counter_;
  }

 private:
  [[noreturn]] void Write(const std::string& folder, int first) {
    auto disk = OpenDisk(folder);
    auto spool = Spool::Open(std::move(*disk), SmallSegments());
    if (!spool) _exit(1);
    for (int i = 0;; ++i) {
      (*spool)->Append(TestAlert(first + i, Severity::kHigh, 100));
      ++*counter_;
      if (i % 16 == 15) (*spool)->Sync();
    }
  }
  std::atomic<int>* counter_;
};

TEST(SpoolCrash, AThousandKillsOfTheWriterLoseNothingThatWasAppended) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kKills = 50;  // a fork of these is slow
#else
  constexpr int kKills = 1000;
#endif
  // What survives a kill is the kernel's memory, so no disk is needed.
  char folder[] = "/dev/shm/nameward-spool-XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  std::mt19937 random(1);
  KilledWriter writer;
  int first = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    const int appended =
        writer.Run(folder, first, 100 + static_cast<int>(random() % 4000));
    const auto spool = Spool::Open(*OpenDisk(folder), SmallSegments());
    ASSERT_TRUE(spool) << spool.error().ToString();
    const auto uids = Drain(**spool);
    ASSERT_GE(uids.size(), static_cast<size_t>(appended)) << "kill " << kill;
    for (size_t i = 0; i < uids.size(); ++i)
      ASSERT_EQ(uids[i], "uid-" + std::to_string(first + static_cast<int>(i)));
    (*spool)->Close();
    first += static_cast<int>(uids.size());
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace nameward
