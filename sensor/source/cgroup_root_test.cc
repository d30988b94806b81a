// SPDX-License-Identifier: Apache-2.0
#include "source/cgroup_root.h"

#include <gtest/gtest.h>

#include <cstring>

#include "bpf/event.h"

namespace nameward {
namespace {

constexpr char kSystemdV2[] =
    "24 30 0:22 / /proc rw,nosuid - proc proc rw\n"
    "35 25 0:30 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 "
    "rw,nsdelegate,memory_recursiveprot\n";
constexpr char kHybridHost[] =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr char kV1Host[] =
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw master:3 - cgroup cgroup "
    "rw,cpu,cpuacct\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n";

TEST(CgroupMounts, FindsTheUnifiedTree) {
  const CgroupMounts mounts = ParseCgroupMounts(kSystemdV2);
  EXPECT_EQ(mounts.mode, CgroupMode::kV2);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup");
  EXPECT_EQ(mounts.pids, "");
}

TEST(CgroupMounts, FindsTheV2TreeOfAHybridHostWhereverItIs) {
  const CgroupMounts mounts = ParseCgroupMounts(kHybridHost);
  EXPECT_EQ(mounts.mode, CgroupMode::kHybrid);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts.pids, "/sys/fs/cgroup/pids");
}

TEST(CgroupMounts, AV1HostHasNoV2Tree) {
  const CgroupMounts mounts = ParseCgroupMounts(kV1Host);
  EXPECT_EQ(mounts.mode, CgroupMode::kV1);
  EXPECT_EQ(mounts.v2, "");
}

TEST(CgroupMounts, ANamedHierarchyAloneMakesNoHybrid) {
  const std::string text =
      std::string(kSystemdV2) +
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup "
      "rw,none,name=systemd\n";
  EXPECT_EQ(ParseCgroupMounts(text).mode, CgroupMode::kV2);
}

TEST(CgroupMounts, AMountOfTheWholeTreeWinsOverASubtree) {
  const CgroupMounts mounts = ParseCgroupMounts(
      "35 25 0:30 /kubepods/pod1 /sys/fs/cgroup ro - cgroup2 cgroup ro\n"
      "36 25 0:30 / /host/sys/fs/cgroup ro - cgroup2 cgroup ro\n"
      "37 25 0:30 / /later ro - cgroup2 cgroup ro\n");
  EXPECT_EQ(mounts.v2, "/host/sys/fs/cgroup");
}

TEST(CgroupMounts, UndoesTheEscapesOfMountinfo) {
  EXPECT_EQ(ParseCgroupMounts("35 25 0:30 / /a\\040b rw - cgroup2 x rw\n").v2,
            "/a b");
}

TEST(CgroupMounts, SkipsLinesThatAreNoMounts) {
  const CgroupMounts mounts = ParseCgroupMounts("\n1 2 3\n- - -\n\\0\\\n");
  EXPECT_EQ(mounts.mode, CgroupMode::kNone);
  EXPECT_EQ(ParseCgroupMounts("").mode, CgroupMode::kNone);
}

TEST(CgroupRoot, SaysWhatIsWrongWithADirectoryThatIsNoCgroupRoot) {
  const auto root = CgroupRoot::Open("/tmp");
  ASSERT_FALSE(root);
  EXPECT_EQ(root.error().why, "it is not the root of the host's cgroup tree");
}

TEST(FoundCgroups, BecomeKernelRecordsAndALongPathKeepsItsEnd) {
  const std::string longer(300, 'x');
  RecordBatch batch;
  AppendFoundCgroups({{1, 0, 0, "/"}, {7, 1, 1, "/" + longer + "/pod"}}, 42,
                     batch);
  std::vector<nw_cgroup> records;
  batch.ForEach([&](const RecordView& view) {
    ASSERT_EQ(view.type, RecordType::kKernel);
    ASSERT_EQ(view.payload.size(), sizeof(nw_cgroup));
    std::memcpy(&records.emplace_back(), view.payload.data(),
                sizeof(nw_cgroup));
  });
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].h.kind, NW_CGROUP);
  EXPECT_EQ(records[0].h.time, 42U);
  EXPECT_STREQ(records[0].path, "/");
  EXPECT_EQ(records[1].size, NW_PATH_LEN - 1U);
  EXPECT_TRUE(std::string(records[1].path).ends_with("x/pod"));
}

}  // namespace
}  // namespace nameward
