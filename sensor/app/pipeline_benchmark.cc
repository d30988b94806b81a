// SPDX-License-Identifier: Apache-2.0
// What one event costs from record to verdict, on one thread, and how often it
// allocates.  Goals with 100 regexes and a million domains: 700,000 events a
// second, no allocation where nothing alerts.
//
// The traffic is made while it runs, outside the time taken: 45 % connects, 45
// % DNS messages (a query, then its answer of an alias and two addresses), 10 %
// other (closed connections, first datagrams); 250 cgroups; names by Zipf's law
// over 20,000, and one in twenty that nobody ever asked for before.
#include <benchmark/benchmark.h>
#include <netinet/in.h>
#include <time.h>

#include <array>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <new>
#include <random>
#include <string>

#include "app/pipeline.h"
#include "app/policy_files.h"
#include "decode/test_wire.h"

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

constexpr uint64_t kCgroups = 250;
constexpr uint64_t kFirstCgroup = 1000;
constexpr uint32_t kNames = 20'000;
constexpr uint64_t kHour = 3'600'000'000'000;
constexpr uint64_t kStep = 10'000;  // 100,000 events a second
constexpr uint64_t kTimerEvery = 100'000'000;
constexpr int kWarmUpBatches = 2000;  // the tables are full

// Zipf's law, s = 1, as sums to search.
std::vector<double> ZipfSums() {
  std::vector<double> sums;
  double sum = 0;
  for (uint32_t i = 1; i <= kNames; ++i) sums.push_back(sum += 1.0 / i);
  return sums;
}

class Traffic {
 public:
  // What a sensor hears at its start.
  void Begin(RecordBatch& batch) {
    batch.AppendText(RecordType::kContext,
                     "node bench\nsource live\nattached 1\nresolver "
                     "10.0.0.1:53\nwarmup_ms 0\n");
    batch.AppendStruct(RecordType::kClock,
                       ClockRecord{1'700'000'000'000'000'000});
    for (uint64_t i = 0; i < kCgroups; ++i) Announce(batch, i);
  }

  uint64_t Fill(RecordBatch& batch) {
    uint64_t events = 0;
    while (!batch.Full()) {
      const uint64_t cgroup = random_() % kCgroups;
      const uint64_t dice = random_() % 1000;
      // Two records a look-up, one for each of the others.
      if (dice < 290)
        events += LookUp(batch, cgroup);
      else if (dice < 871)
        events += Connect(batch, cgroup, NW_CONNECT, IPPROTO_TCP);
      else if (dice < 935)
        events += Connect(batch, cgroup, NW_UDP_FLOW, IPPROTO_UDP);
      else
        events += Closed(batch, cgroup);
      if (now_ >= next_timer_) {
        batch.AppendStruct(RecordType::kTimer, TimerRecord{now_});
        next_timer_ += kTimerEvery;
      }
    }
    return events;
  }

 private:
  struct Given {  // the addresses that a cgroup was given last
    std::array<uint32_t, 64> names{};
    size_t count = 0;
  };

  static ByteVector Address(uint32_t name, uint8_t which) {
    const uint32_t number = name * 2 + which;
    return {203, static_cast<uint8_t>(number >> 16),
            static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
  }
  static void Put(nw_endpoint& to, uint32_t name, uint16_t port) {
    to.addr[10] = to.addr[11] = 0xff;
    const ByteVector address = Address(name, 0);
    std::copy(address.begin(), address.end(), to.addr + 12);
    to.port = port;
  }

  void Stamp(nw_header& header, uint64_t cgroup) {
    header.time = now_ += kStep;
    header.who.task_cgroup = header.who.sock_cgroup = kFirstCgroup + cgroup;
    header.who.tgid = header.who.tid = static_cast<uint32_t>(4000 + cgroup);
    header.who.exe = 1 + cgroup % 20;
  }
  void Append(RecordBatch& batch, const ByteVector& record) {
    batch.Append(RecordType::kKernel, record);
  }

  void Announce(RecordBatch& batch, uint64_t cgroup) {
    nw_cgroup born{};
    born.h = Header(NW_CGROUP, NW_F_BORN);
    Stamp(born.h, cgroup);
    born.id = kFirstCgroup + cgroup;
    const std::string path =
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-"
        "pod1b4e28ba_2fa1_11d2_883f_0016d3cca" +
        std::to_string(100 + cgroup) + ".slice/cri-containerd-" +
        std::string(61, 'c') + std::to_string(100 + cgroup) + ".scope";
    born.size = static_cast<uint32_t>(path.copy(born.path, NW_PATH_LEN));
    Append(batch, Record(born));
    nw_exe exe{};
    exe.h = Header(NW_EXE);
    exe.exe = 1 + cgroup % 20;
    const std::string file = "/usr/bin/service" + std::to_string(exe.exe);
    exe.size = static_cast<uint32_t>(file.copy(exe.path, NW_PATH_LEN));
    Append(batch, Record(exe));
  }

  uint32_t ChooseName() {
    if (random_() % 20 == 0) return kNames + fresh_++;
    const double at =
        std::uniform_real_distribution(0.0, zipf_.back())(random_);
    return static_cast<uint32_t>(
        std::lower_bound(zipf_.begin(), zipf_.end(), at) - zipf_.begin());
  }
  static std::string TextOf(uint32_t name) {
    // A fresh one looks made by an algorithm.
    if (name < kNames)
      return "api" + std::to_string(name) + ".eu-west-1.shop.example";
    const uint64_t mixed = name * 0x9e3779b97f4a7c15;
    return "x" + std::to_string(mixed) + ".cdn.example";
  }

  uint64_t LookUp(RecordBatch& batch, uint64_t cgroup) {
    const uint32_t name = ChooseName();
    const std::string text = TextOf(name);
    Wire answer;
    answer.Header(0x8180, 1, 3).Question(text, kTypeA);
    const ByteVector alias = Wire().Label("edge").Pointer(12).bytes;
    answer.Pointer(12).Data(kTypeCname, alias);
    const size_t target = answer.bytes.size() - alias.size();
    for (uint8_t i = 0; i < 2; ++i)
      answer.Pointer(target).Data(kTypeA, Address(name, i));
    ++cookie_;
    AppendMessage(batch, cgroup, Query(text), 0);
    AppendMessage(batch, cgroup, answer.bytes, NW_F_INGRESS | NW_F_STORED_TASK);
    Given& given = given_[cgroup];
    given.names[given.count++ % given.names.size()] = name;
    return 2;
  }

  void AppendMessage(RecordBatch& batch, uint64_t cgroup,
                     const ByteVector& message, unsigned flags) {
    nw_payload head = PayloadHead(NW_DNS_DATAGRAM, flags, message.size());
    Stamp(head.h, cgroup);
    head.h.cookie = cookie_;
    head.id = cookie_;
    Append(batch, Record(head, message));
  }

  // To an address that the cgroup was given: nothing alerts.
  uint64_t Connect(RecordBatch& batch, uint64_t cgroup, unsigned kind,
                   uint32_t proto) {
    const Given& given = given_[cgroup];
    if (given.count == 0) return 0;
    nw_connect connect{};
    connect.h = Header(kind);
    Stamp(connect.h, cgroup);
    connect.h.cookie = ++cookie_;
    const size_t known = std::min(given.count, given.names.size());
    Put(connect.dst, given.names[random_() % known], 443);
    connect.proto = proto;
    connect.count = 1;
    Append(batch, Record(connect));
    return 1;
  }

  uint64_t Closed(RecordBatch& batch, uint64_t cgroup) {
    nw_flow flow{};
    flow.h = Header(NW_FLOW, NW_F_NO_TASK);
    Stamp(flow.h, cgroup);
    flow.local = At("10.0.0.2:40000");
    Put(flow.remote, 1, 443);
    flow.what = NW_FLOW_CLOSED;
    flow.proto = IPPROTO_TCP;
    Append(batch, Record(flow));
    return 1;
  }

  std::mt19937_64 random_{1};
  const std::vector<double> zipf_ = ZipfSums();
  std::array<Given, kCgroups> given_{};
  uint32_t fresh_ = 0;
  uint64_t cookie_ = 1;
  uint64_t now_ = kHour;
  uint64_t next_timer_ = kHour;
};

// 100 regexes, and a million domains that nobody asks for.
std::shared_ptr<const RuleSet> LargePolicy() {
  std::string domains;
  for (int i = 0; i < 1'000'000; ++i)
    domains += ".bad" + std::to_string(i * 7919LL) + ".com\n";
  std::string text =
      "apiVersion: egress.rules/v1\nlists: [{name: bad, type: domain, file: "
      "l.txt}]\nrules:\n  - {id: bad-domain, title: t, event: dns.query, "
      "match: {qname: $bad}}\n  - {id: bad-pattern, title: t, event: "
      "dns.query, match: {qname: [";
  for (int i = 0; i < 100; ++i)
    text += std::string(i == 0 ? "" : ", ") + "{regex: '[a-z0-9]{8,}\\.(c2|x)" +
            std::to_string(i) + "\\.[a-z]+'}";
  text += "]}}\n";
  RuleLoad load =
      LoadRules({{"large.yaml", text}},
                {"", [&](const std::string&, size_t) -> Result<std::string> {
                   return domains;
                 }});
  return load.set;
}

std::shared_ptr<const RuleSet> Starter() {
  const Policy policy = StarterPolicy();
  return LoadRules(policy.files, {"", policy.read_list}).set;
}

double ThreadSeconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) +
         static_cast<double>(now.tv_nsec) * 1e-9;
}

// The time is the thread's CPU time: what others do beside does not count.
void Replay(benchmark::State& state, std::shared_ptr<const RuleSet> rules) {
  if (rules == nullptr) return state.SkipWithError("the policy has errors");
  Pipeline pipeline(std::move(rules), {});
  Traffic traffic;
  RecordBatch batch;
  traffic.Begin(batch);
  (void)pipeline.Consume(batch);
  for (int i = 0; i < kWarmUpBatches; ++i) {
    batch.Clear();
    traffic.Fill(batch);
    (void)pipeline.Consume(batch);
  }
  uint64_t events = 0;
  uint64_t allocated = 0;
  for (auto _ : state) {
    batch.Clear();
    events += traffic.Fill(batch);
    const uint64_t before = allocations;
    const double start = ThreadSeconds();
    (void)pipeline.Consume(batch);
    state.SetIterationTime(ThreadSeconds() - start);
    allocated += allocations - before;
  }
  state.SetItemsProcessed(static_cast<int64_t>(events));
  state.counters["allocs_per_event"] =
      static_cast<double>(allocated) / static_cast<double>(events);
  state.counters["alerts"] = static_cast<double>(pipeline.alerts());
}

void BM_ReplayStarterPolicy(benchmark::State& state) {
  Replay(state, Starter());
}
BENCHMARK(BM_ReplayStarterPolicy)->UseManualTime();

void BM_ReplayMillionDomains(benchmark::State& state) {
  static const auto kRules = LargePolicy();
  Replay(state, kRules);
}
BENCHMARK(BM_ReplayMillionDomains)->UseManualTime();

}  // namespace
}  // namespace nameward
