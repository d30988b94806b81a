// SPDX-License-Identifier: Apache-2.0
#include "source/bpf_hooks.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace nameward {
namespace {

// BPF_CGROUP_MAX_PROGS of the kernel.
constexpr uint32_t kMostPrograms = 64;

bpf_attach_type AttachTypeOf(CgroupHook hook) {
  switch (hook) {
    case CgroupHook::kConnect4:
      return BPF_CGROUP_INET4_CONNECT;
    case CgroupHook::kConnect6:
      return BPF_CGROUP_INET6_CONNECT;
    case CgroupHook::kSendmsg4:
      return BPF_CGROUP_UDP4_SENDMSG;
    case CgroupHook::kSendmsg6:
      return BPF_CGROUP_UDP6_SENDMSG;
    case CgroupHook::kSockCreate:
      return BPF_CGROUP_INET_SOCK_CREATE;
    case CgroupHook::kEgress:
      return BPF_CGROUP_INET_EGRESS;
    case CgroupHook::kIngress:
      break;
  }
  return BPF_CGROUP_INET_INGRESS;
}

// "?" without CAP_SYS_ADMIN, which program ids need.
std::string ProgramName(uint32_t id) {
  const UniqueFd fd(bpf_prog_get_fd_by_id(id));
  bpf_prog_info info{};
  uint32_t size = sizeof info;
  if (!fd || bpf_obj_get_info_by_fd(fd.get(), &info, &size) != 0) return "?";
  return info.name;
}

// Another nameward beside this one rewrites nothing.
bool IsOurs(const std::string& name, CgroupHook hook) {
  return name.starts_with(HookProgram(hook));
}

ForeignPrograms QueryRoot(int root, CgroupHook hook) {
  ForeignPrograms foreign;
  std::array<uint32_t, kMostPrograms> ids{};
  uint32_t count = kMostPrograms;
  if (bpf_prog_query(root, AttachTypeOf(hook), 0, &foreign.flags, ids.data(),
                     &count) != 0) {
    return {};
  }
  for (uint32_t i = 0; i < std::min(count, kMostPrograms); ++i) {
    std::string name = ProgramName(ids[i]);
    if (!IsOurs(name, hook)) foreign.names.push_back(std::move(name));
  }
  return foreign;
}

// A load balancer of sockets rewrites what comes back as well; an observer,
// such as another nameward, has no reason to stand there.
bool HasReverseRewriter(int root) {
  for (const bpf_attach_type type :
       {BPF_CGROUP_UDP4_RECVMSG, BPF_CGROUP_INET4_GETPEERNAME}) {
    uint32_t count = 0;
    const int error = bpf_prog_query(root, type, 0, nullptr, nullptr, &count);
    if (error == 0 && count > 0) return true;
  }
  return false;
}

// Its programs' names can't be read with four capabilities, so its other marks
// count too, and nameless address programs are taken for Cilium's if they work
// both ways.
bool SeesCilium(const NodeView& node, int root) {
  for (const char* mark : {"/sys/fs/bpf/cilium", "/sys/class/net/cilium_host",
                           "/sys/fs/bpf/tc/globals/cilium_policy"}) {
    if (access(mark, F_OK) == 0) return true;
  }
  const bool both_ways = HasReverseRewriter(root);
  for (const CgroupHook hook : kAllCgroupHooks) {
    if (!IsSockAddr(hook)) continue;
    for (const std::string& name :
         node.foreign[static_cast<size_t>(hook)].names) {
      if (name.starts_with("cil_") || (name == "?" && both_ways)) return true;
    }
  }
  return false;
}

}  // namespace

NodeView LookAtNode(const CgroupRoot& root, int connect_program) {
  NodeView node;
  node.mode = root.mounts().mode;
  node.root_holds_tasks = root.RootHoldsTasks();
  for (const CgroupEntry& entry : root.Walk(1)) {
    if (entry.level == 1) {
      node.children.push_back({entry.id, entry.path.substr(1)});
    }
  }
  for (const CgroupHook hook : kAllCgroupHooks) {
    node.foreign[static_cast<size_t>(hook)] = QueryRoot(root.fd(), hook);
  }
  node.cilium = SeesCilium(node, root.fd());
  // Tried where the plan would use it, and for a moment only.
  node.preorder_accepted =
      connect_program >= 0 && !node.cilium &&
      AttachHook(connect_program, root.fd(), CgroupHook::kConnect4,
                 kAllowMulti | kPreorder)
          .has_value();
  return node;
}

Result<UniqueFd> AttachHook(int program, int cgroup, CgroupHook hook,
                            uint32_t flags) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  // A link implies ALLOW_MULTI and refuses to be told.
  options.flags = flags & ~kAllowMulti;
  UniqueFd link(bpf_link_create(program, cgroup, AttachTypeOf(hook), &options));
  if (!link) {
    return ErrnoError("attach " + std::string(HookProgram(hook)), errno);
  }
  return link;
}

}  // namespace nameward
