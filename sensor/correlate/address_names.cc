// SPDX-License-Identifier: Apache-2.0
#include "correlate/address_names.h"

#include <algorithm>

#include "correlate/judge.h"

namespace nameward {
namespace {

// Names shown with a binding, over all names of its address.
constexpr size_t kMostNames = 64;
// A recycled source gives back what a long chain made it grow.
constexpr size_t kKeptCapacity = 256;
constexpr Nanoseconds kBetweenSweeps = 1s;

// RFC 2181 8: a TTL with the top bit set counts as 0.
uint32_t CappedTtl(uint32_t ttl) {
  if (ttl > INT32_MAX) return 0;
  return std::min<uint32_t>(ttl, kLongestTtl / 1s);
}

uint32_t Seconds(BootTime time) {
  return static_cast<uint32_t>(time.time_since_epoch() / 1s);
}

Nanoseconds Hold(uint32_t ttl_s) {
  return std::max<Nanoseconds>(std::chrono::seconds(ttl_s), kShortestBound);
}

void AppendNames(Bytes wire, std::vector<DomainName>& out) {
  for (size_t at = 0; at < wire.size() && out.size() < kMostNames;) {
    size_t end = at;
    while (wire[end] != 0) end += wire[end] + 1U;
    const Bytes name = wire.subspan(at, ++end - at);
    const bool known =
        std::any_of(out.begin(), out.end(), [name](const DomainName& other) {
          return std::equal(name.begin(), name.end(), other.wire().begin(),
                            other.wire().end());
        });
    if (!known) out.push_back(DomainName::FromCheckedWire(name));
    at = end;
  }
}

}  // namespace

AddressNames::AddressNames(AddressLimits limits) : limits_(limits) {
  limits_.bindings_per_cgroup = std::min(limits_.bindings_per_cgroup,
                                         AddressLimits::kMostBindingsPerCgroup);
}

AddressNames::Outcome AddressNames::Insert(const Answer& answer,
                                           std::span<const DnsAddress> given) {
  const uint32_t number = NumberOf(answer.cgroup);
  DescribeSource(answer, number);
  // What exceeds the cap would only push out the first ones, those that
  // programs try.
  const auto kept =
      given.first(std::min(given.size(), limits_.addresses_per_name));
  stats_.evicted_of_name += given.size() - kept.size();
  Outcome worst =
      kept.size() < given.size() ? Outcome::kEvictedBound : Outcome::kKept;
  for (const DnsAddress& address : kept)
    worst = std::max(worst, InsertOne(number, address, answer.time));
  return worst;
}

AddressNames::Outcome AddressNames::InsertOne(uint32_t number,
                                              const DnsAddress& given,
                                              BootTime now) {
  const SlotId address = FindAddress(given.address);
  const SlotId source = FindSource();
  const SlotId known = FindSlot(number, address, source);
  if (known != kNoSlot) {
    Refresh(known, CappedTtl(given.ttl), now);
    ++stats_.refreshed;
    return Outcome::kKept;
  }
  KeepCaps(number, address, source);
  const Outcome outcome = MakeRoom(cgroups_[number], now);
  if (!HasRoom(cgroups_[number])) return outcome;  // nothing left to give
  Make(number, given, now);
  ++stats_.inserted;
  return outcome;
}

// One binding more must not exceed the caps of its name and of its address.
void AddressNames::KeepCaps(uint32_t number, SlotId address, SlotId source) {
  if (source != kNoSlot &&
      sources_[source].bindings.size() >= limits_.addresses_per_name) {
    Erase(sources_[source].bindings.oldest());
    ++stats_.evicted_of_name;
  }
  SlotId oldest = kNoSlot;
  size_t names = 0;
  for (SlotId id = by_key_.First(KeyOf(number, address)); id != kNoSlot;
       id = slots_[id].next) {
    if (slots_[id].cgroup != number || slots_[id].address != address) continue;
    ++names;
    if (oldest == kNoSlot || slots_[id].serial < slots_[oldest].serial)
      oldest = id;
  }
  if (names < limits_.names_per_address) return;
  Erase(oldest);
  ++stats_.evicted_of_address;
}

bool AddressNames::HasRoom(const Cgroup& cgroup) const {
  const size_t count = cgroup.fresh.size() + cgroup.expired.size();
  const size_t bytes = kSlotBytes + BytesOf(wanted_);
  return count < limits_.bindings_per_cgroup &&
         cgroup.bytes + bytes <=
             limits_.bindings_per_cgroup * AddressLimits::kBytesPerBinding &&
         bytes_ + bytes <= limits_.bytes_in_all;
}

AddressNames::Outcome AddressNames::MakeRoom(Cgroup& cgroup, BootTime now) {
  Outcome outcome = Outcome::kKept;
  while (!HasRoom(cgroup)) {
    const bool by_others =
        bytes_ + kSlotBytes + BytesOf(wanted_) > limits_.bytes_in_all;
    if (by_others) ++stats_.starved, outcome = Outcome::kStarved;
    if (cgroup.fresh.size() + cgroup.expired.size() == 0) break;
    SweepExpired(cgroup, now);
    if (cgroup.expired.size() > 0) {
      Erase(cgroup.expired.oldest());
      ++stats_.evicted_expired;
    } else {
      Erase(cgroup.fresh.oldest());
      ++stats_.evicted_bound;
      outcome = std::max(outcome, Outcome::kEvictedBound);
    }
  }
  return outcome;
}

// Only a cgroup that is out of room pays for this walk, once a second.
void AddressNames::SweepExpired(Cgroup& cgroup, BootTime now) {
  if (now < cgroup.next_sweep) return;
  cgroup.next_sweep = now + kBetweenSweeps;
  for (SlotId id = cgroup.fresh.oldest(); id != kNoSlot;) {
    Slot& slot = slots_[id];
    const SlotId next = slot.in_cgroup.newer;
    if (now - slot.answered > Hold(slot.ttl_s)) {
      cgroup.fresh.Remove(slots_, id);
      cgroup.expired.Append(slots_, id);
      slot.expired = 1;
    }
    id = next;
  }
}

void AddressNames::Refresh(SlotId id, uint32_t ttl_s, BootTime now) {
  Slot& slot = slots_[id];
  slot.ttl_s = ttl_s & INT32_MAX;
  slot.answered = now;
  slot.serial = ++serial_;
  if (slot.expired) {
    Cgroup& cgroup = cgroups_[slot.cgroup];
    cgroup.expired.Remove(slots_, id);
    cgroup.fresh.Append(slots_, id);
    slot.expired = 0;
  }
  addresses_[slot.address].bindings.MoveToNewest(slots_, id);
  Touch(id, now);
}

void AddressNames::Touch(SlotId id, BootTime now) {
  Slot& slot = slots_[id];
  Cgroup& cgroup = cgroups_[slot.cgroup];
  slot.used_s = std::max(slot.used_s, Seconds(now));
  (slot.expired ? cgroup.expired : cgroup.fresh).MoveToNewest(slots_, id);
  sources_[slot.source].bindings.MoveToNewest(slots_, id);
}

void AddressNames::Make(uint32_t number, const DnsAddress& given,
                        BootTime now) {
  SlotId source = FindSource();
  if (source == kNoSlot) source = TakeSource();
  SlotId address = FindAddress(given.address);
  if (address == kNoSlot) address = TakeAddress(given.address);
  const SlotId id = slots_.Take();
  Slot& slot = slots_[id];
  slot = Slot{};
  slot.address = address;
  slot.source = source;
  slot.cgroup = number;
  slot.ttl_s = CappedTtl(given.ttl) & INT32_MAX;
  slot.answered = now;
  slot.used_s = Seconds(now);
  slot.serial = ++serial_;
  by_key_.Insert(slots_, id);
  addresses_[address].bindings.Append(slots_, id);
  sources_[source].bindings.Append(slots_, id);
  cgroups_[number].fresh.Append(slots_, id);
  cgroups_[number].bytes += kSlotBytes;
  bytes_ += kSlotBytes;
}

void AddressNames::Erase(SlotId id) {
  Slot& slot = slots_[id];
  Cgroup& cgroup = cgroups_[slot.cgroup];
  by_key_.Remove(slots_, id);
  (slot.expired ? cgroup.expired : cgroup.fresh).Remove(slots_, id);
  size_t freed = kSlotBytes;
  Address& address = addresses_[slot.address];
  address.bindings.Remove(slots_, id);
  if (address.bindings.size() == 0) {
    by_address_.Remove(addresses_, slot.address);
    addresses_.Give(slot.address);
  }
  Source& source = sources_[slot.source];
  source.bindings.Remove(slots_, id);
  if (source.bindings.size() == 0) {
    freed += BytesOf(source);
    by_source_.Remove(sources_, slot.source);
    sources_.Give(slot.source);
    if (source.names.capacity() > kKeptCapacity) source.names = {};
  }
  cgroup.bytes -= freed;
  bytes_ -= freed;
  slots_.Give(id);
}

bool AddressNames::Find(const Wanted& wanted, Binding& out) {
  const SlotId address = FindAddress(wanted.address);
  if (address == kNoSlot) return false;
  found_.clear();
  for (const uint64_t cgroup : wanted.cgroups) {
    const auto number = numbers_.find(cgroup);
    if (number != numbers_.end()) Collect(number->second, address, wanted);
  }
  if (found_.empty()) return false;
  std::sort(found_.begin(), found_.end(), [this](SlotId a, SlotId b) {
    return slots_[a].serial > slots_[b].serial;
  });
  // Oldest first, so that the newest stays the one used last.
  for (size_t i = found_.size(); i-- > 0;) Touch(found_[i], wanted.now);
  // The newest that still holds decides; the others only add their names.
  const auto holds = [this, &wanted](SlotId id) {
    return wanted.now - slots_[id].answered <= Hold(slots_[id].ttl_s);
  };
  const auto best = std::find_if(found_.begin(), found_.end(), holds);
  if (best != found_.end()) std::rotate(found_.begin(), best, best + 1);
  Show(slots_[found_[0]], wanted.now, out);
  for (const SlotId id : found_)
    AppendNames(sources_[slots_[id].source].names, out.names);
  return true;
}

void AddressNames::Collect(uint32_t number, SlotId address,
                           const Wanted& wanted) {
  for (SlotId id = by_key_.First(KeyOf(number, address)); id != kNoSlot;
       id = slots_[id].next) {
    const Slot& slot = slots_[id];
    if (slot.cgroup == number && slot.address == address &&
        sources_[slot.source].trusted == wanted.trusted &&
        Alive(slot, wanted.now))
      found_.push_back(id);
  }
}

bool AddressNames::FindElsewhere(const Elsewhere& wanted,
                                 std::vector<uint64_t>& holders) const {
  holders.clear();
  const auto lacks = [](const auto& list, uint64_t cgroup) {
    return std::find(list.begin(), list.end(), cgroup) == list.end();
  };
  const SlotId address = FindAddress(wanted.address);
  if (address == kNoSlot) return false;
  bool seen = false;
  SlotId id = addresses_[address].bindings.newest();
  for (size_t n = 0; id != kNoSlot && n < kMostExamined; ++n) {
    if (seen && holders.size() >= wanted.most_holders) break;
    const Slot& slot = slots_[id];
    id = slot.of_address.older;
    const uint64_t cgroup = cgroups_[slot.cgroup].id;
    if (!lacks(wanted.besides, cgroup) || !Alive(slot, wanted.now)) continue;
    seen = true;
    if (sources_[slot.source].trusted && lacks(holders, cgroup) &&
        holders.size() < wanted.most_holders)
      holders.push_back(cgroup);
  }
  return seen;
}

bool AddressNames::Alive(const Slot& slot, BootTime now) {
  const Nanoseconds used = std::chrono::seconds(slot.used_s);
  return now.time_since_epoch() - used <= kUnusedLife + 1s;
}

void AddressNames::Show(const Slot& slot, BootTime now, Binding& out) const {
  const Source& source = sources_[slot.source];
  out.names.clear();
  // A connect stamped on another CPU can be a little older than its answer.
  out.age = std::max(Nanoseconds(0), now - slot.answered);
  out.ttl_s = slot.ttl_s;
  out.resolver = source.resolver;
  out.trusted = source.trusted;
}

void AddressNames::Drop(uint64_t cgroup) {
  const auto found = numbers_.find(cgroup);
  if (found == numbers_.end()) return;
  Cgroup& dropped = cgroups_[found->second];
  while (dropped.fresh.size() > 0) Erase(dropped.fresh.oldest());
  while (dropped.expired.size() > 0) Erase(dropped.expired.oldest());
  free_cgroups_.push_back(found->second);
  numbers_.erase(found);
}

uint32_t AddressNames::NumberOf(uint64_t cgroup) {
  const auto found = numbers_.find(cgroup);
  if (found != numbers_.end()) return found->second;
  uint32_t number = static_cast<uint32_t>(cgroups_.size());
  if (free_cgroups_.empty()) {
    cgroups_.emplace_back();
  } else {
    number = free_cgroups_.back();
    free_cgroups_.pop_back();
  }
  cgroups_[number] = Cgroup{};
  cgroups_[number].id = cgroup;
  numbers_[cgroup] = number;
  return number;
}

SlotId AddressNames::FindAddress(const IpAddress& address) const {
  SlotId id = by_address_.First(IpAddressHash()(address));
  while (id != kNoSlot && addresses_[id].address != address)
    id = addresses_[id].next;
  return id;
}

SlotId AddressNames::TakeAddress(const IpAddress& address) {
  const SlotId id = addresses_.Take();
  addresses_[id] = Address{address, {}, kNoSlot};
  by_address_.Insert(addresses_, id);
  return id;
}

void AddressNames::DescribeSource(const Answer& answer, uint32_t number) {
  wanted_.cgroup = number;
  wanted_.resolver = answer.resolver;
  wanted_.trusted = answer.trusted;
  wanted_.names.clear();
  for (const DomainName& name : *answer.names)
    wanted_.names.insert(wanted_.names.end(), name.wire().begin(),
                         name.wire().end());
  wanted_.hash =
      HashBytes(wanted_.names, EndpointHash()(answer.resolver) ^ number);
}

SlotId AddressNames::FindSource() const {
  SlotId id = by_source_.First(wanted_.hash);
  for (; id != kNoSlot; id = sources_[id].next) {
    const Source& source = sources_[id];
    if (source.hash == wanted_.hash && source.cgroup == wanted_.cgroup &&
        source.trusted == wanted_.trusted &&
        source.resolver == wanted_.resolver && source.names == wanted_.names)
      break;
  }
  return id;
}

SlotId AddressNames::TakeSource() {
  const SlotId id = sources_.Take();
  sources_[id] = wanted_;  // copies into the capacity that is there
  by_source_.Insert(sources_, id);
  cgroups_[wanted_.cgroup].bytes += BytesOf(wanted_);
  bytes_ += BytesOf(wanted_);
  return id;
}

SlotId AddressNames::FindSlot(uint32_t number, SlotId address,
                              SlotId source) const {
  if (address == kNoSlot || source == kNoSlot) return kNoSlot;
  SlotId id = by_key_.First(KeyOf(number, address));
  for (; id != kNoSlot; id = slots_[id].next)
    if (slots_[id].cgroup == number && slots_[id].address == address &&
        slots_[id].source == source)
      break;
  return id;
}

AddressStats AddressNames::stats() const {
  AddressStats stats = stats_;
  stats.bindings = slots_.in_use();
  stats.addresses = addresses_.in_use();
  stats.bytes = bytes_;
  return stats;
}

size_t AddressNames::MemoryBytes() const {
  return slots_.MemoryBytes() + sources_.MemoryBytes() +
         addresses_.MemoryBytes() + by_key_.MemoryBytes() +
         by_source_.MemoryBytes() + by_address_.MemoryBytes() +
         cgroups_.capacity() * sizeof(Cgroup);
}

}  // namespace nameward
