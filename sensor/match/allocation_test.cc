// SPDX-License-Identifier: Apache-2.0
// Where nothing fires, matching allocates nothing.
#include <gtest/gtest.h>

#include <cstdlib>
#include <new>

#include "match/testing.h"

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
// std::stable_sort's buffer.
[[gnu::noinline]] void* operator new(size_t size,
                                     const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept {
  std::free(memory);
}
[[gnu::noinline]] void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}

namespace nameward {
namespace {

TEST(Match, AllocatesNothingWhereNothingFires) {
  const auto set = LoadOne(R"(
  - {id: name, title: t, event: dns.query, match: {all: [{qname: [.bad.com, {glob: "a-*.x.com"}]}, {qtype: TXT}]}}
  - {id: regex, title: t, event: dns.query, match: {qname: {regex: "c2.*[.]net"}}}
  - {id: sub, title: t, event: dns.query, match: {qname.sub_len: 60.., qname.entropy: 4..}}
  - {id: registered, title: t, event: dns.query, match: {qname.registered: evil.co.uk}}
  - {id: connect, title: t, event: connect, match: {dns.state: stale, dst.ip: 10.0.0.0/8}}
  - {id: cgroup, title: t, event: connect, match: {cgroup: {glob: "/x/**"}}}
)");
  const Event events[] = {Query("a.b.example.com"), Query("evil.bad.com"),
                          Query("a-1.x.com"), Connect("192.0.2.1:443")};
  std::vector<Finding> findings;
  const MatchContext context;
  const auto match_all = [&] {
    for (const Event& event : events) set->Match(event, context, findings);
  };
  for (int i = 0; i < 4; ++i) match_all();  // buffers grow, RE2 builds its DFA
  const size_t before = allocations;
  for (int i = 0; i < 100; ++i) match_all();
  EXPECT_EQ(allocations, before);
  EXPECT_TRUE(findings.empty());
}

}  // namespace
}  // namespace nameward
