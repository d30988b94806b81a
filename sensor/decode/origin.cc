// SPDX-License-Identifier: Apache-2.0
#include "decode/origin.h"

#include <cstring>

namespace nameward {
namespace {

bool TrustsTask(uint16_t flags) {
  if ((flags & NW_F_STORED_TASK) != 0) return true;
  return (flags & (NW_F_NO_TASK | NW_F_INGRESS)) == 0;
}

}  // namespace

void Origins::Fill(const nw_header& header, Origin& origin) {
  const nw_identity* caller =
      TrustsTask(header.flags) ? &header.who : callers_.Find(header.cookie);
  const bool task = caller != nullptr;
  const nw_identity& who = task ? *caller : header.who;
  origin.cgroup_id =
      task && who.task_cgroup != 0 ? who.task_cgroup : header.who.sock_cgroup;
  origin.socket_cgroup_id = header.who.sock_cgroup;
  origin.socket_cookie = header.cookie;
  origin.netns_cookie = who.netns_cookie;
  origin.netns = who.netns;
  origin.mntns = task ? who.mntns : 0;
  origin.mntns_seq = task ? who.mntns_seq : 0;
  origin.old_socket = (header.flags & NW_F_OLD_SOCKET) != 0;
  origin.workload.reset();
  if (!task || who.tgid == 0) {
    origin.process.reset();
    return;
  }
  Process& process =
      origin.process ? *origin.process : origin.process.emplace();
  process.tgid = who.tgid;
  process.tid = who.tid;
  process.uid = who.uid;
  process.gid = who.gid;
  process.start_ns = who.start_boottime;
  static_assert(sizeof process.comm == sizeof who.comm);
  std::memcpy(process.comm, who.comm, sizeof process.comm);
  const auto* exe = who.exe == 0 ? nullptr : executables_.Find(who.exe);
  process.exe = exe == nullptr ? nullptr : *exe;
}

void Origins::LearnCaller(const nw_header& header) {
  if (header.cookie == 0 || !TrustsTask(header.flags)) return;
  nw_identity* known = callers_.Find(header.cookie);
  if (known == nullptr)
    known = &callers_.Insert(header.cookie,
                             [this](nw_identity&) { ++callers_evicted_; });
  *known = header.who;
}

void Origins::LearnExecutable(uint64_t key, std::string_view path) {
  auto* known = executables_.Find(key);
  if (known != nullptr && *known != nullptr && **known == path) return;
  auto& slot =
      known != nullptr
          ? *known
          : executables_.Insert(key, [this](auto&) { ++executables_evicted_; });
  slot = std::make_shared<const std::string>(path);
}

}  // namespace nameward
