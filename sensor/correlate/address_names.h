// SPDX-License-Identifier: Apache-2.0
// Which addresses DNS gave to which cgroup, and under which names.
//
// A binding is (cgroup, address, names of the chain, resolver, trusted).  There
// are bounds on a cgroup's bindings and bytes, on a name's addresses, on an
// address' names, and on the bytes in all.  Only the cgroup that wants room
// gives it: first what has outlived its TTL, then what was used longest ago.
// What a cgroup is charged depends on its own bindings alone; one that loses
// something only because others have filled the table is told (kStarved).
//
// A binding lasts until it is evicted or kUnusedLife after its last use; Find
// is a use.  O(names of the address) per call; no allocation once the pools
// have grown.  Names are hashed under the process' key.  One thread.
#ifndef NAMEWARD_CORRELATE_ADDRESS_NAMES_H_
#define NAMEWARD_CORRELATE_ADDRESS_NAMES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "base/hash.h"
#include "correlate/slots.h"
#include "model/address.h"
#include "model/dns.h"
#include "model/evidence.h"

namespace nameward {

struct AddressLimits {
  // Most pods use tens of addresses; 1,024 lets a crawler keep its last ones.
  size_t bindings_per_cgroup = 1024;
  // A name that rotates through a large set must not push out the others.
  size_t addresses_per_name = 256;
  // Names of one address that are kept: a CDN's address has many.
  size_t names_per_address = 32;
  // Full tables of 100 pods; ordinary pods need a twentieth of that.
  size_t bytes_in_all = 32 * 1024 * 1024;

  // Configuration can't ask for more than this.
  static constexpr size_t kMostBindingsPerCgroup = 4096;
  // A binding and its share of the names need 150 to 300; long chains more.
  static constexpr size_t kBytesPerBinding = 512;
};

struct AddressStats {
  uint64_t inserted = 0;
  uint64_t refreshed = 0;
  uint64_t evicted_expired = 0;  // outlived its TTL, made room for its cgroup
  uint64_t evicted_bound = 0;    // still held, but the cgroup had no room
  uint64_t evicted_of_name = 0;  // over addresses_per_name
  uint64_t evicted_of_address = 0;  // over names_per_address
  uint64_t starved = 0;  // given up or refused because of others' load
  size_t bindings = 0;
  size_t addresses = 0;
  size_t bytes = 0;  // charged: what counts against the limits
};

class AddressNames {
 public:
  static constexpr Nanoseconds kUnusedLife = 7 * 24h;
  // Bindings looked at for FindElsewhere.
  static constexpr size_t kMostExamined = 64;

  // What a message gave, but for its addresses.
  struct Answer {
    uint64_t cgroup;
    const std::vector<DomainName>* names;  // the question, then its chain
    Endpoint resolver;
    bool trusted;
    BootTime time;
  };
  struct Wanted {
    std::span<const uint64_t> cgroups;  // any of these
    IpAddress address;
    bool trusted;
    BootTime now;
  };
  struct Elsewhere {
    std::span<const uint64_t> besides;  // these don't count
    IpAddress address;
    BootTime now;
    size_t most_holders;
  };
  // The worst that happened to the cgroup; in rising order.
  enum class Outcome : uint8_t {
    kKept,
    kEvictedBound,  // a binding that held made room: its own flood
    kStarved,       // something was lost to others' load
  };

  explicit AddressNames(AddressLimits limits = {});

  Outcome Insert(const Answer& answer, std::span<const DnsAddress> given);
  // The cgroups' binding of the address, with all its names, those of the
  // binding that decides first; false, and `out` untouched, if there is none.
  // Counts as a use.
  bool Find(const Wanted& wanted, Binding& out);
  // Whether another cgroup got it, of anyone; those that got it from a trusted
  // resolver into `holders`, each once, newest first.  Of the newest
  // kMostExamined bindings; no use: evidence only.
  bool FindElsewhere(const Elsewhere& wanted,
                     std::vector<uint64_t>& holders) const;
  void Drop(uint64_t cgroup);

  AddressStats stats() const;
  size_t MemoryBytes() const;

 private:
  // Names, resolver and trust, shared by the addresses of a cgroup's answers.
  struct Slot {
    SlotId address = kNoSlot;
    SlotId source = kNoSlot;
    SlotId next = kNoSlot;
    uint32_t cgroup = 0;
    uint32_t ttl_s : 31 = 0;
    uint32_t expired : 1 = 0;  // it is in its cgroup's list `expired`
    uint32_t used_s = 0;       // boot time of the last use
    BootTime answered;
    uint64_t serial = 0;  // order of answers, where their times are equal
    SlotLink in_cgroup;
    SlotLink of_address;
    SlotLink of_source;
  };
  // Names, resolver and trust, shared by the addresses of a cgroup's answers.
  struct Source {
    uint64_t hash = 0;
    uint32_t cgroup = 0;
    SlotId next = kNoSlot;
    Endpoint resolver;
    bool trusted = false;
    std::vector<uint8_t> names;                 // wire forms, one after another
    SlotList<Slot, &Slot::of_source> bindings;  // in order of use
  };
  // An address that somebody was given.
  struct Address {
    IpAddress address;
    SlotList<Slot, &Slot::of_address> bindings;
    SlotId next = kNoSlot;
  };
  struct Cgroup {
    uint64_t id = 0;
    SlotList<Slot, &Slot::in_cgroup> fresh;    // in order of use
    SlotList<Slot, &Slot::in_cgroup> expired;  // outlived their TTL
    size_t bytes = 0;
    BootTime next_sweep;
  };

  static uint64_t SourceHash(const Source& source) { return source.hash; }
  static uint64_t SlotHash(const Slot& slot) {
    return KeyOf(slot.cgroup, slot.address);
  }
  static uint64_t AddressHash(const Address& address) {
    return IpAddressHash()(address.address);
  }
  // Both are our own small numbers, so the mix need not be keyed.
  static uint64_t KeyOf(uint32_t cgroup, SlotId address) {
    return MixNumber(uint64_t{cgroup} << 32 | address);
  }

  // A binding, its address and their places in the indexes.
  static constexpr size_t kSlotBytes =
      sizeof(Slot) + sizeof(Address) + 4 * sizeof(SlotId);
  static size_t BytesOf(const Source& source) {
    return sizeof(Source) + source.names.size();
  }

  uint32_t NumberOf(uint64_t cgroup);
  SlotId FindAddress(const IpAddress& address) const;
  SlotId FindSource() const;  // … that equals wanted_
  SlotId FindSlot(uint32_t cgroup, SlotId address, SlotId source) const;
  void DescribeSource(const Answer& answer, uint32_t cgroup);
  Outcome InsertOne(uint32_t cgroup, const DnsAddress& given, BootTime now);
  void Refresh(SlotId id, uint32_t ttl_s, BootTime now);
  void Make(uint32_t cgroup, const DnsAddress& given, BootTime now);
  SlotId TakeSource();
  SlotId TakeAddress(const IpAddress& address);
  void KeepCaps(uint32_t cgroup, SlotId address, SlotId source);
  bool HasRoom(const Cgroup& cgroup) const;
  Outcome MakeRoom(Cgroup& cgroup, BootTime now);
  void SweepExpired(Cgroup& cgroup, BootTime now);
  void Touch(SlotId id, BootTime now);
  void Erase(SlotId id);
  void Collect(uint32_t cgroup, SlotId address, const Wanted& wanted);
  static bool Alive(const Slot& slot, BootTime now);
  void Show(const Slot& slot, BootTime now, Binding& out) const;

  AddressLimits limits_;
  SlotPool<Slot> slots_;
  SlotPool<Source> sources_;
  SlotPool<Address> addresses_;
  SlotIndex<Slot, &Slot::next, &AddressNames::SlotHash> by_key_;
  SlotIndex<Source, &Source::next, &AddressNames::SourceHash> by_source_;
  SlotIndex<Address, &Address::next, &AddressNames::AddressHash> by_address_;
  std::vector<Cgroup> cgroups_;
  std::vector<uint32_t> free_cgroups_;
  std::unordered_map<uint64_t, uint32_t, NumberHash> numbers_;
  Source wanted_;              // scratch of Insert
  std::vector<SlotId> found_;  // scratch of Find, newest answer first
  uint64_t serial_ = 0;
  size_t bytes_ = 0;
  AddressStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_ADDRESS_NAMES_H_
