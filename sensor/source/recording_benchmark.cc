// SPDX-License-Identifier: Apache-2.0
// How fast recordings are written and replayed: records/s and bytes/s.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "base/crc32c.h"
#include "source/replay_source.h"

namespace nameward {
namespace {

constexpr size_t kRecords = 200'000;
constexpr size_t kRecordBytes = 280;  // a DNS answer with its header

std::string MakeRecording() {
  const char* folder = std::getenv("TMPDIR");
  const std::string path = std::string(folder == nullptr ? "/tmp" : folder) +
                           "/nameward_benchmark.nwrec";
  auto writer = RecordingWriter::Create(path);
  if (!writer) std::abort();
  const std::vector<uint8_t> payload(kRecordBytes, 0x5a);
  for (size_t i = 0; i < kRecords; ++i)
    if (!writer->Append({RecordType::kKernel, payload})) std::abort();
  return path;
}

void BM_Replay(benchmark::State& state) {
  const std::string path = MakeRecording();
  RecordBatch batch;
  for (auto _ : state) {
    auto source = ReplaySource::Open(path);
    PollOutcome outcome = PollOutcome::kMore;
    while (outcome == PollOutcome::kMore) {
      batch.Clear();
      outcome = *source->Poll(batch, Nanoseconds(0));
      benchmark::DoNotOptimize(batch.count());
    }
  }
  const auto rounds = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(rounds * int64_t{kRecords});
  state.SetBytesProcessed(rounds * int64_t{kRecords * kRecordBytes});
  std::remove(path.c_str());
}
BENCHMARK(BM_Replay)->Unit(benchmark::kMillisecond);

void BM_Append(benchmark::State& state) {
  auto writer = RecordingWriter::Create("/dev/null");
  const std::vector<uint8_t> payload(kRecordBytes, 0x5a);
  for (auto _ : state)
    if (!writer->Append({RecordType::kKernel, payload})) std::abort();
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}
BENCHMARK(BM_Append);

void BM_Crc32c(benchmark::State& state) {
  const std::vector<uint8_t> bytes(4096, 0x5a);
  for (auto _ : state)
    benchmark::DoNotOptimize(
        state.range(0) != 0 ? Crc32c(bytes) : ExtendCrc32cPortable(0, bytes));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations()) * 4096);
}
BENCHMARK(BM_Crc32c)->ArgName("instruction")->Arg(1)->Arg(0);

}  // namespace
}  // namespace nameward
