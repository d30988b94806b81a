// SPDX-License-Identifier: Apache-2.0
// What one DNS message costs, from the kernel's record to the event, and how
// often it allocates (the goal: never).
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "decode/dns_message.h"
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

struct Discard : DecodeSink {
  void OnEvent(Event& event) override { benchmark::DoNotOptimize(event.seq); }
  void OnCgroup(const CgroupChange&) override {}
};

void DecodeAll(benchmark::State& state, const ByteVector& record) {
  Decoder decoder;
  Discard sink;
  for (int i = 0; i < 10; ++i)
    decoder.Decode({RecordType::kKernel, record}, sink);
  const uint64_t before = allocations;
  for (auto _ : state) decoder.Decode({RecordType::kKernel, record}, sink);
  state.counters["allocs"] = static_cast<double>(allocations - before) /
                             static_cast<double>(state.iterations());
}

void BM_Query(benchmark::State& state) {
  DecodeAll(state, Datagram(Query("www.example.com")));
}
BENCHMARK(BM_Query);

void BM_AliasAndThreeAddresses(benchmark::State& state) {
  Wire wire;
  wire.Header(0x8180, 1, 4, 0, 1).Question("www.example.com", kTypeA);
  wire.Pointer(12).Data(kTypeCname, Wire().Label("edge").Pointer(16).bytes);
  for (uint8_t i = 1; i <= 3; ++i)
    wire.Pointer(45).Data(kTypeA, {192, 0, 2, i});
  DecodeAll(state, Datagram(wire.Opt().bytes, NW_F_INGRESS));
}
BENCHMARK(BM_AliasAndThreeAddresses);

void BM_TcpSegment(benchmark::State& state) {
  ByteVector stream;
  AppendFramed(Query("www.example.com"), stream);
  nw_payload head = PayloadHead(NW_DNS_SEGMENT, 0, stream.size());
  Decoder decoder;
  Discard sink;
  ByteVector record = Record(head, stream);
  const uint64_t before = allocations;
  for (auto _ : state) {
    std::memcpy(record.data(), &head, sizeof head);
    decoder.Decode({RecordType::kKernel, record}, sink);
    head.seq += static_cast<uint32_t>(stream.size());
  }
  state.counters["allocs"] = static_cast<double>(allocations - before) /
                             static_cast<double>(state.iterations());
}
BENCHMARK(BM_TcpSegment);

// 64 KiB each, meant to cost the most.
void ParseWorst(benchmark::State& state, Wire wire) {
  wire.bytes.resize(65535);
  DnsMessage message;
  for (auto _ : state)
    benchmark::DoNotOptimize(ParseDnsMessage(wire.bytes, message));
}

Wire LongNameFirst(unsigned records) {
  Wire wire;
  wire.Header(0x8180, 1, records);
  for (int i = 0; i < 127; ++i) wire.Label("x");
  return wire.U8(0).U16(1).U16(1);
}

void BM_WorstOwners(benchmark::State& state) {
  Wire wire = LongNameFirst(kMaxDnsRecords);
  for (unsigned i = 0; wire.bytes.size() < 65000; ++i)
    wire.Pointer(12 + 2 * (i % 2)).Data(10, {});
  ParseWorst(state, wire);
}
BENCHMARK(BM_WorstOwners);

void BM_WorstRepeatedOwner(benchmark::State& state) {
  Wire wire = LongNameFirst(kMaxDnsRecords);
  while (wire.bytes.size() < 65000) wire.Pointer(12).Data(1, {1, 2, 3, 4});
  ParseWorst(state, wire);
}
BENCHMARK(BM_WorstRepeatedOwner);

void BM_WorstNamesInData(benchmark::State& state) {
  Wire wire = LongNameFirst(kMaxDnsRecords);
  const ByteVector two = Wire().Pointer(12).Pointer(14).bytes;
  while (wire.bytes.size() < 65000) wire.Pointer(12).Data(14, two);
  ParseWorst(state, wire);
}
BENCHMARK(BM_WorstNamesInData);

// One-byte labels, each followed by a pointer to the one before.
void BM_WorstHops(benchmark::State& state) {
  Wire wire;
  wire.Header(0x8180, 1, kMaxDnsRecords).Question("", 1);
  Wire chain;
  size_t target = 12;
  for (unsigned i = 0; i < 126; ++i) {
    chain.Label("x").Pointer(target);
    target = 12 + 5 + 11 + 4 * i;
  }
  wire.U8(0).Data(10, chain.bytes);
  for (unsigned i = 0; wire.bytes.size() < 65000; ++i)
    wire.Pointer(target - 4 * (i % 2)).Data(10, {});
  ParseWorst(state, wire);
}
BENCHMARK(BM_WorstHops);

void BM_WorstAliases(benchmark::State& state) {
  Wire wire = LongNameFirst(kMaxDnsRecords);
  for (size_t i = 0; i < kMaxDnsRecords; ++i)
    wire.Pointer(12).Data(kTypeDname, Wire().Pointer(14).bytes);
  DnsMessage message;
  for (auto _ : state)
    benchmark::DoNotOptimize(ParseDnsMessage(wire.bytes, message));
}
BENCHMARK(BM_WorstAliases);

void BM_WorstOptions(benchmark::State& state) {
  Wire wire;
  wire.Header(0x0100, 1, 0, 0, 1).Question("a", 1).Opt(ByteVector(65500, 0));
  DnsMessage message;
  for (auto _ : state)
    benchmark::DoNotOptimize(ParseDnsMessage(wire.bytes, message));
}
BENCHMARK(BM_WorstOptions);

void BM_WorstText(benchmark::State& state) {
  Wire wire;
  wire.Header(0x8180, 1, 1).Question("a", 16).Pointer(12);
  wire.Data(kTypeTxt, ByteVector(65500, 0));
  DnsMessage message;
  for (auto _ : state)
    benchmark::DoNotOptimize(ParseDnsMessage(wire.bytes, message));
}
BENCHMARK(BM_WorstText);

}  // namespace
}  // namespace nameward
