// SPDX-License-Identifier: Apache-2.0
// Where the cgroup programs go, as a pure function of what the node shows.
//
// Guarantees: never a plan that takes a hook from the CNI.  Cilium, when its
// socket load balancer is off, detaches every foreign program of its types at
// the v2 root and, before 1.19, fails for ever on a bpf_link there
// (cilium/cilium #43877); programs of a child cgroup are neither listed by its
// query nor run after its rewriting.  A program attached at the root without
// BPF_F_ALLOW_MULTI (old Cilium, bpftool) refuses ours at every level: that
// hook is then left out and the plan says what is lost.
//
// Order of preference for connect*/sendmsg*:
//   first-level cgroups       pure v2: before any rewriter at the root
//   root with BPF_F_PREORDER  where processes sit in the root itself
//   root                      where the kernel has no PREORDER
// cgroup_skb and sock_create stand at the root: no CNI claims those.
#ifndef NAMEWARD_SOURCE_ATTACH_PLAN_H_
#define NAMEWARD_SOURCE_ATTACH_PLAN_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "source/cgroup_root.h"

namespace nameward {

// The programs that a cgroup carries, by their base name.
enum class CgroupHook : uint8_t {
  kConnect4,
  kConnect6,
  kSendmsg4,
  kSendmsg6,
  kSockCreate,
  kEgress,
  kIngress,
};
inline constexpr size_t kCgroupHooks = 7;
inline constexpr std::array<CgroupHook, kCgroupHooks> kAllCgroupHooks = {
    CgroupHook::kConnect4, CgroupHook::kConnect6,   CgroupHook::kSendmsg4,
    CgroupHook::kSendmsg6, CgroupHook::kSockCreate, CgroupHook::kEgress,
    CgroupHook::kIngress};
std::string_view HookProgram(CgroupHook hook);  // "on_connect4"
bool IsSockAddr(CgroupHook hook);               // connect*, sendmsg*

// Values of linux/bpf.h; PREORDER is newer than many headers.
inline constexpr uint32_t kAllowOverride = 1U << 0;
inline constexpr uint32_t kAllowMulti = 1U << 1;
inline constexpr uint32_t kPreorder = 1U << 6;

// What is attached at the root for one hook, without our own.
struct ForeignPrograms {
  uint32_t flags = 0;  // of the attachment: kAllowMulti, kAllowOverride or 0
  std::vector<std::string> names;  // "?" where the kernel hides it from us
  bool Legacy() const { return !names.empty() && (flags & kAllowMulti) == 0; }
};

struct FirstLevelCgroup {
  uint64_t id = 0;
  std::string name;
};

struct NodeView {
  CgroupMode mode = CgroupMode::kV2;
  bool root_holds_tasks = false;
  bool cilium = false;  // its programs, pins or interface are there
  bool preorder_accepted = false;
  std::vector<FirstLevelCgroup> children;
  std::array<ForeignPrograms, kCgroupHooks> foreign;  // by CgroupHook
};

inline constexpr uint64_t kRootCgroup = 1;

struct Attachment {
  CgroupHook hook;
  uint64_t cgroup = kRootCgroup;
  std::string name;  // "/" or "/kubepods"
  uint32_t flags = 0;
};

enum class SockAddrPlace : uint8_t { kChildren, kRoot, kNowhere };

struct AttachPlan {
  std::vector<Attachment> attachments;
  SockAddrPlace sock_addr = SockAddrPlace::kNowhere;
  bool follow_first_level = false;  // attach to first-level cgroups to come
  std::vector<std::string> reasons;
  std::vector<std::string> degraded;  // what this node's plan can't see

  // For doctor: reasons, lacks and one line per attachment.
  std::string ToText() const;
};

// Where connect*/sendmsg* go: an operator who knows better than the node shows.
enum class AttachChoice : uint8_t { kAuto, kChildren, kRoot };

AttachPlan PlanAttach(const NodeView& node,
                      AttachChoice choice = AttachChoice::kAuto);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_ATTACH_PLAN_H_
