// SPDX-License-Identifier: Apache-2.0
#include "enrich/cgroup_path.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>

#include "enrich/cgroup_vectors_testing.h"

namespace nameward {
namespace {

TEST(CgroupPath, ReadsEveryPathMetInTheField) {
  for (const CgroupVector& vector : kCgroupVectors) {
    const CgroupPath path = ParseCgroupPath(vector.path);
    SCOPED_TRACE(std::to_string(vector.number) + ": " +
                 std::string(vector.path));
    EXPECT_EQ(path.PodUid(), vector.pod_uid);
    EXPECT_EQ(path.container_id, vector.container_id);
    EXPECT_EQ(path.runtime, vector.runtime);
    EXPECT_EQ(path.qos, vector.qos);
    EXPECT_EQ(path.unit, vector.unit);
    EXPECT_EQ(path.helper, vector.helper);
  }
}

const std::string kId(64, 'a');
const std::string kOtherId(64, 'b');
const std::string kKind =
    "/docker/" + kOtherId +
    "/kubepods/besteffort/poda2830d0d-b0f0-4ff0-81b5-0ee4e299cf80/" + kId;

TEST(CgroupPath, SaysWhereTheContainersOwnCgroupEnds) {
  const std::string own = "/x/" + kId;
  EXPECT_EQ(ParseCgroupPath(own).container_end, own.size());
  EXPECT_EQ(ParseCgroupPath(own + "/init.scope").container_end, own.size());
  EXPECT_EQ(ParseCgroupPath("/x").container_end, 0u);
}

TEST(CgroupPath, SurvivesPathsOfAnyShape) {
  for (const std::string& path :
       {std::string(), std::string("pod"), std::string("//"),
        std::string("/pod.slice"), std::string(":::"), std::string("/a/"),
        std::string(5000, '/'), "/-" + kId, "/conmon-" + kId,
        "/pod" + std::string(36, '-'), std::string("/kubepods/pod\0x", 15)}) {
    const CgroupPath parsed = ParseCgroupPath(path);
    EXPECT_TRUE(parsed.raw_pod_uid.empty()) << path;
  }
}

// Keeps the text that the views of its result point into.
class ProcCgroup : public ::testing::Test {
 protected:
  std::optional<CgroupPath> Parse(std::string text) {
    text_ = std::move(text);
    return ParseProcCgroup(text_);
  }

 private:
  std::string text_;
};

// 37: a pod in kind; 38: CRI-O under systemd; 42: containerd under systemd.
TEST_F(ProcCgroup, PrefersTheLineThatNamesAPod) {
  const auto kind =
      Parse("13:name=systemd:" + kKind + "\n1:cpuset:" + kKind +
            "\n0::/docker/" + kOtherId + "/system.slice/containerd.service\n");
  ASSERT_TRUE(kind);
  EXPECT_EQ(kind->container_id, kId);
  const std::string crio =
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-"
      "poda2830d0d_b0f0_4ff0_81b5_0ee4e299cf80.slice/crio-" +
      kId + ".scope";
  const auto mixed = Parse(
      "0::/system.slice/crio.service\n3:rdma:/\n"
      "12:hugetlb:" +
      crio + "\n1:systemd:" + crio);
  ASSERT_TRUE(mixed);
  EXPECT_EQ(mixed->PodUid(), "a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80");
  const std::string colon =
      "kubepods-besteffort-pod6f2c8f6e_3d61_4b7e_9a39_1d2e3f405162.slice"
      ":cri-containerd:" +
      kId;
  const auto nested = Parse("4:memory:/own.slice/runtime.service/" + colon +
                            "\n3:pids:/" + colon + "\n0::/" + colon + "\n");
  ASSERT_TRUE(nested);
  EXPECT_EQ(nested->container_id, kId);
  EXPECT_EQ(nested->PodUid(), "6f2c8f6e-3d61-4b7e-9a39-1d2e3f405162");
}

// 39
TEST_F(ProcCgroup, RefusesLinesThatNameTwoContainersOrTwoPods) {
  EXPECT_FALSE(Parse("2:cpu:/x/" + kId + "\n1:pids:/x/" + kOtherId));
  const std::string other =
      "/kubepods/besteffort/podb2830d0d-b0f0-4ff0-81b5-0ee4e299cf80/" + kId;
  EXPECT_FALSE(Parse("2:cpu:" + kKind + "\n1:pids:" + other));
}

// 40: mountinfo is the workload's to forge, so only its cgroup counts.
TEST_F(ProcCgroup, TakesAnIdWithoutAPodFromAnotherNamespace) {
  const auto path = Parse("0::/../" + kId + "\n");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->container_id, kId);
  EXPECT_EQ(path->PodUid(), "");
}

}  // namespace
}  // namespace nameward
