// SPDX-License-Identifier: Apache-2.0
#include "source/ip_reassembly.h"

#include <algorithm>

namespace nameward {
namespace {

constexpr size_t kMaxDatagram = 65535;

// All but the last fragment carry a multiple of eight bytes.
bool Possible(const IpPacket& packet) {
  const IpFragment& fragment = *packet.fragment;
  return !packet.CutByCapture() && !packet.payload.empty() &&
         (!fragment.more || packet.payload.size() % 8 == 0) &&
         fragment.offset + packet.payload.size() <= kMaxDatagram;
}

}  // namespace

std::optional<IpPacket> IpReassembler::Add(const IpPacket& packet,
                                           uint64_t time_ns) {
  ++stats_.fragments;
  Expire(time_ns);
  if (!Possible(packet)) {
    ++stats_.refused;
    return std::nullopt;
  }
  const auto open = FindOrMake(packet, time_ns);
  const IpFragment& fragment = *packet.fragment;
  if (fragment.offset == 0) open->protocol = packet.protocol;
  if (!fragment.more && !open->total)
    open->total = fragment.offset + packet.payload.size();
  Fill(*open, fragment.offset, packet.payload);

  const bool whole = open->total && open->ranges.size() == 1 &&
                     open->ranges[0].begin == 0 &&
                     open->ranges[0].end >= *open->total;
  if (!whole) return std::nullopt;
  ++stats_.datagrams;
  whole_.swap(open->bytes);
  IpPacket datagram;
  datagram.source = open->source;
  datagram.destination = open->destination;
  datagram.protocol = open->protocol;
  datagram.size = *open->total;
  datagram.payload = Bytes(whole_).first(*open->total);
  open_.erase(open);
  return datagram;
}

void IpReassembler::Expire(uint64_t time_ns) {
  const auto timeout = static_cast<uint64_t>(kTimeout.count());
  while (!open_.empty() && open_.front().since_ns + timeout < time_ns) {
    open_.pop_front();
    ++stats_.expired;
  }
}

IpReassembler::OpenList::iterator IpReassembler::FindOrMake(
    const IpPacket& packet, uint64_t time_ns) {
  // IPv4 tells datagrams of different protocols apart; IPv6 does not, and its
  // later fragments may show another next header.
  const bool by_protocol = packet.source.IsV4();
  const auto same = [&](const Open& open) {
    return open.id == packet.fragment->id && open.source == packet.source &&
           open.destination == packet.destination &&
           (!by_protocol || open.protocol == packet.protocol);
  };
  const auto found = std::find_if(open_.begin(), open_.end(), same);
  if (found != open_.end()) return found;
  if (open_.size() == kMaxOpen) {
    open_.pop_front();
    ++stats_.evicted;
  }
  Open open;
  open.source = packet.source;
  open.destination = packet.destination;
  open.protocol = packet.protocol;
  open.id = packet.fragment->id;
  open.since_ns = time_ns;
  return open_.insert(open_.end(), std::move(open));
}

// Copies what is not there yet: first come, first kept.
void IpReassembler::Fill(Open& open, size_t offset, Bytes bytes) {
  const Range added{offset, offset + bytes.size()};
  if (open.bytes.size() < added.end) open.bytes.resize(added.end);
  bool overlaps = false;
  Range merged = added;
  size_t at = added.begin;
  std::vector<Range> ranges;
  const auto copy_until = [&](size_t end) {
    if (at < end)
      std::copy(bytes.begin() + static_cast<ptrdiff_t>(at - offset),
                bytes.begin() + static_cast<ptrdiff_t>(end - offset),
                open.bytes.begin() + static_cast<ptrdiff_t>(at));
  };
  for (const Range& range : open.ranges) {
    if (range.end < added.begin || range.begin > added.end) {
      ranges.push_back(range);
      continue;
    }
    overlaps |= range.end > added.begin && range.begin < added.end;
    copy_until(std::min(range.begin, added.end));
    at = std::max(at, range.end);
    merged = Range{std::min(merged.begin, range.begin),
                   std::max(merged.end, range.end)};
  }
  copy_until(added.end);
  const auto behind = std::find_if(
      ranges.begin(), ranges.end(),
      [&](const Range& range) { return range.begin > merged.end; });
  ranges.insert(behind, merged);
  open.ranges = std::move(ranges);
  if (overlaps) ++stats_.overlaps;
}

}  // namespace nameward
