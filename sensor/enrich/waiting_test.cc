// SPDX-License-Identifier: Apache-2.0
#include "enrich/waiting.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

// Writes down who left and why, as "seq:why".
class Log final : public WaitingSink {
 public:
  bool IsNamed(Event& event) override {
    return named_.count(event.origin.cgroup_id) > 0;
  }
  void OnUnnamed(uint64_t cgroup) override { unnamed_.push_back(cgroup); }
  void OnReleased(Event& event, Release why) override {
    left_.push_back(std::to_string(event.seq) + ":" +
                    std::string(ToString(why)));
  }
  std::vector<std::string> Take() { return std::exchange(left_, {}); }

  std::set<uint64_t> named_;
  std::vector<uint64_t> unnamed_;

 private:
  std::vector<std::string> left_;
};

using Left = std::vector<std::string>;

class WaitingTest : public ::testing::Test {
 protected:
  void Push(uint64_t seq, uint64_t cgroup, Nanoseconds when = 1s) {
    Event event = EventOf(cgroup, when);
    event.seq = seq;
    waiting_.Push(event, At(when), log_);
  }

  WaitingEvents waiting_{{8, 4, size_t{1} << 20}};
  Log log_;
};

TEST_F(WaitingTest, LeavesInOrderWhenItsNamesCome) {
  Push(1, 91);
  Push(2, 92);
  Push(3, 91);
  log_.named_ = {91};
  waiting_.ReleaseNamed(log_);
  EXPECT_EQ(log_.Take(), (Left{"1:named", "3:named"}));
  EXPECT_FALSE(waiting_.Holds(91));
  EXPECT_TRUE(waiting_.Holds(92));
}

TEST_F(WaitingTest, LeavesUnnamedAfterThreeSecondsWithThoseBehindIt) {
  Push(1, 91, 1s);
  Push(2, 92, 2s);
  Push(3, 91, 3s);
  waiting_.ReleaseDue(At(4s - 1ms), log_);
  EXPECT_EQ(log_.Take(), Left{});
  waiting_.ReleaseDue(At(4s), log_);
  EXPECT_EQ(log_.Take(), (Left{"1:timeout", "3:timeout"}));
  EXPECT_EQ(log_.unnamed_, (std::vector<uint64_t>{91}));
  waiting_.ReleaseDue(At(5s), log_);
  EXPECT_EQ(log_.Take(), (Left{"2:timeout"}));
}

TEST_F(WaitingTest, AFullQueueLetsTheOldestGo) {
  for (uint64_t seq = 1; seq <= 10; ++seq) Push(seq, 100 + seq);
  EXPECT_EQ(log_.Take(), (Left{"1:full", "2:full"}));
  EXPECT_EQ(waiting_.stats().events, 8U);
}

TEST_F(WaitingTest, ACgroupThatFloodsPaysWithItsOwn) {
  Push(1, 90);
  for (uint64_t seq = 2; seq <= 100; ++seq) Push(seq, 91);
  EXPECT_TRUE(waiting_.Holds(90));
  EXPECT_EQ(waiting_.stats().events, 5U);
  const Left left = log_.Take();
  EXPECT_EQ(left.size(), 95U);
  EXPECT_EQ(left.front(), "2:full");
}

TEST_F(WaitingTest, HoldsNoMoreBytesThanItsBound) {
  WaitingEvents waiting({1000, 1000, size_t{64} << 10});
  Event event = EventOf(91);
  DnsEvent& dns = event.body.emplace<DnsEvent>();
  dns.message.wire.resize(10'000);
  for (event.seq = 1; event.seq <= 20; ++event.seq)
    waiting.Push(event, At(1s), log_);
  EXPECT_LE(waiting.stats().bytes, size_t{64} << 10);
  EXPECT_GE(waiting.stats().events, 4U);
  EXPECT_EQ(log_.Take().size() + waiting.stats().events, 20U);
}

TEST_F(WaitingTest, AllLeaveAtTheEndAndTheCountCloses) {
  for (uint64_t seq = 1; seq <= 20; ++seq) Push(seq, 90 + seq % 3);
  log_.named_ = {91};
  waiting_.ReleaseNamed(log_);
  waiting_.ReleaseAll(log_);
  EXPECT_TRUE(waiting_.empty());
  EXPECT_EQ(waiting_.stats().bytes, 0U);
  uint64_t released = 0;
  for (const uint64_t count : waiting_.stats().released) released += count;
  EXPECT_EQ(released, waiting_.stats().waited);
  EXPECT_EQ(log_.Take().size(), 20U);
}

}  // namespace
}  // namespace nameward
