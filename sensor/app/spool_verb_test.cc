// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <fstream>

#include "app/verbs.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

using testing::HasSubstr;

class SpoolVerb : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "nameward-spool-XXXXXX";
    ASSERT_NE(mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Fill() {
    const auto spool = std::move(*Spool::Open(*OpenDisk(folder_), {}));
    for (int i = 0; i < 3; ++i)
      spool->Append(TestAlert(i, static_cast<Severity>(1 + i)));
    spool->Close();
  }
  std::filesystem::path ASegment() {
    for (const auto& file : std::filesystem::directory_iterator(folder_))
      if (file.path().filename() != "state") return file.path();
    return {};
  }
  int Run(const std::string& part, const std::string& folder) {
    CLI::App app;
    ChosenVerb chosen;
    AddSpoolVerb(app, chosen);
    app.parse("spool " + part + " " + folder);
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    const int status = chosen();
    out_ = testing::internal::GetCapturedStdout();
    errors_ = testing::internal::GetCapturedStderr();
    return status;
  }

  std::string folder_, out_, errors_;
};

TEST_F(SpoolVerb, ShowsWhatASpoolHolds) {
  Fill();
  EXPECT_EQ(Run("ls", folder_), kExitFine);
  EXPECT_THAT(out_, HasSubstr("next position 3, closed in peace"));
  EXPECT_THAT(out_, HasSubstr("1 alerts  full"));
  EXPECT_EQ(Run("cat", folder_), kExitFine);
  EXPECT_LT(out_.find("uid-0"), out_.find("uid-1"));
  EXPECT_LT(out_.find("uid-1"), out_.find("uid-2"));
  EXPECT_EQ(Run("verify", folder_), kExitFine);
  EXPECT_EQ(out_, "state and 3 segments, 3 alerts, all whole\n");
}

TEST_F(SpoolVerb, SaysThatAFolderIsNoSpool) {
  for (const char* part : {"ls", "cat", "verify"}) {
    EXPECT_EQ(Run(part, folder_), kExitUsage) << part;
    EXPECT_THAT(errors_, HasSubstr("no spool"));
    EXPECT_EQ(Run(part, folder_ + "/nope"), kExitUsage) << part;
    EXPECT_THAT(errors_, HasSubstr("No such file or directory"));
    EXPECT_THAT(errors_, HasSubstr("name the folder of alerts.spool"));
  }
}

TEST_F(SpoolVerb, SaysThatASegmentIsDamaged) {
  Fill();
  const std::filesystem::path segment = ASegment();
  for (const size_t left :
       {size_t{1}, std::filesystem::file_size(segment) / 2}) {
    std::filesystem::resize_file(segment, left);
    EXPECT_EQ(Run("ls", folder_), kExitFindings);
    EXPECT_THAT(out_, HasSubstr("DAMAGED"));
    EXPECT_EQ(Run("cat", folder_), kExitFindings);
    EXPECT_THAT(errors_, HasSubstr(segment.filename().string()));
    EXPECT_THAT(out_, HasSubstr("uid-"));  // the others'
    EXPECT_EQ(Run("verify", folder_), kExitFindings);
    EXPECT_THAT(out_, HasSubstr("2 alerts, DAMAGED"));
  }
}

TEST_F(SpoolVerb, ReadsTheStateToo) {
  Fill();
  std::filesystem::resize_file(folder_ + "/state", 10);
  EXPECT_EQ(Run("verify", folder_), kExitFindings);
  EXPECT_THAT(out_, HasSubstr("state: damaged"));
  EXPECT_EQ(Run("ls", folder_), kExitFindings);
  std::filesystem::remove(folder_ + "/state");
  EXPECT_EQ(Run("verify", folder_), kExitFindings);
  EXPECT_THAT(out_, HasSubstr("state: No such file"));
}

}  // namespace
}  // namespace nameward
