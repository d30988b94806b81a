// SPDX-License-Identifier: Apache-2.0
#include "source/attach_plan.h"

#include <algorithm>

namespace nameward {
namespace {

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

const ForeignPrograms& ForeignOf(const NodeView& node, CgroupHook hook) {
  return node.foreign[static_cast<size_t>(hook)];
}

// Somebody at the root may rewrite an address before we would see it.
bool HasRewriter(const NodeView& node) {
  return std::any_of(
      kAllCgroupHooks.begin(), kAllCgroupHooks.end(), [&](CgroupHook hook) {
        return IsSockAddr(hook) && !ForeignOf(node, hook).names.empty();
      });
}

// Where tasks can sit in the v2 root: everywhere but on a pure v2 host whose
// init has moved them all.
bool TasksInRoot(const NodeView& node) {
  return node.mode != CgroupMode::kV2 || node.root_holds_tasks;
}

void PlaceWithCilium(const NodeView& node, AttachPlan& plan) {
  if (node.mode != CgroupMode::kV2 || node.children.empty()) {
    plan.degraded.push_back(
        "connects: Cilium claims the root and no pod has a v2 cgroup of its "
        "own; they are taken from TCP's states and first packets, with the "
        "addresses after Cilium's rewriting");
    return;
  }
  plan.sock_addr = SockAddrPlace::kChildren;
  plan.reasons.push_back(
      "connect*, sendmsg* at the first-level cgroups: Cilium claims the root");
  if (node.root_holds_tasks) {
    plan.degraded.push_back(
        "processes in the root cgroup itself: their connects are taken from "
        "TCP's states and first packets");
  }
}

void PlaceAtRoot(const NodeView& node, AttachPlan& plan) {
  const bool rewriter = HasRewriter(node);
  if (rewriter && !node.preorder_accepted && !node.children.empty() &&
      node.mode == CgroupMode::kV2) {
    plan.sock_addr = SockAddrPlace::kChildren;
    plan.reasons.push_back(
        "connect*, sendmsg* at the first-level cgroups: another program at the "
        "root may rewrite addresses and this kernel has no BPF_F_PREORDER");
    plan.degraded.push_back(
        "processes in the root cgroup itself: their connects are taken from "
        "TCP's states and first packets");
    return;
  }
  plan.sock_addr = SockAddrPlace::kRoot;
  plan.reasons.push_back(
      node.preorder_accepted
          ? "connect*, sendmsg* at the root, first (PREORDER): processes sit "
            "in the root cgroup and no Cilium is there"
          : "connect*, sendmsg* at the root: processes sit in the root cgroup, "
            "no Cilium is there, and this kernel has no BPF_F_PREORDER");
  if (rewriter && !node.preorder_accepted) {
    plan.degraded.push_back(
        "addresses: a program that another put at the root runs before ours "
        "and may have rewritten them");
  }
}

void PlaceAsChosen(AttachChoice choice, AttachPlan& plan) {
  const bool root = choice == AttachChoice::kRoot;
  plan.sock_addr = root ? SockAddrPlace::kRoot : SockAddrPlace::kChildren;
  plan.reasons.push_back(std::string("connect*, sendmsg* at ") +
                         (root ? "the root" : "the first-level cgroups") +
                         ": node.attach says so");
}

void PlaceSockAddr(const NodeView& node, AttachPlan& plan) {
  if (node.cilium) return PlaceWithCilium(node, plan);
  if (TasksInRoot(node) || node.children.empty()) {
    return PlaceAtRoot(node, plan);
  }
  plan.sock_addr = SockAddrPlace::kChildren;
  plan.reasons.push_back(
      "connect*, sendmsg* at the first-level cgroups: before any program at "
      "the root, and out of every CNI's way");
}

// False, and said, where a program without ALLOW_MULTI keeps ours out.
bool HookIsFree(const NodeView& node, CgroupHook hook, AttachPlan& plan) {
  const ForeignPrograms& foreign = ForeignOf(node, hook);
  if (!foreign.Legacy()) return true;
  plan.degraded.push_back(
      std::string(HookProgram(hook)) + ": " + Join(foreign.names) +
      " holds this hook alone (attached without BPF_F_ALLOW_MULTI)");
  return false;
}

void Attach(const NodeView& node, CgroupHook hook, AttachPlan& plan) {
  if (!IsSockAddr(hook)) {
    plan.attachments.push_back({hook, kRootCgroup, "/", kAllowMulti});
    return;
  }
  if (plan.sock_addr == SockAddrPlace::kRoot) {
    const uint32_t first = node.preorder_accepted ? kPreorder : 0;
    plan.attachments.push_back({hook, kRootCgroup, "/", kAllowMulti | first});
  }
  if (plan.sock_addr == SockAddrPlace::kChildren) {
    for (const FirstLevelCgroup& child : node.children) {
      plan.attachments.push_back(
          {hook, child.id, "/" + child.name, kAllowMulti});
    }
  }
}

std::string FlagNames(uint32_t flags) {
  std::string text = (flags & kAllowMulti) != 0 ? "multi" : "";
  if ((flags & kPreorder) != 0) text += "+preorder";
  return text;
}

}  // namespace

std::string_view HookProgram(CgroupHook hook) {
  switch (hook) {
    case CgroupHook::kConnect4:
      return "on_connect4";
    case CgroupHook::kConnect6:
      return "on_connect6";
    case CgroupHook::kSendmsg4:
      return "on_sendmsg4";
    case CgroupHook::kSendmsg6:
      return "on_sendmsg6";
    case CgroupHook::kSockCreate:
      return "on_sock_create";
    case CgroupHook::kEgress:
      return "on_egress";
    case CgroupHook::kIngress:
      return "on_ingress";
  }
  return "";
}

bool IsSockAddr(CgroupHook hook) { return hook <= CgroupHook::kSendmsg6; }

AttachPlan PlanAttach(const NodeView& node, AttachChoice choice) {
  AttachPlan plan;
  if (node.mode == CgroupMode::kNone) {
    plan.degraded.push_back("everything: this node has no cgroups");
    return plan;
  }
  if (choice == AttachChoice::kAuto) {
    PlaceSockAddr(node, plan);
  } else {
    PlaceAsChosen(choice, plan);
  }
  plan.follow_first_level = plan.sock_addr == SockAddrPlace::kChildren;
  for (const CgroupHook hook : kAllCgroupHooks) {
    if (HookIsFree(node, hook, plan)) Attach(node, hook, plan);
  }
  return plan;
}

std::string AttachPlan::ToText() const {
  std::string text;
  for (const std::string& reason : reasons) text += reason + "\n";
  for (const Attachment& at : attachments) {
    text += "  " + std::string(HookProgram(at.hook)) + " at " + at.name + " (" +
            FlagNames(at.flags) + ")\n";
  }
  if (follow_first_level) text += "  and at first-level cgroups to come\n";
  for (const std::string& lack : degraded) text += "not seen: " + lack + "\n";
  return text;
}

}  // namespace nameward
