// SPDX-License-Identifier: Apache-2.0
#include "source/bpf_kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "source/bpf_hooks.h"

namespace nameward {
namespace {

// Struct nw_loss of bpf/lib/maps.h.
struct KernelLoss {
  uint32_t answers;
  uint32_t quota;
};

// Without these there is nothing to watch.
constexpr CgroupHook kNeeded[] = {CgroupHook::kConnect4, CgroupHook::kEgress,
                                  CgroupHook::kIngress};

bool IsBpfDescriptor(const std::string& target) {
  return target.starts_with("anon_inode:bpf") ||
         target.starts_with("anon_inode:btf");
}

bool HasV1(const CgroupMounts& mounts) {
  return mounts.mode == CgroupMode::kV1 || mounts.mode == CgroupMode::kHybrid;
}

std::optional<CgroupRoot> PidsTree(const CgroupMounts& mounts) {
  if (!HasV1(mounts) || mounts.pids.empty()) return {};
  auto pids = CgroupRoot::Open(mounts.pids);
  if (!pids) return {};
  return std::move(*pids);
}

// The entries below the root, as the kernel's records number them.
std::vector<CgroupEntry> OfV1(std::vector<CgroupEntry> entries) {
  entries.erase(entries.begin());
  for (CgroupEntry& entry : entries) {
    entry.id |= NW_CGROUP_V1;
    entry.parent |= NW_CGROUP_V1;
  }
  return entries;
}

}  // namespace

Status AttachedKernel::Start(const BpfOptions& options) {
  for (const CgroupHook hook : kNeeded) {
    if (object_->Program(HookProgram(hook)) >= 0) continue;
    return Error{std::string(HookProgram(hook)), "no tier of it loads here",
                 "nameward needs Linux 5.10 with BTF; see nameward doctor"};
  }
  report_.cgroup_mode = root_.mounts().mode;
  report_.cgroup_mount = root_.mount();
  report_.programs = object_->programs();
  // Births are watched before the walk, so that no cgroup is missed.
  object_->AttachTracing(report_.degraded);
  report_.node = LookAtNode(root_, object_->Program("on_connect4"));
  report_.plan = PlanAttach(report_.node, options.attach);
  NW_RETURN_IF_ERROR(AttachByPlan());
  report_.attached = SystemClock().Now();
  FindCgroups();
  if (options.old_sockets) object_->RunIterators(report_.degraded);
  return Ok();
}

void AttachedKernel::FindCgroups() {
  std::vector<CgroupEntry> entries = root_.Walk();
  if (pids_) {
    const auto more = OfV1(pids_->Walk());
    entries.insert(entries.end(), more.begin(), more.end());
  } else if (HasV1(root_.mounts())) {
    report_.degraded.push_back(
        "containers older than the sensor that are in cgroup v1 only: the pids "
        "hierarchy is not mounted here (mount the host's /sys/fs/cgroup)");
  }
  report_.cgroups_found = entries.size();
  AppendFoundCgroups(
      entries,
      static_cast<uint64_t>(report_.attached.time_since_epoch().count()),
      found_);
}

Status AttachedKernel::AttachByPlan() {
  for (const Attachment& at : report_.plan.attachments) {
    auto fd = at.cgroup == kRootCgroup ? UniqueFd(dup(root_.fd()))
                                       : root_.OpenById(at.cgroup);
    const Status status = fd ? AttachOne(at, fd->get()) : Status(fd.error());
    if (status) continue;
    // A child may have gone since; the packets' hooks can't be done without.
    if (!IsSockAddr(at.hook) && at.hook != CgroupHook::kSockCreate) {
      return status;
    }
    report_.degraded.push_back("at " + at.name + ": " +
                               status.error().ToString());
  }
  return Ok();
}

Status AttachedKernel::AttachOne(const Attachment& at, int cgroup) {
  const int program = object_->Program(HookProgram(at.hook));
  if (program < 0) {
    return Error{std::string(HookProgram(at.hook)), "no tier of it loads here",
                 "see nameward doctor", ENOENT};
  }
  auto link = AttachHook(program, cgroup, at.hook, at.flags);
  if (!link) return link.error();
  links_[at.cgroup].push_back(std::move(*link));
  return Ok();
}

Status AttachedKernel::Follow() {
  if (!report_.plan.follow_first_level) return Ok();
  std::map<uint64_t, std::vector<UniqueFd>> kept;
  kept[kRootCgroup] = std::move(links_[kRootCgroup]);
  std::vector<CgroupEntry> fresh;
  for (const CgroupEntry& entry : root_.Walk(1)) {
    if (entry.level != 1) continue;
    const auto known = links_.find(entry.id);
    if (known == links_.end()) {
      fresh.push_back(entry);
    } else {
      kept[entry.id] = std::move(known->second);
    }
  }
  links_ = std::move(kept);  // links of cgroups that went go with the rest
  for (const CgroupEntry& entry : fresh) {
    NW_RETURN_IF_ERROR(AttachChild(entry));
  }
  return Ok();
}

Status AttachedKernel::AttachChild(const CgroupEntry& child) {
  if (links_.size() >= kMaxAttached) return ErrnoError("follow", ENOSPC);
  const auto fd = root_.OpenById(child.id);
  if (!fd) return Ok();  // gone again
  for (const CgroupHook hook : kAllCgroupHooks) {
    if (!IsSockAddr(hook)) continue;
    const ForeignPrograms& foreign =
        report_.node.foreign[static_cast<size_t>(hook)];
    if (foreign.Legacy()) continue;
    NW_RETURN_IF_ERROR(
        AttachOne({hook, child.id, child.path, kAllowMulti}, fd->get()));
  }
  return Ok();
}

Result<std::string> AttachedKernel::CgroupPath(uint64_t id) {
  if ((id & NW_CGROUP_V1) == 0) return root_.PathOf(id);
  if (!pids_) return ErrnoError("cgroup by id", ENOENT);
  return pids_->PathOf(id & ~NW_CGROUP_V1);
}

Result<std::vector<uint64_t>> AttachedKernel::Counters() {
  const int map = object_->Map("counters");
  std::vector<uint64_t> sums(object_->MapSize("counters"));
  std::vector<uint64_t> per_cpu(
      static_cast<size_t>(std::max(libbpf_num_possible_cpus(), 1)));
  // What was refused or sent before what was offered: a record that comes
  // meanwhile is one under way, never one too many.
  for (auto key = static_cast<uint32_t>(sums.size()); key-- > 0;) {
    if (bpf_map_lookup_elem(map, &key, per_cpu.data()) != 0) {
      return ErrnoError("read the counters", errno);
    }
    for (const uint64_t value : per_cpu) sums[key] += value;
  }
  return sums;
}

Result<std::vector<CgroupLoss>> AttachedKernel::Losses() {
  const int map = object_->Map("cgroup_loss");
  // A key that is evicted during the walk starts it anew: bounded by the map.
  size_t steps = 2 * size_t{object_->MapSize("cgroup_loss")};
  std::map<uint64_t, CgroupLoss> losses;
  uint64_t key = 0;
  const uint64_t* before = nullptr;
  uint64_t next = 0;
  while (steps-- > 0 && bpf_map_get_next_key(map, before, &next) == 0) {
    key = next;
    before = &key;
    KernelLoss loss{};
    if (bpf_map_lookup_elem(map, &key, &loss) != 0) continue;
    losses[key] = {key, loss.answers, loss.quota};
  }
  std::vector<CgroupLoss> list;
  for (const auto& [id, loss] : losses) list.push_back(loss);
  return list;
}

void AttachedKernel::Detach() {
  links_.clear();
  object_->DetachTracing();
}

std::vector<int> AttachedKernel::Descriptors() const {
  std::vector<int> kept = {root_.fd()};
  if (pids_) kept.push_back(pids_->fd());
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const auto target = std::filesystem::read_symlink(entry.path(), error);
    if (!error && IsBpfDescriptor(target.string())) {
      kept.push_back(std::stoi(entry.path().filename().string()));
    }
  }
  return kept;
}

Result<std::unique_ptr<LiveKernel>> OpenLive(const BpfOptions& options) {
  auto root = CgroupRoot::Open(options.cgroup_mount);
  if (!root) return root.error();
  KernelKnobs knobs;
  knobs.ring_bytes = options.ring_bytes;
  knobs.emit_flows = options.emit_flows;
  knobs.quota_rate = options.quota_rate;
  knobs.quota_burst = options.quota_burst;
  knobs.use_pids_cgroup = HasV1(root->mounts());
  auto object = KernelObject::Load(knobs);
  if (!object) return object.error();
  auto pids = PidsTree(root->mounts());
  auto kernel = std::make_unique<AttachedKernel>(
      std::move(*root), std::move(pids), std::move(*object));
  NW_RETURN_IF_ERROR(kernel->Start(options));
  return std::unique_ptr<LiveKernel>(std::move(kernel));
}

}  // namespace nameward
