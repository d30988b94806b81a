// SPDX-License-Identifier: Apache-2.0
#include "source/pcap_source.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/hash.h"
#include "model/context.h"
#include "source/dns_shape.h"

namespace nameward {
namespace {

constexpr uint64_t kSecond = 1'000'000'000;
// A capture may pause for years, or a damaged time jump so far: one timer
// record says the same as many.
constexpr uint64_t kMaxTimersAtOnce = 60;

// Alert ids are made of it: the same in every replay of this capture, another
// in another's.
std::string BootIdOf(const CapturedPacket& first) {
  const HashKey key{first.time_ns, first.wire_size};
  const uint64_t high = SipHash13(first.bytes, key);
  const uint64_t low = SipHash13(first.bytes, {key.k1, key.k0});
  char text[40];
  std::snprintf(text, sizeof text, "%08x-%04x-%04x-%04x-%012llx",
                static_cast<unsigned>(high >> 32),
                static_cast<unsigned>(high >> 16 & 0xffff),
                static_cast<unsigned>(high & 0xffff),
                static_cast<unsigned>(low >> 48),
                static_cast<unsigned long long>(low & 0xffffffffffff));
  return text;
}

}  // namespace

Result<std::unique_ptr<PcapSource>> PcapSource::Open(
    const std::string& path, const PcapOptions& options) {
  auto file = PcapFile::Open(path);
  if (!file) return file.error();
  return std::make_unique<PcapSource>(std::move(*file), options);
}

PcapSource::PcapSource(PcapFile file, const PcapOptions& options)
    : file_(std::move(file)),
      options_(options),
      udp_(records_),
      tcp_(records_, options.emit_flows) {}

Result<PollOutcome> PcapSource::Poll(RecordBatch& batch, Nanoseconds) {
  while (!batch.Full()) {
    const auto packet = file_.Next();
    if (!packet) return PollOutcome::kEnd;
    if (!begun_) Begin(*packet, batch);
    OnPacket(*packet, batch);
  }
  return PollOutcome::kMore;
}

void PcapSource::Begin(const CapturedPacket& first, RecordBatch& batch) {
  begun_ = true;
  begin_ns_ = now_ns_ = first.time_ns;
  Context context;
  context.node.name = "pcap";
  context.boot_id = BootIdOf(first);
  context.live = false;
  context.attached = BootTimeFromNanoseconds(begin_ns_);
  context.resolvers = options_.resolvers;
  if (context.resolvers.empty()) context.trust_any_on_port = {kDnsPort};
  context.zones = options_.zones;
  context.warmup = Nanoseconds(0);
  batch.AppendStruct(RecordType::kClock, ClockRecord{0});
  batch.AppendText(RecordType::kContext, context.ToText());
}

void PcapSource::OnPacket(const CapturedPacket& packet, RecordBatch& batch) {
  ++stats_.packets;
  PassTime(packet.time_ns, batch);
  records_.Begin(now_ns_, batch);
  if (packet.wire_size > packet.bytes.size()) ++stats_.cut_by_capture;
  const auto network = NetworkLayer(file_.link_type(), packet.bytes);
  const size_t link =
      network ? packet.bytes.size() - network->size() : size_t{0};
  IpPacket ip;
  const IpParse parsed =
      network ? ParseIp(*network,
                        std::max<size_t>(packet.wire_size, link) - link, ip)
              : IpParse::kNotIp;
  if (parsed == IpParse::kNotIp) {
    ++stats_.not_ip;
  } else if (parsed == IpParse::kDamaged) {
    ++stats_.damaged;
  } else if (!ip.fragment) {
    OnDatagram(ip);
  } else if (auto whole = fragments_.Add(ip, now_ns_)) {
    ++stats_.packets;
    if (WalkExtensions(*whole) && !whole->fragment)
      OnDatagram(*whole);
    else
      ++stats_.damaged;
  }
}

void PcapSource::PassTime(uint64_t time_ns, RecordBatch& batch) {
  if (time_ns < now_ns_) {
    ++stats_.time_backwards;
    return;
  }
  const uint64_t last = time_ns / kSecond;
  uint64_t next = now_ns_ / kSecond + 1;
  if (last >= next + kMaxTimersAtOnce) next = last - kMaxTimersAtOnce + 1;
  for (; next <= last; ++next)
    batch.AppendStruct(RecordType::kTimer, TimerRecord{next * kSecond});
  now_ns_ = time_ns;
}

void PcapSource::OnDatagram(const IpPacket& packet) {
  switch (packet.protocol) {
    case IPPROTO_UDP:
      ++stats_.udp;
      return udp_.OnPacket(packet, now_ns_, begin_ns_);
    case IPPROTO_TCP:
      ++stats_.tcp;
      return tcp_.OnPacket(packet);
    default:
      ++stats_.other_protocol;
  }
}

}  // namespace nameward
