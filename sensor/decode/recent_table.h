// SPDX-License-Identifier: Apache-2.0
// A fixed table of what was seen lately, by number (a socket cookie, a key the
// kernel made): sets of eight slots, where a new key takes the place of the one
// of its set that was not asked for the longest.
//
// All memory is taken at once; Find, Insert and Erase are O(1) and allocate
// nothing.  A value keeps its buffers when its slot changes hands.  One thread.
#ifndef NAMEWARD_DECODE_RECENT_TABLE_H_
#define NAMEWARD_DECODE_RECENT_TABLE_H_

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hash.h"

namespace nameward {

template <typename V>
class RecentTable {
 public:
  // Rounded up to 8 times a power of two.
  explicit RecentTable(size_t capacity)
      : slots_(std::bit_ceil(std::max(capacity, kWays))) {}

  V* Find(uint64_t key) {
    Slot* set = SetOf(key);
    for (Slot* slot = set; slot != set + kWays; ++slot)
      if (slot->age != 0 && slot->key == key) {
        slot->age = ++clock_;
        return &slot->value;
      }
    return nullptr;
  }

  // A slot for a key that Find does not find.  `evict(V&)` is called with the
  // value that has to go, if any; the value returned is what the last owner
  // left.
  template <typename Evict>
  V& Insert(uint64_t key, Evict&& evict) {
    Slot* set = SetOf(key);
    Slot* slot = std::min_element(
        set, set + kWays,
        [](const Slot& a, const Slot& b) { return a.age < b.age; });
    if (slot->age != 0) evict(slot->value);
    slot->key = key;
    slot->age = ++clock_;
    return slot->value;
  }

  void Erase(uint64_t key) {
    Slot* set = SetOf(key);
    for (Slot* slot = set; slot != set + kWays; ++slot)
      if (slot->key == key) slot->age = 0;
  }

  size_t capacity() const { return slots_.size(); }

 private:
  static constexpr size_t kWays = 8;

  struct Slot {
    uint64_t key = 0;
    uint64_t age = 0;  // 0: free; else the higher, the later used
    V value{};
  };

  Slot* SetOf(uint64_t key) {
    const size_t sets = slots_.size() / kWays;
    return slots_.data() + (MixNumber(key) & (sets - 1)) * kWays;
  }

  std::vector<Slot> slots_;
  uint64_t clock_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_RECENT_TABLE_H_
