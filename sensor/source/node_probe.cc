// SPDX-License-Identifier: Apache-2.0
#include "source/node_probe.h"

#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <charconv>
#include <fstream>
#include <sstream>

namespace nameward {
namespace {

struct Version {
  unsigned major = 0;
  unsigned minor = 0;
  bool AtLeast(unsigned wanted_major, unsigned wanted_minor) const {
    return major != wanted_major ? major > wanted_major : minor >= wanted_minor;
  }
};

Version ParseRelease(std::string_view release) {
  Version version;
  const char* end = release.data() + release.size();
  const auto first = std::from_chars(release.data(), end, version.major);
  if (first.ptr != end && *first.ptr == '.') {
    std::from_chars(first.ptr + 1, end, version.minor);
  }
  return version;
}

std::string ReadText(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

uint64_t EffectiveCapabilities() {
  std::istringstream status(ReadText("/proc/self/status"));
  for (std::string key, value; status >> key >> value;) {
    if (key == "CapEff:") return std::stoull(value, nullptr, 16);
    status.ignore(4096, '\n');
  }
  return 0;
}

NodeFact BtfFact() {
  constexpr char kPath[] = "/sys/kernel/btf/vmlinux";
  if (access(kPath, R_OK) == 0) {
    return {"btf", FactState::kOk, kPath, ""};
  }
  return {"btf", FactState::kMissing, std::string(kPath) + " is not there",
          "run a kernel with CONFIG_DEBUG_INFO_BTF"};
}

NodeFact MemlockFactOfProcess(std::string_view release, size_t ring_bytes) {
  rlimit limit{};
  getrlimit(RLIMIT_MEMLOCK, &limit);
  return MemlockFact(release, limit.rlim_cur, ring_bytes);
}

std::string Join(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    if (!text.empty()) text += "; ";
    text += line;
  }
  return text;
}

// Nameless ones are only counted: to a doctor with four capabilities those of
// the sensor that runs beside it are nameless too.
NodeFact ForeignFact(const NodeView& node) {
  std::vector<std::string> found;
  size_t nameless = 0;
  for (const CgroupHook hook : kAllCgroupHooks) {
    const ForeignPrograms& foreign = node.foreign[static_cast<size_t>(hook)];
    for (const std::string& name : foreign.names) {
      if (name == "?" && !foreign.Legacy()) {
        ++nameless;
        continue;
      }
      found.push_back(std::string(HookProgram(hook)) + ": " + name +
                      (foreign.Legacy() ? " (alone)" : ""));
    }
  }
  if (nameless > 0) {
    found.push_back(std::to_string(nameless) +
                    " whose names take CAP_SYS_ADMIN to read, those of a "
                    "running sensor among them");
  }
  if (found.empty()) {
    return {"foreign programs", FactState::kOk, "none at the root", ""};
  }
  return {"foreign programs", FactState::kOk, Join(found), ""};
}

NodeFact ProgramFact(const LoadedProgram& program) {
  NodeFact fact{program.base, FactState::kOk,
                std::string(TierName(program.tier)), ""};
  if (program.tier == ProgramTier::kMissing) fact.state = FactState::kMissing;
  if (program.why.empty()) return fact;
  if (fact.state == FactState::kOk) fact.state = FactState::kDegraded;
  fact.mend = "a newer kernel; the better tier was refused: " + program.why;
  return fact;
}

NodeFact PlanFact(const LiveReport& report) {
  const AttachPlan& plan = report.plan;
  std::vector<std::string> lacks = plan.degraded;
  lacks.insert(lacks.end(), report.degraded.begin(), report.degraded.end());
  const FactState state = lacks.empty() ? FactState::kOk : FactState::kDegraded;
  return {"attach plan", state, Join(plan.reasons), Join(lacks)};
}

}  // namespace

std::string_view FactStateName(FactState state) {
  switch (state) {
    case FactState::kOk:
      return "ok";
    case FactState::kDegraded:
      return "degraded";
    case FactState::kMissing:
      break;
  }
  return "missing";
}

NodeFact KernelFact(std::string_view release) {
  NodeFact fact{"kernel", FactState::kOk, "Linux " + std::string(release), ""};
  if (!ParseRelease(release).AtLeast(5, 10)) {
    fact.state = FactState::kMissing;
    fact.mend = "nameward needs Linux 5.10";
  }
  return fact;
}

NodeFact LockdownFact(std::string_view lockdown) {
  // "none integrity [confidentiality]"
  if (lockdown.find("[confidentiality]") != std::string_view::npos) {
    return {"lockdown", FactState::kDegraded, "confidentiality",
            "the kernel gives no strings: events carry no executable"};
  }
  const bool integrity = lockdown.find("[integrity]") != std::string_view::npos;
  return {"lockdown", FactState::kOk, integrity ? "integrity" : "none", ""};
}

std::vector<NodeFact> CapabilityFacts(uint64_t effective) {
  struct Needed {
    unsigned number;
    const char* name;
    const char* use;
    const char* without;  // nullptr: no run
  };
  constexpr Needed kNeeded[] = {
      {CAP_BPF, "CAP_BPF", "load programs, make maps", nullptr},
      {CAP_PERFMON, "CAP_PERFMON", "programs that read the acting task",
       nullptr},
      {CAP_NET_ADMIN, "CAP_NET_ADMIN", "attach programs to cgroups", nullptr},
      {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH", "a cgroup's path by its id",
       "paths are found by walking the tree"}};
  std::vector<NodeFact> facts;
  for (const Needed& needed : kNeeded) {
    if ((effective >> needed.number & 1) != 0) {
      facts.push_back({needed.name, FactState::kOk, needed.use, ""});
      continue;
    }
    const bool fatal = needed.without == nullptr;
    facts.push_back(
        {needed.name, fatal ? FactState::kMissing : FactState::kDegraded,
         std::string("not held: ") + (fatal ? needed.use : needed.without),
         std::string("run as root, or grant ") + needed.name +
             "; in a pod under securityContext.capabilities.add"});
  }
  return facts;
}

NodeFact MemlockFact(std::string_view release, uint64_t soft_limit,
                     size_t ring_bytes) {
  // From 5.11 map memory is charged to the memory cgroup instead.
  if (ParseRelease(release).AtLeast(5, 11)) {
    return {"memlock", FactState::kOk, "not used by this kernel", ""};
  }
  constexpr uint64_t kMaps = 16U << 20;  // all maps but the ring, rounded up
  const bool enough =
      soft_limit == RLIM_INFINITY || soft_limit >= ring_bytes + kMaps;
  return {"memlock", enough ? FactState::kOk : FactState::kDegraded,
          soft_limit == RLIM_INFINITY
              ? std::string("unlimited")
              : std::to_string(soft_limit >> 10) + " KiB",
          enough ? "" : "ulimit -l unlimited, or CAP_SYS_RESOURCE"};
}

NodeFact CgroupFact(const CgroupMounts& mounts) {
  NodeFact fact{"cgroup", FactState::kOk,
                std::string(CgroupModeName(mounts.mode)), ""};
  if (!mounts.v2.empty()) fact.text += ", v2 tree at " + mounts.v2;
  if (!mounts.pids.empty()) fact.text += ", pids hierarchy at " + mounts.pids;
  const bool v1 = mounts.mode == CgroupMode::kV1;
  if (mounts.mode == CgroupMode::kNone) {
    fact.state = FactState::kMissing;
    fact.mend = "mount the host's /sys/fs/cgroup";
  } else if (mounts.pids.empty() &&
             (v1 || mounts.mode == CgroupMode::kHybrid)) {
    fact.state = FactState::kDegraded;
    fact.mend =
        "containers that are in cgroup v1 alone are named from their birth on "
        "only: mount the host's /sys/fs/cgroup";
  } else if (v1) {
    fact.state = FactState::kDegraded;
    fact.mend =
        "containers are told apart by the pids controller; cgroup v2 "
        "is exact";
  }
  return fact;
}

std::vector<NodeFact> ReportFacts(const LiveReport& report) {
  std::vector<NodeFact> facts;
  for (const LoadedProgram& program : report.programs) {
    facts.push_back(ProgramFact(program));
  }
  facts.push_back(ForeignFact(report.node));
  if (report.node.cilium) {
    facts.push_back({"cilium", FactState::kOk, "on this node", ""});
  }
  facts.push_back(PlanFact(report));
  return facts;
}

std::vector<NodeFact> ProbeNode(const BpfOptions& options) {
  utsname name{};
  uname(&name);
  std::vector<NodeFact> facts = {
      KernelFact(name.release), BtfFact(),
      LockdownFact(ReadText("/sys/kernel/security/lockdown"))};
  bool entitled = true;
  for (NodeFact& fact : CapabilityFacts(EffectiveCapabilities())) {
    entitled = entitled && fact.state != FactState::kMissing;
    facts.push_back(std::move(fact));
  }
  facts.push_back(MemlockFactOfProcess(name.release, options.ring_bytes));
  facts.push_back(CgroupFact(FindCgroupMounts()));
  const auto kernel = OpenLive(options);
  if (!kernel) {
    const Error& error = kernel.error();
    facts.push_back({"programs", FactState::kMissing,
                     error.what + ": " + error.why,
                     entitled ? error.fix : "grant the capabilities first"});
    return facts;
  }
  for (NodeFact& fact : ReportFacts((*kernel)->report())) {
    facts.push_back(std::move(fact));
  }
  return facts;
}

}  // namespace nameward
