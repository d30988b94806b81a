// SPDX-License-Identifier: Apache-2.0
// Lines cost no allocation once their string has grown, nor does an alerter
// that has nothing to do.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "alert/alerter.h"
#include "alert/event_json.h"
#include "alert/ocsf.h"
#include "alert/sample_events.h"

namespace {
size_t allocations = 0;
}  // namespace

// Not inlined: GCC 12 would take the pair below for a mismatch.
[[gnu::noinline]] void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
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
size_t AllocationsOf(Work work) {
  work();
  const size_t before = allocations;
  for (int i = 0; i < 10; ++i) work();
  return allocations - before;
}

TEST(EventJson, AllocatesNothingOnceItsStringHasGrown) {
  std::string line;
  for (const Event& event : OneOfEachKind()) {
    EXPECT_EQ(AllocationsOf([&] {
                line.clear();
                AppendEventJson(event, {"worker-7", kSampleClock}, line);
              }),
              0U)
        << event.Kind();
  }
}

TEST(Ocsf, AllocatesNothingOnceItsStringHasGrown) {
  std::string line;
  for (const Event& event : OneOfEachKind()) {
    const Alert alert = SampleAlert(event, SampleRule());
    EXPECT_EQ(AllocationsOf([&] {
                line.clear();
                AppendOcsf(alert, line);
              }),
              0U)
        << event.Kind();
  }
}

TEST(Alerter, AllocatesNothingToLetTimePass) {
  Alerter alerter({kSampleNode, "boot-1"});
  class : public AlertReceiver {
    void OnAlert(const Alert&) override {}
  } out;
  alerter.OnFinding(SampleConnect(), {SampleRule(), "a", "", false}, out);
  Nanoseconds now = 2s;
  EXPECT_EQ(AllocationsOf([&] { alerter.AdvanceTo(BootTime(now += 1s), out); }),
            0U);
}

}  // namespace
}  // namespace nameward
