// SPDX-License-Identifier: Apache-2.0
// The spool on the disk that holds the temporary folder: one alert appended,
// one made durable, and catching up after an outage.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "deliver/spool.h"

namespace nameward {
namespace {

constexpr size_t kAlertBytes = 2700;  // as alerts of what is no pod are

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/nameward-spool-XXXXXX";
    path = mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

// Shrinks to four tenths, as an alert does.
RenderedAlert Sample() {
  RenderedAlert alert;
  alert.uid = "36f54fe8-b6a1-5b59-ab9f-84853cef5cb4";
  alert.key = "cluster/shop/Deployment/web";
  alert.text = "{\"metadata\":{";
  alert.sequence_at = alert.text.size();
  uint32_t state = 1;
  while (alert.text.size() < kAlertBytes) {
    state = state * 1664525 + 1013904223;
    alert.text += "\"key\":\"" + std::to_string(state) + "\",";
  }
  return alert;
}

std::unique_ptr<Spool> Open(const Folder& folder) {
  SpoolOptions options;
  options.sinks = {"kafka"};
  return std::move(*Spool::Open(std::move(*OpenDisk(folder.path)), options));
}

void SpoolAppend(benchmark::State& state) {
  const Folder folder;
  const auto spool = Open(folder);
  const RenderedAlert alert = Sample();
  for (auto _ : state) spool->Append(alert);
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
  state.counters["bytes_each"] =
      static_cast<double>(spool->stats().appended_bytes) /
      static_cast<double>(spool->stats().appended);
}
BENCHMARK(SpoolAppend);

// What a power cut can cost is kSyncEvery and this.
void SpoolSync(benchmark::State& state) {
  const Folder folder;
  const auto spool = Open(folder);
  const RenderedAlert alert = Sample();
  for (auto _ : state) {
    spool->Append(alert);
    spool->Sync();
  }
}
BENCHMARK(SpoolSync)->Unit(benchmark::kMillisecond);

void SpoolCatchUp(benchmark::State& state) {
  const Folder folder;
  const auto spool = Open(folder);
  const RenderedAlert alert = Sample();
  for (int i = 0; i < 100'000; ++i) spool->Append(alert);
  SpooledAlert out;
  int64_t given = 0;
  for (auto _ : state) {
    while (spool->Next(0, out, 0ms)) ++given;
    spool->Rewind(0);
  }
  state.SetItemsProcessed(given);
}
BENCHMARK(SpoolCatchUp)->Unit(benchmark::kMillisecond);

void SpoolOpenAfterAKill(benchmark::State& state) {
  const Folder folder;
  const RenderedAlert alert = Sample();
  {
    const auto spool = Open(folder);
    for (int i = 0; i < 100'000; ++i) spool->Append(alert);
  }
  for (auto _ : state) benchmark::DoNotOptimize(Open(folder));
}
BENCHMARK(SpoolOpenAfterAKill)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace nameward
