// SPDX-License-Identifier: Apache-2.0
// Every path met in the field, joined with what a kubelet would list: the right
// pod and container where path and list agree, and nobody where one of them
// says something else.
#include <gtest/gtest.h>

#include "enrich/cgroup_vectors_testing.h"
#include "enrich/enrich.h"
#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

constexpr uint64_t kCgroup = 91;
const std::string kOwn = PodUid(1);
const std::string kStranger = PodUid(2);

class CgroupJoin : public ::testing::TestWithParam<CgroupVector> {
 protected:
  CgroupJoin() { enricher_.ExpectPods(); }

  static std::string Uid() { return std::string(GetParam().pod_uid); }
  static std::string Id() { return std::string(GetParam().container_id); }

  // A pod whose one container has the id; without one it awaits it.
  static PodState Listed(const std::string& uid, const std::string& name,
                         const std::string& id) {
    std::vector<std::string> ids;
    if (!id.empty()) ids.push_back(id);
    return MakePod(uid, name, {{"main", ids}});
  }

  // "pod/container" of the vector's cgroup, as Born before or after the list.
  std::string Who(std::vector<PodState> pods, bool list_first = false) {
    const CgroupChange born =
        Born(kCgroup, std::string(GetParam().path), Nanoseconds{1s});
    if (!list_first) enricher_.OnCgroup(born);
    enricher_.OnPods({std::move(pods), {}}, At(2s));
    if (list_first) enricher_.OnCgroup(born);
    workload_ = WorkloadOf(enricher_, kCgroup);
    std::string who = workload_->pod ? workload_->pod->name : "";
    if (workload_->container) who += "/" + workload_->container->name;
    return who;
  }

  Enricher enricher_;
  WorkloadRef workload_;
};

TEST_P(CgroupJoin, NamesWhatPathAndListSay) {
  const bool pod = !Uid().empty(), container = !Id().empty();
  // Where the path tells no uid, the id alone finds its pod.
  const std::string want = container ? "own/main" : pod ? "own" : "";
  const std::vector<PodState> pods = {
      Listed(pod ? Uid() : kOwn, "own", Id()),
      Listed(kStranger, "stranger", ContainerId(2))};
  EXPECT_EQ(Who(pods, false), want);
  EXPECT_EQ(Who(pods, true), want);
  if (pod) {
    EXPECT_EQ(workload_->pod_uid, Uid());
  }
  EXPECT_EQ(workload_->naming,
            pod || container ? Naming::kNamed : Naming::kNone);
}

TEST_P(CgroupJoin, NamesNobodyOfAListWithoutThem) {
  const std::string nobody = Id().empty() ? "" : "/";
  EXPECT_EQ(Who({Listed(kStranger, "stranger", ContainerId(2))}), nobody);
  EXPECT_EQ(workload_->pod_uid, Uid());
}

// A path with the container of one pod below the cgroup of another.
TEST_P(CgroupJoin, NamesNeitherOfTwoPodsThatAPathMixes) {
  if (Id().empty() || Uid().empty()) return;  // there are no two to mix
  const std::vector<PodState> pods = {Listed(Uid(), "own", ContainerId(1)),
                                      Listed(kStranger, "stranger", Id())};
  EXPECT_EQ(Who(pods, false), "/");
  EXPECT_EQ(Who(pods, true), "/");
  EXPECT_EQ(workload_->naming, Naming::kMissing);
}

// What a workload makes below its own cgroup is its own, whatever it is called.
TEST_P(CgroupJoin, NamesTheContainerThatMadeSuchAPathInItself) {
  const std::string own = PodPath(kOwn) + "/" + ContainerId(1);
  enricher_.OnCgroup(
      Born(kCgroup, own + std::string(GetParam().path), Nanoseconds{1s}));
  enricher_.OnPods({{Listed(kOwn, "own", ContainerId(1)),
                     Listed(Uid().empty() ? kStranger : Uid(), "victim", Id())},
                    {}},
                   At(2s));
  const WorkloadRef workload = WorkloadOf(enricher_, kCgroup);
  ASSERT_TRUE(workload->pod && workload->container);
  EXPECT_EQ(workload->pod->name, "own");
  EXPECT_EQ(workload->container->id, ContainerId(1));
}

INSTANTIATE_TEST_SUITE_P(
    Vectors, CgroupJoin, ::testing::ValuesIn(kCgroupVectors),
    [](const ::testing::TestParamInfo<CgroupVector>& vector) {
      return "N" + std::to_string(vector.param.number) + "_" +
             std::to_string(vector.index);
    });

// 37, 38, 40, 42: a process stands in several hierarchies, and an event comes
// with the path of one of them.
struct Line {
  int number;
  std::string_view path;
  std::string_view who;
};
constexpr std::string_view kUid = "a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80";
constexpr std::string_view kId =
    "09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6";

// clang-format off
constexpr Line kLines[] = {
    {37, "/docker/93529524695bb00d91c1f6dba692ea8d3550c3b94fb2463af7bc9ec82f992d26/kubepods/besteffort/poda2830d0d-b0f0-4ff0-81b5-0ee4e299cf80/09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6", "own/main"},
    {37, "/docker/93529524695bb00d91c1f6dba692ea8d3550c3b94fb2463af7bc9ec82f992d26/system.slice/containerd.service", "/"},
    {38, "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-poda2830d0d_b0f0_4ff0_81b5_0ee4e299cf80.slice/crio-09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6.scope", "own/main"},
    {38, "/", ""},
    {38, "/system.slice/crio.service", ""},
    {40, "/../0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", "/"},
    {42, "/own.slice/runtime.service/kubepods-besteffort-poda2830d0d_b0f0_4ff0_81b5_0ee4e299cf80.slice:cri-containerd:09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6", "own/main"},
    {42, "/kubepods-besteffort-poda2830d0d_b0f0_4ff0_81b5_0ee4e299cf80.slice:cri-containerd:09bc3d7ade839efec32b6bec4ec79d099027a668ddba043083ec21d3c3b8f1e6", "own/main"},
};
// clang-format on

TEST(CgroupJoinOfLines, NamesThePodWhereTheLineTellsOne) {
  for (const Line& line : kLines) {
    SCOPED_TRACE(std::to_string(line.number) + ": " + std::string(line.path));
    Enricher enricher;
    enricher.OnPods(
        {{MakePod(std::string(kUid), "own", {{"main", {std::string(kId)}}})},
         {}},
        At(1s));
    enricher.OnCgroup(Found(kCgroup, 0, std::string(line.path)));
    const WorkloadRef workload = WorkloadOf(enricher, kCgroup);
    std::string who = workload->pod ? workload->pod->name : "";
    if (workload->container) who += "/" + workload->container->name;
    EXPECT_EQ(who, line.who);
  }
}

}  // namespace
}  // namespace nameward
