// SPDX-License-Identifier: Apache-2.0
#include "source/attach_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace nameward {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

NodeView PureV2() {
  NodeView node;
  node.mode = CgroupMode::kV2;
  node.preorder_accepted = true;
  node.children = {{10, "init.scope"}, {11, "system.slice"}, {12, "kubepods"}};
  return node;
}

ForeignPrograms& Foreign(NodeView& node, CgroupHook hook) {
  return node.foreign[static_cast<size_t>(hook)];
}

std::vector<uint64_t> Places(const AttachPlan& plan, CgroupHook hook) {
  std::vector<uint64_t> cgroups;
  for (const Attachment& at : plan.attachments) {
    if (at.hook == hook) cgroups.push_back(at.cgroup);
  }
  return cgroups;
}

uint32_t FlagsOf(const AttachPlan& plan, CgroupHook hook) {
  const auto at =
      std::find_if(plan.attachments.begin(), plan.attachments.end(),
                   [&](const Attachment& a) { return a.hook == hook; });
  return at == plan.attachments.end() ? 0 : at->flags;
}

TEST(AttachPlan, PureV2TakesEveryFirstLevelCgroupAndFollowsNewOnes) {
  const AttachPlan plan = PlanAttach(PureV2());
  EXPECT_THAT(Places(plan, CgroupHook::kConnect4), ElementsAre(10, 11, 12));
  EXPECT_THAT(Places(plan, CgroupHook::kSendmsg6), ElementsAre(10, 11, 12));
  EXPECT_TRUE(plan.follow_first_level);
  EXPECT_THAT(plan.degraded, IsEmpty());
}

TEST(AttachPlan, PacketsAndSocketsAreSeenAtTheRoot) {
  const AttachPlan plan = PlanAttach(PureV2());
  EXPECT_THAT(Places(plan, CgroupHook::kEgress), ElementsAre(kRootCgroup));
  EXPECT_THAT(Places(plan, CgroupHook::kIngress), ElementsAre(kRootCgroup));
  EXPECT_THAT(Places(plan, CgroupHook::kSockCreate), ElementsAre(kRootCgroup));
  EXPECT_EQ(FlagsOf(plan, CgroupHook::kEgress), kAllowMulti);
}

TEST(AttachPlan, HybridTakesTheRootFirstInOrder) {
  NodeView node = PureV2();
  node.mode = CgroupMode::kHybrid;
  const AttachPlan plan = PlanAttach(node);
  EXPECT_THAT(Places(plan, CgroupHook::kConnect4), ElementsAre(kRootCgroup));
  EXPECT_EQ(FlagsOf(plan, CgroupHook::kConnect4), kAllowMulti | kPreorder);
  EXPECT_FALSE(plan.follow_first_level);
}

TEST(AttachPlan, WithoutPreorderTheRootIsTakenPlainly) {
  NodeView node = PureV2();
  node.mode = CgroupMode::kHybrid;
  node.preorder_accepted = false;
  const AttachPlan plan = PlanAttach(node);
  EXPECT_EQ(FlagsOf(plan, CgroupHook::kConnect4), kAllowMulti);
  EXPECT_THAT(plan.degraded, IsEmpty());
}

TEST(AttachPlan, TasksInTheRootOfPureV2MoveConnectsThere) {
  NodeView node = PureV2();
  node.root_holds_tasks = true;
  const AttachPlan plan = PlanAttach(node);
  EXPECT_THAT(Places(plan, CgroupHook::kConnect4), ElementsAre(kRootCgroup));
}

TEST(AttachPlan, ABareV2TreeWithoutChildrenUsesTheRoot) {
  NodeView node = PureV2();
  node.children.clear();
  EXPECT_EQ(PlanAttach(node).sock_addr, SockAddrPlace::kRoot);
}

TEST(AttachPlan, CiliumKeepsUsOffItsRootHooks) {
  NodeView node = PureV2();
  node.cilium = true;
  node.root_holds_tasks = true;
  Foreign(node, CgroupHook::kConnect4) = {kAllowMulti, {"cil_sock4_connect"}};
  const AttachPlan plan = PlanAttach(node);
  EXPECT_THAT(Places(plan, CgroupHook::kConnect4), ElementsAre(10, 11, 12));
  EXPECT_THAT(plan.degraded, ElementsAre(HasSubstr("root cgroup itself")));
  EXPECT_THAT(Places(plan, CgroupHook::kEgress), ElementsAre(kRootCgroup));
}

TEST(AttachPlan, CiliumOnAHybridNodeLeavesConnectsToTcpStates) {
  NodeView node = PureV2();
  node.mode = CgroupMode::kHybrid;
  node.cilium = true;
  const AttachPlan plan = PlanAttach(node);
  EXPECT_EQ(plan.sock_addr, SockAddrPlace::kNowhere);
  EXPECT_THAT(Places(plan, CgroupHook::kConnect4), IsEmpty());
  EXPECT_THAT(Places(plan, CgroupHook::kIngress), ElementsAre(kRootCgroup));
  EXPECT_THAT(plan.degraded, ElementsAre(HasSubstr("Cilium claims")));
}

TEST(AttachPlan, ALegacyProgramLosesItsHookOnlyAndIsNamed) {
  NodeView node = PureV2();
  Foreign(node, CgroupHook::kConnect6) = {0, {"sock6_connect"}};
  Foreign(node, CgroupHook::kSendmsg4) = {kAllowOverride, {"old_sendmsg"}};
  const AttachPlan plan = PlanAttach(node);
  EXPECT_THAT(Places(plan, CgroupHook::kConnect6), IsEmpty());
  EXPECT_THAT(Places(plan, CgroupHook::kSendmsg4), IsEmpty());
  EXPECT_THAT(Places(plan, CgroupHook::kConnect4), ElementsAre(10, 11, 12));
  EXPECT_THAT(plan.degraded, ElementsAre(HasSubstr("sock6_connect"),
                                         HasSubstr("old_sendmsg")));
}

TEST(AttachPlan, ARewriterAtTheRootWithoutPreorderSendsUsToTheChildren) {
  NodeView node = PureV2();
  node.root_holds_tasks = true;
  node.preorder_accepted = false;
  Foreign(node, CgroupHook::kConnect4) = {kAllowMulti, {"calico_connect_v4"}};
  const AttachPlan plan = PlanAttach(node);
  EXPECT_EQ(plan.sock_addr, SockAddrPlace::kChildren);
  EXPECT_THAT(plan.degraded, ElementsAre(HasSubstr("root cgroup itself")));
}

TEST(AttachPlan, ARewriterOnAHybridNodeWithoutPreorderIsSaid) {
  NodeView node = PureV2();
  node.mode = CgroupMode::kHybrid;
  node.preorder_accepted = false;
  Foreign(node, CgroupHook::kConnect4) = {kAllowMulti, {"calico_connect_v4"}};
  const AttachPlan plan = PlanAttach(node);
  EXPECT_EQ(plan.sock_addr, SockAddrPlace::kRoot);
  EXPECT_THAT(plan.degraded, ElementsAre(HasSubstr("rewritten")));
}

TEST(AttachPlan, APrivatelyMountedTreeOfAV1NodeUsesTheRoot) {
  NodeView node = PureV2();
  node.mode = CgroupMode::kV1;
  node.children.clear();
  EXPECT_EQ(PlanAttach(node).sock_addr, SockAddrPlace::kRoot);
}

TEST(AttachPlan, AnOperatorsChoiceWins) {
  NodeView node = PureV2();
  node.cilium = true;
  const AttachPlan root = PlanAttach(node, AttachChoice::kRoot);
  EXPECT_THAT(Places(root, CgroupHook::kConnect4), ElementsAre(kRootCgroup));
  node.mode = CgroupMode::kHybrid;
  const AttachPlan children = PlanAttach(node, AttachChoice::kChildren);
  EXPECT_THAT(Places(children, CgroupHook::kConnect4), ElementsAre(10, 11, 12));
  EXPECT_TRUE(children.follow_first_level);
}

TEST(AttachPlan, NothingIsPlannedWithoutCgroups) {
  NodeView node;
  node.mode = CgroupMode::kNone;
  EXPECT_THAT(PlanAttach(node).attachments, IsEmpty());
}

TEST(AttachPlan, TextNamesPlacesFlagsAndLacks) {
  NodeView node = PureV2();
  Foreign(node, CgroupHook::kConnect6) = {0, {"sock6_connect"}};
  const std::string text = PlanAttach(node).ToText();
  EXPECT_THAT(text, HasSubstr("on_connect4 at /kubepods (multi)\n"));
  EXPECT_THAT(text, HasSubstr("on_egress at / (multi)\n"));
  EXPECT_THAT(text, HasSubstr("and at first-level cgroups to come\n"));
  EXPECT_THAT(text, HasSubstr("not seen: on_connect6: sock6_connect holds"));
}

}  // namespace
}  // namespace nameward
