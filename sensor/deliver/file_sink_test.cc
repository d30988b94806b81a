// SPDX-License-Identifier: Apache-2.0
#include "deliver/file_sink.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace nameward {
namespace {

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/nameward-alerts-XXXXXX";
    folder_ = mkdtemp(name);
    path_ = folder_ + "/alerts.jsonl";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<FileSink> Open(const FileSinkOptions& options = {}) const {
    auto sink = FileSink::Open(path_, options);
    EXPECT_TRUE(sink) << sink.error().ToString();
    return sink ? std::move(*sink) : nullptr;
  }
  static Status Offer(FileSink& sink, std::string text) {
    RenderedAlert alert;
    alert.text = std::move(text);
    return sink.Offer(alert);
  }
  std::string Read(const std::string& suffix = "") const {
    std::ifstream file(path_ + suffix);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  bool Exists(const std::string& suffix) const {
    return std::filesystem::exists(path_ + suffix);
  }

  std::string folder_;
  std::string path_;
};

TEST_F(FileSinkTest, AppendsToWhatIsThere) {
  ASSERT_TRUE(Offer(*Open(), "one"));
  ASSERT_TRUE(Offer(*Open(), "two"));
  EXPECT_EQ(Read(), "one\ntwo\n");
}

TEST_F(FileSinkTest, OthersCanNotReadIt) {
  Open();
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07, 0U);
}

TEST_F(FileSinkTest, EndsALineThatACrashLeftUnfinished) {
  std::ofstream(path_) << "one\nhalf";
  ASSERT_TRUE(Offer(*Open(), "two"));
  EXPECT_EQ(Read(), "one\nhalf\ntwo\n");
}

TEST_F(FileSinkTest, RotatesBySizeAndKeepsNoMoreThanItsBound) {
  const auto sink = Open({.max_bytes = 10, .kept = 2});
  for (const char* line :
       {"aaaa", "bbbb", "cccc", "dddd", "eeee", "ffff", "gggg"})
    ASSERT_TRUE(Offer(*sink, line));
  EXPECT_EQ(Read(), "gggg\n");
  EXPECT_EQ(Read(".1"), "eeee\nffff\n");
  EXPECT_EQ(Read(".2"), "cccc\ndddd\n");
  EXPECT_FALSE(Exists(".3"));
  EXPECT_EQ(sink->rotations(), 3U);
  EXPECT_EQ(sink->stats().delivered, 7U);
}

TEST_F(FileSinkTest, ALineLongerThanTheBoundStandsAlone) {
  const auto sink = Open({.max_bytes = 10, .kept = 2});
  ASSERT_TRUE(Offer(*sink, std::string(100, 'x')));
  ASSERT_TRUE(Offer(*sink, "short"));
  EXPECT_EQ(Read(), "short\n");
  EXPECT_EQ(Read(".1").size(), 101U);
}

TEST_F(FileSinkTest, AFailedRotationIsCountedAndTheFileGoesOn) {
  const auto sink = Open({.max_bytes = 10, .kept = 1});
  std::filesystem::create_directories(path_ + ".1/in the way");
  ASSERT_TRUE(Offer(*sink, "aaaaaaaa"));
  EXPECT_FALSE(Offer(*sink, "bbbbbbbb"));
  EXPECT_EQ(sink->stats().errors, 1U);
  EXPECT_EQ(sink->stats().delivered, 2U);
  EXPECT_EQ(Read(), "aaaaaaaa\nbbbbbbbb\n");
}

TEST_F(FileSinkTest, AFullDiskIsCountedAndNoLineIsLostOrTornWhenItHasRoom) {
  const auto sink = Open();
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit full{6, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  EXPECT_TRUE(Offer(*sink, "one"));
  EXPECT_FALSE(Offer(*sink, "two"));
  EXPECT_FALSE(Offer(*sink, "three"));
  EXPECT_EQ(sink->stats().pending, 2U);
  EXPECT_GE(sink->stats().errors, 2U);
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(sink->Flush());
  EXPECT_EQ(Read(), "one\ntwo\nthree\n");
  EXPECT_EQ(sink->stats().delivered, 3U);
}

TEST_F(FileSinkTest, RefusesWhatIsNoFile) {
  EXPECT_FALSE(FileSink::Open(folder_));
  EXPECT_FALSE(FileSink::Open("/dev/null"));
  EXPECT_FALSE(FileSink::Open(folder_ + "/nowhere/alerts.jsonl"));
}

}  // namespace
}  // namespace nameward
