// SPDX-License-Identifier: Apache-2.0
#include "source/bpf_object.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <set>

#include "base/unique_fd.h"
#include "nameward.skel.h"
#include "source/attach_plan.h"
#include "source/bpf_handles.h"

namespace nameward {
namespace {

struct DestroySkeleton {
  void operator()(nameward_bpf* skeleton) const {
    nameward_bpf__destroy(skeleton);
  }
};
using Skeleton = std::unique_ptr<nameward_bpf, DestroySkeleton>;

// This process' number in the first pid namespace, which is what the kernel
// programs see; in a container it has another in its own.  A program says it,
// which BPF_PROG_TEST_RUN runs in the caller's task (raw_tp: 5.10+).  0: not
// known.
uint32_t HostTgid() {
  const bpf_insn program[] = {
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_get_current_pid_tgid},
      {BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, 32},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  const UniqueFd loaded(bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, nullptr,
                                      "Dual BSD/GPL", program,
                                      std::size(program), nullptr));
  LIBBPF_OPTS(bpf_test_run_opts, options);
  if (!loaded || bpf_prog_test_run_opts(loaded.get(), &options) != 0) return 0;
  return options.retval;
}

// Under lockdown=confidentiality the kernel hides the helper.  Loads a program
// that calls it: libbpf_probe_bpf_helper judges by the verifier's words,
// which 6.12 has changed.
bool CanProbe() {
  const bpf_insn program[] = {
      {BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_10, 0, 0},
      {BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_1, 0, 0, -8},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_2, 0, 0, 8},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, 0},
      {BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_probe_read_kernel},
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  LIBBPF_OPTS(bpf_prog_load_opts, options,
              .expected_attach_type = BPF_CGROUP_INET4_CONNECT);
  const UniqueFd loaded(bpf_prog_load(BPF_PROG_TYPE_CGROUP_SOCK_ADDR, nullptr,
                                      "Dual BSD/GPL", program,
                                      std::size(program), &options));
  return loaded.valid();
}

Error OpenError(int code, const std::string& verdict) {
  const std::string why = verdict.empty() ? std::strerror(code) : verdict;
  if (code == EPERM) {
    return Error{"load the BPF programs", why,
                 "run as root or with CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN and "
                 "CAP_DAC_READ_SEARCH",
                 code};
  }
  return Error{"load the BPF programs", why,
               "nameward needs Linux 5.10 with BTF (CONFIG_DEBUG_INFO_BTF)",
               code};
}

std::vector<std::string> ProgramNames(nameward_bpf* skeleton) {
  std::vector<std::string> names;
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, skeleton->obj) {
    names.emplace_back(bpf_program__name(program));
  }
  return names;
}

bool IsIterator(const std::string& base) { return base.starts_with("iter_"); }

bool IsOnCgroup(const std::string& base) {
  return std::any_of(
      kAllCgroupHooks.begin(), kAllCgroupHooks.end(),
      [&](CgroupHook hook) { return HookProgram(hook) == base; });
}

}  // namespace

struct KernelObject::Loaded {
  Skeleton skeleton;
  std::vector<BpfLink> links;

  Status Open(const KernelKnobs& knobs, bool can_probe) {
    LibbpfLog log;
    skeleton.reset(nameward_bpf__open());
    if (!skeleton) return OpenError(errno, log.Verdict());
    auto* rodata = skeleton->rodata;
    rodata->emit_flows = knobs.emit_flows;
    rodata->can_probe = can_probe;
    rodata->use_pids_cgroup = knobs.use_pids_cgroup;
    rodata->quota_rate = knobs.quota_rate;
    rodata->quota_burst = knobs.quota_burst;
    rodata->own_tgid = HostTgid();
    bpf_map__set_max_entries(skeleton->maps.events,
                             static_cast<uint32_t>(knobs.ring_bytes));
    return Ok();
  }

  Status LoadOnly(const std::vector<std::string>& wanted) {
    const std::set<std::string_view> names(wanted.begin(), wanted.end());
    bpf_program* program = nullptr;
    bpf_object__for_each_program(program, skeleton->obj) {
      bpf_program__set_autoload(program,
                                names.count(bpf_program__name(program)) > 0);
    }
    LibbpfLog log;
    if (nameward_bpf__load(skeleton.get()) == 0) return Ok();
    return OpenError(errno, log.Verdict());
  }

  // Ten state changes a connection are not free even where nothing asks.
  bool Wants(const LoadedProgram& program) const {
    return skeleton->rodata->emit_flows || program.base != "on_set_state";
  }

  bpf_program* Find(const LoadedProgram& program) const {
    return bpf_object__find_program_by_name(skeleton->obj,
                                            program.program.c_str());
  }
};

KernelObject::KernelObject(std::unique_ptr<Loaded> loaded,
                           std::vector<LoadedProgram> programs)
    : loaded_(std::move(loaded)), programs_(std::move(programs)) {}
KernelObject::~KernelObject() = default;

Result<std::unique_ptr<KernelObject>> KernelObject::Load(
    const KernelKnobs& knobs) {
  libbpf_set_strict_mode(LIBBPF_STRICT_ALL);
  const bool can_probe = CanProbe();
  auto loaded = std::make_unique<Loaded>();
  NW_RETURN_IF_ERROR(loaded->Open(knobs, can_probe));
  const auto names = ProgramNames(loaded->skeleton.get());
  // A skeleton loads once, so each try opens anew and the last one is kept.
  const auto try_load = [&](const std::vector<std::string>& wanted) -> Status {
    loaded = std::make_unique<Loaded>();
    NW_RETURN_IF_ERROR(loaded->Open(knobs, can_probe));
    return loaded->LoadOnly(wanted);
  };
  auto programs = ClimbLadder(names, try_load);
  if (!programs) return programs.error();
  return std::unique_ptr<KernelObject>(
      new KernelObject(std::move(loaded), std::move(*programs)));
}

int KernelObject::Program(std::string_view base) const {
  const LoadedProgram* program = FindLoaded(programs_, base);
  if (program == nullptr) return -1;
  return bpf_program__fd(loaded_->Find(*program));
}

int KernelObject::Map(const char* name) const {
  return bpf_object__find_map_fd_by_name(loaded_->skeleton->obj, name);
}

uint32_t KernelObject::MapSize(const char* name) const {
  const bpf_map* map =
      bpf_object__find_map_by_name(loaded_->skeleton->obj, name);
  return map == nullptr ? 0 : bpf_map__max_entries(map);
}

void KernelObject::AttachTracing(std::vector<std::string>& failed) {
  LibbpfLog log;
  for (const LoadedProgram& program : programs_) {
    if (program.program.empty() || IsIterator(program.base) ||
        IsOnCgroup(program.base) || !loaded_->Wants(program)) {
      continue;
    }
    BpfLink link(bpf_program__attach(loaded_->Find(program)));
    if (link) {
      loaded_->links.push_back(std::move(link));
    } else {
      failed.push_back(program.base + ": " + std::strerror(errno));
    }
  }
}

void KernelObject::DetachTracing() { loaded_->links.clear(); }

void KernelObject::RunIterators(std::vector<std::string>& failed) {
  LibbpfLog log;
  for (const LoadedProgram& program : programs_) {
    if (program.program.empty() || !IsIterator(program.base)) continue;
    const BpfLink link(
        bpf_program__attach_iter(loaded_->Find(program), nullptr));
    const UniqueFd walk(link ? bpf_iter_create(bpf_link__fd(link.get())) : -1);
    char ignored[256];
    ssize_t size = -1;
    while (walk && (size = read(walk.get(), ignored, sizeof ignored)) > 0) {
    }
    if (size < 0) failed.push_back(program.base + ": " + std::strerror(errno));
  }
}

}  // namespace nameward
