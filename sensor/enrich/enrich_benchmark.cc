// SPDX-License-Identifier: Apache-2.0
// What a name costs an event on a full node, and what a new list of pods costs.
#include <benchmark/benchmark.h>

#include "enrich/enrich.h"
#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

constexpr uint64_t kPods = 250;

uint64_t CgroupOf(uint64_t pod) { return 1000 + pod; }

PodSnapshot FullNode() {
  PodSnapshot snapshot;
  for (uint64_t pod = 0; pod < kPods; ++pod)
    snapshot.pods.push_back(MakePod(PodUid(pod), "pod" + std::to_string(pod),
                                    {{"main", {ContainerId(pod)}}}));
  return snapshot;
}

void Fill(Enricher& enricher) {
  enricher.OnPods(FullNode(), At(1s));
  for (uint64_t pod = 0; pod < kPods; ++pod)
    enricher.OnCgroup(
        Born(CgroupOf(pod), PodPath(PodUid(pod)) + "/" + ContainerId(pod), 1s));
}

void AttributeAndEnrich(benchmark::State& state) {
  Enricher enricher;
  Fill(enricher);
  Event event = EventOf(0);
  event.origin.mntns_seq = 7;
  uint64_t at = 0;
  for (auto _ : state) {
    const uint64_t pod = at++ % kPods;
    event.origin.cgroup_id = CgroupOf(pod);
    event.origin.mntns = static_cast<uint32_t>(100 + pod);
    enricher.Attribute(event);
    benchmark::DoNotOptimize(enricher.Enrich(event));
  }
}
BENCHMARK(AttributeAndEnrich);

void TakeAList(benchmark::State& state) {
  Enricher enricher;
  Fill(enricher);
  const PodSnapshot snapshot = FullNode();
  for (auto _ : state) enricher.OnPods(snapshot, At(2s));
}
BENCHMARK(TakeAList)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace nameward
