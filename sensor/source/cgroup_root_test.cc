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

// As a container sees a hybrid host whose /sys/fs/cgroup it mounts: its own
// mounts first, and the roots of the host's out of its cgroup namespace.
constexpr char kContainer[] =
    "72 71 0:44 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw,mode=755\n"
    "80 72 0:36 / /sys/fs/cgroup/pids ro,nosuid - cgroup cgroup rw,pids\n"
    "82 72 0:38 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw\n"
    "96 88 0:36 /../../.. /host/sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
    "98 88 0:38 /../../.. /host/sys/fs/cgroup/unified rw - cgroup2 cgroup2 "
    "rw\n";

CgroupMounts Parse(std::string_view mountinfo) {
  return ParseCgroupMounts(mountinfo, [](const std::string&) { return true; });
}

CgroupMounts ParseBelow(std::string_view host, std::string_view mountinfo) {
  return ParseCgroupMounts(mountinfo, [&](const std::string& point) {
    return point.starts_with(host);
  });
}

TEST(CgroupMounts, FindsTheUnifiedTree) {
  const CgroupMounts mounts = Parse(kSystemdV2);
  EXPECT_EQ(mounts.mode, CgroupMode::kV2);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup");
  EXPECT_EQ(mounts.pids, "");
}

TEST(CgroupMounts, FindsTheV2TreeOfAHybridHostWhereverItIs) {
  const CgroupMounts mounts = Parse(kHybridHost);
  EXPECT_EQ(mounts.mode, CgroupMode::kHybrid);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts.pids, "/sys/fs/cgroup/pids");
}

TEST(CgroupMounts, AV1HostHasNoV2Tree) {
  const CgroupMounts mounts = Parse(kV1Host);
  EXPECT_EQ(mounts.mode, CgroupMode::kV1);
  EXPECT_EQ(mounts.v2, "");
}

TEST(CgroupMounts, ANamedHierarchyAloneMakesNoHybrid) {
  const std::string text =
      std::string(kSystemdV2) +
      "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup "
      "rw,xattr,name=systemd\n";
  EXPECT_EQ(Parse(text).mode, CgroupMode::kV2);
}

TEST(CgroupMounts, InAContainerTheHostsMountsWinOverItsOwn) {
  const CgroupMounts mounts = ParseBelow("/host", kContainer);
  EXPECT_EQ(mounts.mode, CgroupMode::kHybrid);
  EXPECT_EQ(mounts.v2, "/host/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts.pids, "/host/sys/fs/cgroup/pids");
}

TEST(CgroupMounts, WithoutTheHostsMountsNamesTheV2OneThatWillNotDo) {
  const CgroupMounts mounts = ParseBelow("/nowhere", kContainer);
  EXPECT_EQ(mounts.v2, "/sys/fs/cgroup/unified");
  EXPECT_EQ(mounts.pids, "");
}

TEST(CgroupMounts, UndoesTheEscapesOfMountinfo) {
  EXPECT_EQ(Parse("35 25 0:30 / /a\\040b rw - cgroup2 x rw\n").v2, "/a b");
}

TEST(CgroupMounts, SkipsLinesThatAreNoMounts) {
  const CgroupMounts mounts = Parse("\n1 2 3\n- - -\n\\0\\\n");
  EXPECT_EQ(mounts.mode, CgroupMode::kNone);
  EXPECT_EQ(Parse("").mode, CgroupMode::kNone);
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
