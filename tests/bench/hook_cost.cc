// SPDX-License-Identifier: Apache-2.0
// hook_cost [ROUNDS]: what the sensor's programs add to an operation of a pod.
//
// Each round runs, for each row, four windows of 15 ms: without, with, with,
// without (A B B A), so that a machine whose speed drifts treats both alike.
// Cost is CPU time of the generator's thread, which on loopback pays for both
// directions.  A row is the median and the quartiles of the differences of its
// pairs; the control row compares nothing with nothing, and beyond ±1.5 % the
// machine was too noisy for the table to count.
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "generator.h"
#include "hooks.h"
#include "source/cgroup_root.h"

namespace nameward {
namespace {

constexpr uint64_t kWindowNs = 15'000'000;
constexpr int kDefaultRounds = 50;  // two pairs each
constexpr double kControlWithin = 0.015;
constexpr int kGeneratorCpu = 1;
constexpr int kReaderCpu = 0;

struct Row {
  Work work;
  Variant variant;
  std::vector<double> base = {};
  std::vector<double> added = {};
};

std::vector<Row> Rows() {
  return {
      {Work::kConnect, Variant::kNothing},
      {Work::kConnect, Variant::kConnectOnly},
      {Work::kConnect, Variant::kSensor},
      {Work::kConnect, Variant::kWithFlows},
      {Work::kDns, Variant::kNothing},
      {Work::kDns, Variant::kEmpty},
      {Work::kDns, Variant::kSensor},
      {Work::kDatagram, Variant::kNothing},
      {Work::kDatagram, Variant::kEmpty},
      {Work::kDatagram, Variant::kSensor},
      {Work::kStream, Variant::kNothing},
      {Work::kStream, Variant::kEmpty},
      {Work::kStream, Variant::kSensor},
  };
}

double Quantile(std::vector<double> values, double at) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(at *
                                    static_cast<double>(values.size() - 1))];
}

// A cgroup of the measurement's own, removed with it.
class Cgroup {
 public:
  static Result<Cgroup> Make() {
    auto root = CgroupRoot::Open("");
    if (!root) return root.error();
    const std::string path =
        root->mount() + "/nameward-bench-" + std::to_string(getpid());
    if (mkdir(path.c_str(), 0755) != 0)
      return ErrnoError("mkdir " + path, errno, "run as root");
    UniqueFd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return ErrnoError("open " + path, errno);
    return Cgroup(path, std::move(fd));
  }
  Cgroup(Cgroup&&) = default;
  ~Cgroup() {
    if (fd_) rmdir(path_.c_str());
  }
  const std::string& path() const { return path_; }
  int fd() const { return fd_.get(); }

 private:
  Cgroup(std::string path, UniqueFd fd)
      : path_(std::move(path)), fd_(std::move(fd)) {}
  std::string path_;
  UniqueFd fd_;
};

Result<double> Measure(Generator& generator, Hooks& hooks, const Row& row,
                       bool with) {
  if (with) NW_RETURN_IF_ERROR(hooks.Attach(row.variant));
  const auto window = generator.Run(row.work, kWindowNs);
  if (with) hooks.Detach();
  if (!window) return window.error();
  return window->Cost();
}

Status Round(Generator& generator, Hooks& hooks, Row& row) {
  double cost[4];
  for (int i = 0; i < 4; ++i) {
    const auto measured = Measure(generator, hooks, row, i == 1 || i == 2);
    if (!measured) return measured.error();
    cost[i] = *measured;
  }
  row.base.insert(row.base.end(), {cost[0], cost[3]});
  row.added.insert(row.added.end(), {cost[1] - cost[0], cost[2] - cost[3]});
  return Ok();
}

void Print(const std::vector<Row>& rows) {
  std::printf(
      "| operation | hooks | without, ns | added, ns | quartiles | added | "
      "pairs |\n|---|---|--:|--:|--:|--:|--:|\n");
  for (const Row& row : rows) {
    const double base = Quantile(row.base, 0.5);
    const double added = Quantile(row.added, 0.5);
    const bool noisy = row.variant == Variant::kNothing &&
                       std::abs(added / base) > kControlWithin;
    std::printf(
        "| %s | %s | %.0f | %+.0f | %+.0f … %+.0f | %+.1f %% | %zu%s |\n",
        std::string(ToString(row.work)).c_str(),
        std::string(ToString(row.variant)).c_str(), base, added,
        Quantile(row.added, 0.25), Quantile(row.added, 0.75),
        100 * added / base, row.added.size(), noisy ? " **void: noise**" : "");
  }
}

Status PrintTestRuns(const Hooks& hooks) {
  std::printf(
      "\n| a UDP packet that is no DNS, BPF_PROG_TEST_RUN | ns |\n|---|--:|\n");
  for (const char* program : {"", "on_egress", "on_ingress"}) {
    const auto ns = hooks.TestRun(program);
    if (!ns) return ns.error();
    std::printf("| %s | %u |\n", *program == 0 ? "empty program" : program,
                *ns);
  }
  return Ok();
}

Status Run(int rounds) {
  auto cgroup = Cgroup::Make();
  if (!cgroup) return cgroup.error();
  auto generator = Generator::Start(cgroup->path(), kGeneratorCpu);
  if (!generator) return generator.error();
  auto hooks = Hooks::Load(cgroup->fd(), kReaderCpu);
  if (!hooks) return hooks.error();
  std::vector<Row> rows = Rows();
  for (int i = 0; i < rounds; ++i) {
    for (Row& row : rows) NW_RETURN_IF_ERROR(Round(*generator, **hooks, row));
  }
  Print(rows);
  return PrintTestRuns(**hooks);
}

}  // namespace
}  // namespace nameward

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::atoi(argv[1]) : nameward::kDefaultRounds;
  const nameward::Status status = nameward::Run(std::max(rounds, 1));
  if (status) return 0;
  std::fprintf(stderr, "hook_cost: %s\n", status.error().ToString().c_str());
  return 1;
}
