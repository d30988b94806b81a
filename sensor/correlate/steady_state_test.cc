// SPDX-License-Identifier: Apache-2.0
// What must not depend on luck: no allocation once the tables have met their
// load, and the same result under every hash key.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <random>
#include <string>

#include "correlate/correlate_testing.h"

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

using testing::Answer;
using testing::Connect;
using testing::kPod;
using testing::Look;
using testing::Node;
using testing::Query;

TEST(SteadyState, AllocatesNothingPerQueryAnswerAndConnect) {
  Node node;
  const Look look{.addresses = {{"203.0.113.7", 60}, {"203.0.113.8", 60}},
                  .aliases = {"cdn.example"}};
  Event query = Query(look, 10s);
  Event answer = Answer(look, 10s);
  // The pipeline's connect is one reused object, hit or miss.
  Event connect = Connect("203.0.113.7:443", 10s);
  const Endpoint given = testing::To("203.0.113.7:443");
  const Endpoint not_given = testing::To("203.0.113.99:443");
  const auto round = [&] {
    for (Event* event : {&query, &answer, &connect}) {
      event->time += 1s;
      node.correlator.Observe(*event);
      Judge(*event, node.context, node.pods);
    }
    auto& destination = std::get<ConnectEvent>(connect.body).destination;
    destination = destination == given ? not_given : given;
  };
  for (int warm = 0; warm < 100; ++warm) round();
  const size_t before = allocations;
  for (int i = 0; i < 1000; ++i) round();
  EXPECT_EQ(allocations - before, 0u);
}

TEST(SteadyState, AllocatesNothingForNewNamesOnceTheTableIsFull) {
  Node node({.addresses = {.bindings_per_cgroup = 64}});
  Event query = Query({}, 10s);
  Event answer = Answer({}, 10s);
  uint32_t n = 0;
  const auto round = [&] {
    ++n;
    const uint8_t label[4] = {'a', static_cast<uint8_t>('a' + n % 26),
                              static_cast<uint8_t>('a' + n / 26 % 26),
                              static_cast<uint8_t>('a' + n / 676 % 26)};
    DomainName name;
    name.AppendLabel(label);
    for (Event* event : {&query, &answer}) {
      auto& message = std::get<DnsEvent>(event->body).message;
      message.question.name = name;
      message.chain.assign(1, name);
      event->time += 10ms;
    }
    std::get<DnsEvent>(answer.body).message.addresses[0].address =
        IpAddress::V4(0xc6336400 + n);
    node.correlator.Observe(query);
    node.correlator.Observe(answer);
  };
  for (int warm = 0; warm < 5000; ++warm) round();
  const size_t before = allocations;
  for (int i = 0; i < 5000; ++i) round();
  EXPECT_LE(allocations - before, 1u) << "pools still grow";
  EXPECT_EQ(node.correlator.stats().pending.unmatched[0], 0u);
}

constexpr const char* kPrintResult = "NAMEWARD_TEST_PRINT_RESULT";

// A load that reaches every bound; prints each verdict and the counters.
std::string RunUnderPressure() {
  Node node({.pending = {.per_cgroup = 8, .in_all = 24},
             .addresses = {.bindings_per_cgroup = 32,
                           .addresses_per_name = 3,
                           .names_per_address = 4,
                           .bytes_in_all = 16 * 1024},
             .cgroups = 10});
  for (uint64_t cgroup = 100; cgroup < 104; ++cgroup) node.Born(cgroup);
  std::mt19937 random(1);  // NOLINT: the same load every time
  std::string log;
  for (int i = 0; i < 20'000; ++i) {
    const Nanoseconds at = 1h + i * 100ms + i / 500 * 20min;
    const uint32_t r = static_cast<uint32_t>(random());
    const uint64_t cgroup = r % 61 == 0 ? 200 + r % 31 : 100 + r / 4 % 4;
    const std::string name = "n" + std::to_string(r / 16 % 12) + ".example";
    const std::string address = "203.0.113." + std::to_string(r / 2048 % 24);
    const Look look{.name = name,
                    .addresses = {{address, r % 3 == 0 ? 7200 : 5}},
                    .cgroup = cgroup,
                    .cookie = cgroup,
                    .id = static_cast<uint16_t>(i)};
    if (r % 4 == 0) {
      Event query = Query(look, at);
      node.correlator.Observe(query);
    } else if (r % 4 == 1) {
      node.Resolve(look, at);
    }
    const auto verdict = node.Judged(Connect(address + ":443", at, cgroup));
    log += ToString(verdict.state);
    log += verdict.seen_elsewhere ? "+" : "-";
    for (const auto& bound : verdict.names) log += bound.ToString() + ",";
  }
  const auto stats = node.correlator.stats();
  for (const uint64_t count :
       {stats.addresses.evicted_bound, stats.addresses.evicted_expired,
        stats.addresses.evicted_of_name, stats.addresses.evicted_of_address,
        stats.addresses.starved, stats.pending.evicted, stats.cgroups_evicted})
    log += " " + std::to_string(count);
  return log;
}

// Of a process of its own, since the key is drawn once a process.
std::string ResultUnder(const std::string& seed) {
  const std::string command = "NAMEWARD_HASH_SEED=" + seed + " " +
                              kPrintResult +
                              "=1 /proc/$PPID/exe --gtest_filter=HashSeed.*";
  FILE* pipe = popen(command.c_str(), "r");  // NOLINT: a test's own binary
  if (pipe == nullptr) return {};
  std::string output;
  char chunk[4096];
  for (size_t n = 0; (n = fread(chunk, 1, sizeof chunk, pipe)) > 0;)
    output.append(chunk, n);
  pclose(pipe);
  const size_t begin = output.find("RESULT ");
  if (begin == std::string::npos) return {};
  return output.substr(begin, output.find('\n', begin) - begin);
}

TEST(HashSeed, ChangesNoVerdictAndNoEviction) {
  if (std::getenv(kPrintResult) != nullptr) {  // we are that process
    std::printf("RESULT %s\n", RunUnderPressure().c_str());
    return;
  }
  const std::string first = ResultUnder("1");
  EXPECT_GT(first.size(), 100'000u);
  EXPECT_EQ(first.find(" 0"), std::string::npos) << "a bound was not reached";
  for (const char* seed : {"2", "314159265358979"})
    EXPECT_TRUE(ResultUnder(seed) == first) << seed;
}

}  // namespace
}  // namespace nameward
