// SPDX-License-Identifier: Apache-2.0
// Goals: 1 M domains at 200 ns a name, 40 B each and twice the time of 1 k;
// 100 regexes on never-seen names at 1 us; a whole match with 1,000 rules and
// 100,000 items at 1 us.
#include <benchmark/benchmark.h>

#include <random>

#include "match/domain_table.h"
#include "match/pattern_set.h"
#include "match/testing.h"

namespace nameward {
namespace {

std::string Stored(size_t i) {
  return "domain" + std::to_string(i * 7919) + ".com";
}

// 99 of 100 names are not stored, as in real traffic.
std::vector<DomainName> AskedNames(size_t stored) {
  std::mt19937_64 random(1);
  std::vector<DomainName> names;
  for (size_t i = 0; i < 16'384; ++i) {
    const std::string tail = i % 100 == 0
                                 ? Stored(random() % stored)
                                 : "n" + std::to_string(random()) + ".com";
    names.push_back(*DomainName::Parse("api-7f9c.eu-west-1." + tail));
  }
  return names;
}

void BM_DomainTable(benchmark::State& state) {
  const auto count = static_cast<size_t>(state.range(0));
  DomainItems items;
  for (size_t i = 0; i < count; ++i)
    items.Add(*ParseDomainItem("." + Stored(i)), {}, "");
  std::vector<DomainTable::Entry> entries;
  for (const auto& item : items.items())
    entries.push_back({items.Wire(item), item.form, 0});
  const DomainTable table = DomainTable::Build(std::move(entries));
  const auto names = AskedNames(count);
  size_t hits = 0;
  size_t next = 0;
  for (auto _ : state) {
    table.Find(names[next++ & 16'383], [&](DomainForm, uint32_t) { ++hits; });
  }
  benchmark::DoNotOptimize(hits);
  state.counters["bytes_per_domain"] =
      static_cast<double>(table.bytes()) / static_cast<double>(table.size());
}
BENCHMARK(BM_DomainTable)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

void BM_PatternSetNewNames(benchmark::State& state) {
  PatternSet set(PatternSetOptions{.case_sensitive = false});
  for (uint32_t i = 0; i < state.range(0); ++i)
    (void)set.Add("[a-z0-9]{8,}\\.(c2|x)" + std::to_string(i) + "\\.[a-z]+",
                  false, i);
  set.Compile();
  std::mt19937_64 random(1);
  std::vector<uint32_t> hits;
  std::string name;
  for (auto _ : state) {
    name = "n" + std::to_string(random()) + ".eu-west-1.example.com";
    set.Match(name, hits);
  }
  state.counters["out_of_memory"] = static_cast<double>(set.out_of_memory());
}
BENCHMARK(BM_PatternSetNewNames)->Arg(20)->Arg(100)->Arg(500);

std::shared_ptr<const RuleSet> LargePolicy() {
  std::string items;
  for (size_t i = 0; i < 100'000; ++i) items += "." + Stored(i) + "\n";
  std::string text =
      "apiVersion: egress.rules/v1\nlists: [{name: bad, type: domain, file: "
      "l.txt}]\nrules:\n";
  for (int i = 0; i < 1'000; ++i) {
    const std::string n = std::to_string(i);
    const std::string allow = "scope: {cgroups: [/w" + n +
                              "]}, match: {qname: {not_in: [.ok" + n +
                              ".com]}}";
    const std::string deny =
        "match: {all: [{qname: [$bad, .bad" + n + ".com]}, {qtype: A}]}";
    text += "  - {id: rule-" + n + ", title: t, event: dns.query, " +
            (i % 2 == 0 ? allow : deny) + "}\n";
  }
  return LoadRules({{"a.yaml", text}},
                   {"",
                    [&](const std::string&, size_t) -> Result<std::string> {
                      return items;
                    }})
      .set;
}

void BM_MatchThousandRules(benchmark::State& state) {
  const auto set = LargePolicy();
  std::vector<Event> events;
  const auto workload = TestWorkload("/w1");
  for (const DomainName& name : AskedNames(100'000)) {
    if (events.size() == 1'000) break;
    Event event = Query(name.ToString() + ".eu");
    event.origin.workload = workload;
    events.push_back(std::move(event));
  }
  std::vector<Finding> findings;
  size_t next = 0;
  for (auto _ : state) {
    set->Match(events[next++ % 1'000], {}, findings);
  }
  state.counters["findings"] = static_cast<double>(findings.size());
}
BENCHMARK(BM_MatchThousandRules);

}  // namespace
}  // namespace nameward
