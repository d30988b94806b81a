// SPDX-License-Identifier: Apache-2.0
#include "hooks.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <sched.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "bpf/event.h"
#include "source/bpf_handles.h"
#include "source/bpf_hooks.h"

namespace nameward {
namespace {

// As the sensor's own reader.
constexpr std::chrono::milliseconds kTick(4);
constexpr int kTestRuns = 1'000'000;

// "return 1": let the packet pass.
Result<UniqueFd> LoadEmpty() {
  const bpf_insn program[] = {
      {BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, 1},
      {BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
  };
  UniqueFd fd(bpf_prog_load(BPF_PROG_TYPE_CGROUP_SKB, "bench_empty", "GPL",
                            program, 2, nullptr));
  if (!fd) return ErrnoError("load the empty program", errno, "run as root");
  return fd;
}

// A quota that no window reaches, but that is checked as ever.
KernelKnobs Knobs(bool flows) {
  KernelKnobs knobs;
  knobs.emit_flows = flows;
  knobs.quota_rate = 1'000'000;
  knobs.quota_burst = 100'000'000;
  return knobs;
}

int CountRecord(void* count, void*, size_t) {
  ++*static_cast<std::atomic<uint64_t>*>(count);
  return 0;
}

BpfRing Map(const KernelObject& object, std::atomic<uint64_t>& count) {
  return BpfRing(
      ring_buffer__new(object.Map("events"), CountRecord, &count, nullptr));
}

}  // namespace

std::string_view ToString(Variant variant) {
  switch (variant) {
    case Variant::kNothing:
      return "none (A/A control)";
    case Variant::kEmpty:
      return "empty programs";
    case Variant::kConnectOnly:
      return "connect hook alone";
    case Variant::kSensor:
      return "**nameward**";
    case Variant::kWithFlows:
      break;
  }
  return "nameward, `node.flows: true`";
}

Result<std::unique_ptr<Hooks>> Hooks::Load(int cgroup, int reader_cpu) {
  std::unique_ptr<Hooks> hooks(new Hooks(cgroup));
  auto empty = LoadEmpty();
  if (!empty) return empty.error();
  hooks->empty_ = std::move(*empty);
  for (const bool flows : {false, true}) {
    auto object = KernelObject::Load(Knobs(flows));
    if (!object) return object.error();
    (flows ? hooks->with_flows_ : hooks->sensor_) = std::move(*object);
  }
  hooks->reader_ =
      std::thread([raw = hooks.get(), reader_cpu] { raw->Read(reader_cpu); });
  return hooks;
}

Hooks::~Hooks() {
  Detach();
  stopping_ = true;
  if (reader_.joinable()) reader_.join();
}

Status Hooks::Put(int program, CgroupHook hook) {
  if (program < 0) return Ok();  // this kernel has it not
  auto link = AttachHook(program, cgroup_, hook, 0);
  if (!link) return link.error();
  links_.push_back(std::move(*link));
  return Ok();
}

Status Hooks::PutAll(KernelObject& object) {
  for (const CgroupHook hook : kAllCgroupHooks)
    NW_RETURN_IF_ERROR(Put(object.Program(HookProgram(hook)), hook));
  std::vector<std::string> failed;
  object.AttachTracing(failed);
  if (failed.empty()) return Ok();
  return Error{"attach", failed.front()};
}

Status Hooks::Attach(Variant variant) {
  switch (variant) {
    case Variant::kNothing:
      return Ok();
    case Variant::kEmpty:
      NW_RETURN_IF_ERROR(Put(empty_.get(), CgroupHook::kEgress));
      return Put(empty_.get(), CgroupHook::kIngress);
    case Variant::kConnectOnly:
      return Put(sensor_->Program("on_connect4"), CgroupHook::kConnect4);
    case Variant::kSensor:
      return PutAll(*sensor_);
    case Variant::kWithFlows:
      break;
  }
  return PutAll(*with_flows_);
}

void Hooks::Detach() {
  links_.clear();
  if (sensor_) sensor_->DetachTracing();
  if (with_flows_) with_flows_->DetachTracing();
}

void Hooks::Read(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(cpu, &set);
  sched_setaffinity(0, sizeof set, &set);
  const BpfRing rings[] = {Map(*sensor_, records_),
                           Map(*with_flows_, records_)};
  while (!stopping_) {
    for (const BpfRing& ring : rings) {
      if (ring) ring_buffer__consume(ring.get());
    }
    std::this_thread::sleep_for(kTick);
  }
}

Result<uint32_t> Hooks::TestRun(const char* program) const {
  const int fd =
      std::strcmp(program, "") == 0 ? empty_.get() : sensor_->Program(program);
  // Ethernet, IPv4, UDP 4000 → 4001, 1,200 bytes of 0xc3.
  std::string packet(
      "\0\0\0\0\0\0\0\0\0\0\0\0\x08\x00\x45\0\x04\xcc\0\0\0\0\x40\x11\0\0"
      "\xc0\0\2\1\xc0\0\2\2\x0f\xa0\x0f\xa1\x04\xb8\0\0",
      42);
  packet.append(1200, '\xc3');
  LIBBPF_OPTS(bpf_test_run_opts, options);
  options.data_in = packet.data();
  options.data_size_in = static_cast<uint32_t>(packet.size());
  options.repeat = kTestRuns;
  if (bpf_prog_test_run_opts(fd, &options) != 0)
    return ErrnoError("run the program", errno);
  return options.duration;
}

}  // namespace nameward
