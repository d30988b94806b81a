// SPDX-License-Identifier: Apache-2.0
#include "app/log.h"

#include <gtest/gtest.h>

#include <vector>

namespace nameward {
namespace {

class SetClock final : public Clock {
 public:
  BootTime Now() override { return now_; }
  ClockOffset Offset() override { return {}; }
  BootTime now_{};
};

class LogTest : public testing::Test {
 protected:
  SetClock clock_;
  std::vector<std::string> lines_;
  Log log_{clock_, [this](const std::string& line) { lines_.push_back(line); }};
};

TEST_F(LogTest, ALineHasItsTimeAndLevel) {
  log_.Tell(LogLevel::kInfo, "ready");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], "1970-01-01T00:00:00.000000000Z info nameward: ready\n");
}

TEST_F(LogTest, AReasonIsToldOnceAMinuteWithTheNumberOfTheRest) {
  for (int i = 0; i < 1000; ++i) log_.Warn("kubelet", "403");
  ASSERT_EQ(lines_.size(), 1U);
  log_.Warn("policy", "broken");
  ASSERT_EQ(lines_.size(), 2U);
  clock_.now_ += 1min;
  log_.Warn("kubelet", "403");
  ASSERT_EQ(lines_.size(), 3U);
  EXPECT_NE(lines_[2].find("403 [and 999 like it"), std::string::npos);
}

TEST_F(LogTest, ALineStaysOneLine) {
  log_.Tell(LogLevel::kInfo, "a\nb\x1b[31m");
  EXPECT_NE(lines_[0].find("a?b?[31m\n"), std::string::npos) << lines_[0];
}

}  // namespace
}  // namespace nameward
