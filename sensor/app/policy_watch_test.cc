// SPDX-License-Identifier: Apache-2.0
#include "app/policy_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace nameward {
namespace {

namespace fs = std::filesystem;

class PolicyFoldersTest : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/nameward-policy-XXXXXX";
    root_ = mkdtemp(name);
  }
  void TearDown() override { fs::remove_all(root_); }

  bool Has(const std::vector<std::string>& folders, const fs::path& path) {
    return std::count(folders.begin(), folders.end(), path.string()) == 1;
  }
  fs::path root_;
};

TEST_F(PolicyFoldersTest, AFolderAndThoseBelowItButNotTheHiddenOnes) {
  fs::create_directories(root_ / "rules/lists");
  fs::create_directories(root_ / "rules/..2026");
  const auto folders = PolicyFolders({(root_ / "rules").string()});
  EXPECT_TRUE(Has(folders, root_ / "rules"));
  EXPECT_TRUE(Has(folders, root_ / "rules/lists"));
  EXPECT_EQ(folders.size(), 2U);
}

TEST_F(PolicyFoldersTest, AFilesOwn) {
  std::ofstream(root_ / "a.yaml") << "x";
  EXPECT_EQ(PolicyFolders({(root_ / "a.yaml").string()}),
            std::vector<std::string>{root_.string()});
}

TEST_F(PolicyFoldersTest, WhereALinkIsSwappedAndWhereItPoints) {
  fs::create_directories(root_ / "trees/4f2a/rules");
  fs::create_directories(root_ / "git");
  fs::create_directory_symlink("../trees/4f2a", root_ / "git/current");
  const auto folders = PolicyFolders({(root_ / "git/current/rules").string()});
  EXPECT_TRUE(Has(folders, root_ / "git"));
  EXPECT_TRUE(Has(folders, root_ / "trees"));
  EXPECT_TRUE(Has(folders, root_ / "git/current/rules"));
}

TEST_F(PolicyFoldersTest, NeverTheRootNorVarForALinkInIt) {
  EXPECT_TRUE(PolicyFolders({"/no-such-policy.yaml"}).empty());
  for (const auto& folder : PolicyFolders({"/var/run/no-such-policy/a.yaml"}))
    EXPECT_NE(folder, "/var");
}

}  // namespace
}  // namespace nameward
