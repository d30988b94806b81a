// SPDX-License-Identifier: Apache-2.0
// How long another pod's alert takes while one pod raises 100,000 findings a
// second for ten seconds: through the alerter, the renderer, a spool on the
// disk of the temporary folder and a sink that writes lines to a file.
//
// The argument is the storm's findings a second; with 0 there is none, which is
// the control.  A batch comes each 4 ms, as the kernel's ring is read; every
// 100 ms it holds one alert of a quiet pod of the same namespace, behind all of
// the storm.  The delay is the time from when the batch was due to the sink's
// acknowledgement.  Also fails if a finding is in no count.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "alert/alerter.h"
#include "alert/render.h"
#include "alert/sample_events.h"
#include "deliver/delivery.h"

namespace nameward {
namespace {

constexpr Nanoseconds kStorm = 10s;
constexpr Nanoseconds kBatchEvery = 4ms;
constexpr int kBatchesForOne = 25;  // of the quiet pod: each 100 ms

// The spool's, on a disk as in a run: what a sync costs belongs to the figure.
struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/nameward-storm-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

Event ConnectOf(const std::string& pod) {
  Event event = SampleConnect();
  Workload workload = *event.origin.workload;
  Pod named = *workload.pod;
  named.name = pod;
  workload.pod = std::make_shared<const Pod>(named);
  event.origin.workload = std::make_shared<const Workload>(workload);
  return event;
}

// Acknowledges at once, and keeps when a quiet pod's alert came.
class TimingSink final : public SpooledSink {
 public:
  TimingSink(const std::string& path, Clock& clock)
      : file_(std::fopen(path.c_str(), "w")), clock_(clock) {}
  ~TimingSink() override { std::fclose(file_); }
  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override {
    std::fputs(alert.alert.text.c_str(), file_);
    std::fflush(file_);
    acknowledge_(alert.position, Spool::Outcome::kDelivered);
    const std::lock_guard lock(mutex_);
    came_[alert.alert.uid] = clock_.Now();
    return true;
  }
  void Wait(Nanoseconds) override {}
  std::map<std::string, BootTime> came() {
    const std::lock_guard lock(mutex_);
    return came_;
  }

 private:
  std::FILE* file_;
  Clock& clock_;
  Acknowledge acknowledge_;
  std::mutex mutex_;
  std::map<std::string, BootTime> came_;
};

class Storm final : public AlertReceiver {
 public:
  explicit Storm(uint64_t per_second) : per_batch_(per_second / 250) {
    alerter_.SetClock(clock_.Offset());
    SpoolOptions options;
    options.sinks = {"file"};
    auto spool = Spool::Open(std::move(*OpenDisk(folder_.path + "/spool")),
                             std::move(options));
    std::vector<std::unique_ptr<SpooledSink>> sinks;
    sinks.push_back(
        std::make_unique<TimingSink>(folder_.path + "/lines", clock_));
    sink_ = static_cast<TimingSink*>(sinks[0].get());
    delivery_ =
        std::make_unique<Delivery>(std::move(*spool), std::move(sinks),
                                   std::vector<std::string>{"file"}, clock_);
    delivery_->Start();
  }

  void Run() {
    const BootTime began = clock_.Now();
    for (int batch = 0; batch * kBatchEvery < kStorm; ++batch) {
      // When it was due, not when the thread came to it.
      batch_ = began + batch * kBatchEvery;
      std::this_thread::sleep_for(batch_ - clock_.Now());
      for (uint64_t i = 0; i < per_batch_; ++i) Hit(storm_);
      if (batch % kBatchesForOne == 0) Hit(quiet_);
    }
    alerter_.Finish(*this);
    while (delivery_->Report().sinks[0].ledger.pending() > 0)
      std::this_thread::sleep_for(1ms);
  }

  void OnAlert(const Alert& alert) override {
    uint64_t& told = told_[alert.finding_uid];
    total_ += alert.count - told;
    told = alert.count;
    RenderAlert(alert, AlertFormat::kOcsf, rendered_);
    (void)delivery_->Offer(rendered_);
    if (alert.event.origin.workload == quiet_.origin.workload)
      offered_[alert.uid] = batch_;
  }

  bool EachFindingIsTold() const {
    const AlerterStats& stats = alerter_.stats();
    return total_ == findings_ && stats.matched == findings_ &&
           stats.matched ==
               stats.alerts + stats.suppressed_dedup + stats.suppressed_rate;
  }
  std::vector<double> DelaysMs() {
    std::vector<double> delays;
    const auto came = sink_->came();
    for (const auto& [uid, at] : offered_)
      delays.push_back(
          std::chrono::duration<double, std::milli>(came.at(uid) - at).count());
    std::sort(delays.begin(), delays.end());
    return delays;
  }
  uint64_t findings() const { return findings_; }
  uint64_t emissions() const { return delivery_->Report().spool.appended; }

 private:
  void Hit(Event& event) {
    event.seq = ++findings_;
    event.time = batch_;
    alerter_.OnFinding(event, {rule_, std::to_string(findings_), "", false},
                       *this);
  }

  const uint64_t per_batch_;
  Folder folder_;
  SystemClock clock_;
  Alerter alerter_{{"worker-7", "boot-1"}};
  std::shared_ptr<RuleInfo> rule_ = SampleRule();
  Event storm_ = ConnectOf("storm");
  Event quiet_ = ConnectOf("quiet");
  TimingSink* sink_ = nullptr;
  std::unique_ptr<Delivery> delivery_;
  RenderedAlert rendered_;
  BootTime batch_{};
  uint64_t findings_ = 0;
  uint64_t total_ = 0;
  std::map<std::string, uint64_t> told_;
  std::map<std::string, BootTime> offered_;
};

void AStormOfOnePod(benchmark::State& state) {
  for (auto _ : state) {
    Storm storm(static_cast<uint64_t>(state.range(0)));
    storm.Run();
    if (!storm.EachFindingIsTold()) state.SkipWithError("a finding is lost");
    const auto delays = storm.DelaysMs();
    const auto at = [&](size_t percent) {
      return delays[(delays.size() - 1) * percent / 100];
    };
    state.counters["findings"] = static_cast<double>(storm.findings());
    state.counters["emissions"] = static_cast<double>(storm.emissions());
    state.counters["quiet_alerts"] = static_cast<double>(delays.size());
    state.counters["quiet_p50_ms"] = at(50);
    state.counters["quiet_p99_ms"] = at(99);
    state.counters["quiet_max_ms"] = delays.back();
  }
}
BENCHMARK(AStormOfOnePod)
    ->Arg(0)
    ->Arg(100'000)
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace nameward
