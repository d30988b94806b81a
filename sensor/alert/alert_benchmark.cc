// SPDX-License-Identifier: Apache-2.0
// What a line costs, how often it allocates, and what the same line costs with
// a JSON library (tree and text); what a hit of an open dedup window costs.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <nlohmann/json.hpp>

#include "alert/alerter.h"
#include "alert/event_json.h"
#include "alert/human.h"
#include "alert/ocsf.h"
#include "alert/sample_events.h"

namespace {
std::atomic<uint64_t> allocations{0};
}  // namespace

// Out of line, so that the compiler does not pair them with the library's own.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace nameward {
namespace {

template <typename Work>
void Measure(benchmark::State& state, Work work) {
  work();  // strings grow once
  const uint64_t before = allocations;
  for (auto _ : state) work();
  state.counters["allocs"] = static_cast<double>(allocations - before) /
                             static_cast<double>(state.iterations());
}

// Writes the line over and over into one string.
template <typename Append>
void MeasureLine(benchmark::State& state, Append append) {
  std::string line;
  Measure(state, [&] {
    line.clear();
    append(line);
    benchmark::DoNotOptimize(line.data());
  });
  state.counters["bytes"] = static_cast<double>(line.size());
}

void BM_Ocsf(benchmark::State& state) {
  const Alert alert = SampleAlert(SampleConnect(), SampleRule());
  MeasureLine(state, [&](std::string& line) { AppendOcsf(alert, line); });
}
BENCHMARK(BM_Ocsf);

// The tree is copied whole: cheaper than to build it key by key.
void BM_OcsfByNlohmann(benchmark::State& state) {
  std::string text;
  AppendOcsf(SampleAlert(SampleConnect(), SampleRule()), text);
  const auto made = nlohmann::ordered_json::parse(text);
  MeasureLine(state, [&](std::string& line) {
    const nlohmann::ordered_json tree = made;
    line = tree.dump();
  });
}
BENCHMARK(BM_OcsfByNlohmann);

// The worst that a bound allows: rendered twice.
void BM_OcsfHostile(benchmark::State& state) {
  const Alert alert =
      SampleAlert(MakeHostile(SampleTransport()), HostileRule());
  MeasureLine(state, [&](std::string& line) { AppendOcsf(alert, line); });
}
BENCHMARK(BM_OcsfHostile);

void BM_EventJson(benchmark::State& state) {
  const Event event = SampleConnect();
  MeasureLine(state, [&](std::string& line) {
    AppendEventJson(event, {"worker-7", kSampleClock}, line);
  });
}
BENCHMARK(BM_EventJson);

void BM_Human(benchmark::State& state) {
  const Alert alert = SampleAlert(SampleConnect(), SampleRule());
  MeasureLine(
      state, [&](std::string& line) { AppendHuman(alert, Colour::kNo, line); });
}
BENCHMARK(BM_Human);

class Discard final : public AlertReceiver {
 public:
  void OnAlert(const Alert& alert) override {
    benchmark::DoNotOptimize(alert.count);
  }
};

void BM_HitOfAnOpenWindow(benchmark::State& state) {
  Alerter alerter({kSampleNode, "boot-1"});
  Discard out;
  const Event event = SampleConnect();
  const auto rule = SampleRule();
  Measure(state, [&] {
    alerter.OnFinding(event, {rule, "payments/Deployment/x", {}, false}, out);
  });
}
BENCHMARK(BM_HitOfAnOpenWindow);

// The first hit of a key among thousands of open windows.
void BM_NewAlert(benchmark::State& state) {
  Alerter alerter({kSampleNode, "boot-1"});
  Discard out;
  Event event = SampleConnect();
  const auto rule = SampleRule();
  Measure(state, [&] {
    ++event.seq;
    alerter.OnFinding(event, {rule, std::to_string(event.seq), {}, false}, out);
  });
}
BENCHMARK(BM_NewAlert);

}  // namespace
}  // namespace nameward
