// SPDX-License-Identifier: Apache-2.0
// The kernel's side of the attach plan: what is attached to the root, by whom,
// and attaching ours.  Privileged; start-up and the keeper only.
#ifndef NAMEWARD_SOURCE_BPF_HOOKS_H_
#define NAMEWARD_SOURCE_BPF_HOOKS_H_

#include <cstdint>

#include "base/result.h"
#include "base/unique_fd.h"
#include "source/attach_plan.h"
#include "source/cgroup_root.h"

namespace nameward {

// Asks the kernel and the file system.  `connect_program`: a loaded program of
// connect4, to try whether the kernel takes BPF_F_PREORDER; -1: not tried.
NodeView LookAtNode(const CgroupRoot& root, int connect_program);

// A link that lives as long as its descriptor.
Result<UniqueFd> AttachHook(int program, int cgroup, CgroupHook hook,
                            uint32_t flags);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_BPF_HOOKS_H_
