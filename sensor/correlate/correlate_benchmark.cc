// SPDX-License-Identifier: Apache-2.0
// What one event costs, and what one binding weighs.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::Answer;
using testing::Connect;
using testing::kPod;
using testing::Look;
using testing::Name;
using testing::Node;
using testing::Query;

constexpr uint32_t kNames = 256;
constexpr uint64_t kFirstCgroup = 1000;

Look CdnLook() {
  return {.name = "www.shop.example",
          .addresses = {{"203.0.113.7", 60},
                        {"203.0.113.8", 60},
                        {"203.0.113.9", 60}},
          .aliases = {"shop.cdn.example"}};
}

// The n-th name of a message, and its addresses.
void Rename(Event& event, uint32_t n) {
  auto& message = std::get<DnsEvent>(event.body).message;
  DomainName name;
  const std::string label = "n" + std::to_string(n % kNames);
  name.AppendLabel(
      {reinterpret_cast<const uint8_t*>(label.data()), label.size()});
  const auto suffix = Name("shop.example").wire();
  name.AppendLabel(suffix.subspan(1, 4));
  name.AppendLabel(suffix.subspan(6, 7));
  message.question.name = name;
  message.chain[0] = name;
  for (size_t i = 0; i < message.addresses.size(); ++i)
    message.addresses[i].address =
        IpAddress::V4(0xcb000000 + n * 4 + static_cast<uint32_t>(i));
}

// A query and its answer of a CNAME and three addresses, over 256 names.
void QueryAndAnswer(benchmark::State& state) {
  Node node;
  std::vector<std::pair<Event, Event>> looks;
  for (uint32_t n = 0; n < kNames; ++n) {
    looks.emplace_back(Query(CdnLook(), 1h), Answer(CdnLook(), 1h));
    Rename(looks.back().first, n);
    Rename(looks.back().second, n);
  }
  size_t at = 0;
  for (auto _ : state) {
    auto& [query, answer] = looks[at++ % kNames];
    node.correlator.Observe(query);
    node.correlator.Observe(answer);
  }
}
BENCHMARK(QueryAndAnswer);

void LookUpConnect(benchmark::State& state) {
  Node node;
  node.Resolve(CdnLook(), 1h);
  const bool hit = state.range(0) != 0;
  Event connect =
      Connect(hit ? "203.0.113.8:443" : "198.51.100.1:443", 1h + 1s);
  for (auto _ : state) {
    node.correlator.Observe(connect);
    Judge(connect, node.context, node.pods);
  }
}
BENCHMARK(LookUpConnect)->ArgName("given")->Arg(0)->Arg(1);

// 250 pods with 1,024 addresses each, three to a name of two.
void FullTables(benchmark::State& state) {
  for (auto _ : state) {
    const size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
    Node node({.addresses = {.bytes_in_all = size_t{1} << 30}});
    for (uint64_t pod = 0; pod < 250; ++pod)
      for (uint32_t n = 0; n < 342; ++n) {
        Look look = CdnLook();
        look.cgroup = look.cookie = kFirstCgroup + pod;
        Event query = Query(look, 1h);
        Event answer = Answer(look, 1h);
        const std::string label = "n" + std::to_string(n) + ".shop.example";
        for (Event* event : {&query, &answer}) {
          auto& message = std::get<DnsEvent>(event->body).message;
          message.question.name = message.chain[0] = Name(label);
          for (uint32_t i = 0; i < message.addresses.size(); ++i)
            message.addresses[i].address = IpAddress::V4(
                0xcb000000 + static_cast<uint32_t>(pod) * 4096 + n * 3 + i);
        }
        node.correlator.Observe(query);
        node.correlator.Observe(answer);
      }
    const size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
    const auto stats = node.correlator.stats().addresses;
    state.counters["bindings"] = static_cast<double>(stats.bindings);
    state.counters["charged_per_binding"] =
        static_cast<double>(stats.bytes) / static_cast<double>(stats.bindings);
    state.counters["bytes_per_binding"] = static_cast<double>(after - before) /
                                          static_cast<double>(stats.bindings);
  }
}
BENCHMARK(FullTables)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace nameward
