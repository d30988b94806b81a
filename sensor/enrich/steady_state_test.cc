// SPDX-License-Identifier: Apache-2.0
// A full node: 250 pods of two containers that restart, and no allocation for
// an event of what is known, or is known not to be.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "enrich/enrich.h"
#include "enrich/enrich_testing.h"

namespace {
// Single-threaded tests: a plain counter will do.
size_t allocations = 0;
}  // namespace

// Not inlined: gcc 12 would take the pair for a mismatch of new and free.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace nameward {
namespace {

constexpr uint64_t kPods = 250;

uint64_t CgroupOf(uint64_t pod, uint64_t container, uint64_t run) {
  return 1000 + pod * 100 + container * 10 + run;
}

std::vector<PodState> Pods(uint64_t runs) {
  std::vector<PodState> pods;
  for (uint64_t pod = 0; pod < kPods; ++pod) {
    std::vector<TestContainer> containers;
    for (const uint64_t one : {0, 1}) {
      TestContainer container{one == 0 ? "main" : "side", {}};
      for (uint64_t run = runs; run > 0 && container.ids.size() < 2; --run)
        container.ids.push_back(ContainerId(CgroupOf(pod, one, run)));
      containers.push_back(container);
    }
    pods.push_back(
        MakePod(PodUid(pod), "pod" + std::to_string(pod), containers));
  }
  return pods;
}

class FullNode : public ::testing::Test {
 protected:
  FullNode() {
    enricher_.ExpectPods();
    for (uint64_t run = 1; run <= 3; ++run) {
      for (uint64_t pod = 0; pod < kPods; ++pod)
        for (const uint64_t one : {0, 1})
          enricher_.OnCgroup(Born(
              CgroupOf(pod, one, run),
              PodPath(PodUid(pod)) + "/" + ContainerId(CgroupOf(pod, one, run)),
              1s));
      enricher_.OnPods({Pods(run), {}}, At(1s * run));
    }
  }
  Enricher enricher_;
};

TEST_F(FullNode, NamesEveryRunOfEveryContainer) {
  for (uint64_t pod = 0; pod < kPods; ++pod)
    for (const uint64_t one : {0, 1})
      for (uint64_t run = 1; run <= 3; ++run) {
        const auto workload = WorkloadOf(enricher_, CgroupOf(pod, one, run));
        ASSERT_TRUE(workload->pod);
        EXPECT_EQ(workload->pod->name, "pod" + std::to_string(pod));
        EXPECT_EQ(workload->container->name, one == 0 ? "main" : "side");
      }
}

TEST_F(FullNode, AllocatesNothingPerEvent) {
  Event event = EventOf(0);
  event.origin.mntns_seq = 7;
  const auto round = [&] {
    for (uint64_t pod = 0; pod < kPods; ++pod) {
      event.origin.cgroup_id = CgroupOf(pod, 0, 3);
      event.origin.mntns = static_cast<uint32_t>(100 + pod);
      enricher_.Attribute(event);
      EXPECT_TRUE(enricher_.Enrich(event));
      // One that moved itself out.
      event.origin.cgroup_id = 1;
      enricher_.Attribute(event);
      EXPECT_EQ(event.origin.cgroup_id, CgroupOf(pod, 0, 3));
      EXPECT_TRUE(enricher_.Enrich(event));
    }
    event.origin.cgroup_id = 77;  // never told
    event.origin.mntns = 0;
    EXPECT_FALSE(enricher_.Enrich(event));
  };
  round();
  const size_t before = allocations;
  for (int i = 0; i < 10; ++i) round();
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace nameward
