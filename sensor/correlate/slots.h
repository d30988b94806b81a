// SPDX-License-Identifier: Apache-2.0
// The three parts of which correlate's bounded tables are made: a pool of slots
// named by number, lists and hash chains that thread through the slots.
//
// No allocation but when the pool or an index grows to a new high; a slot's
// address never changes.  Nothing depends on the order of a hash chain: callers
// choose by time and serial, so results are the same under any hash key.
// One thread.
#ifndef NAMEWARD_CORRELATE_SLOTS_H_
#define NAMEWARD_CORRELATE_SLOTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace nameward {

using SlotId = uint32_t;
inline constexpr SlotId kNoSlot = UINT32_MAX;

// Slots in chunks, so that growth neither moves nor doubles.
template <typename T>
class SlotPool {
 public:
  T& operator[](SlotId id) { return chunks_[id / kChunk][id % kChunk]; }
  const T& operator[](SlotId id) const {
    return chunks_[id / kChunk][id % kChunk];
  }

  // A slot in whatever state it was given back.
  SlotId Take() {
    ++in_use_;
    if (!free_.empty()) {
      const SlotId id = free_.back();
      free_.pop_back();
      return id;
    }
    if (made_ == chunks_.size() * kChunk) {
      chunks_.push_back(std::make_unique<T[]>(kChunk));
      free_.reserve(chunks_.size() * kChunk);
    }
    return static_cast<SlotId>(made_++);
  }
  void Give(SlotId id) {
    --in_use_;
    free_.push_back(id);
  }

  size_t in_use() const { return in_use_; }
  size_t MemoryBytes() const {
    return chunks_.size() * kChunk * sizeof(T) +
           free_.capacity() * sizeof(SlotId);
  }

 private:
  static constexpr size_t kChunk = 512;
  std::vector<std::unique_ptr<T[]>> chunks_;
  std::vector<SlotId> free_;
  size_t made_ = 0;
  size_t in_use_ = 0;
};

struct SlotLink {
  SlotId older = kNoSlot;
  SlotId newer = kNoSlot;
};

// A list through the member `kLink` of the slots, oldest to newest.
template <typename T, SlotLink T::*kLink>
class SlotList {
 public:
  SlotId oldest() const { return oldest_; }
  SlotId newest() const { return newest_; }
  size_t size() const { return size_; }

  void Append(SlotPool<T>& pool, SlotId id) {
    pool[id].*kLink = {newest_, kNoSlot};
    (newest_ == kNoSlot ? oldest_ : (pool[newest_].*kLink).newer) = id;
    newest_ = id;
    ++size_;
  }
  void Remove(SlotPool<T>& pool, SlotId id) {
    const SlotLink link = pool[id].*kLink;
    (link.older == kNoSlot ? oldest_ : (pool[link.older].*kLink).newer) =
        link.newer;
    (link.newer == kNoSlot ? newest_ : (pool[link.newer].*kLink).older) =
        link.older;
    --size_;
  }
  void MoveToNewest(SlotPool<T>& pool, SlotId id) {
    if (id == newest_) return;
    Remove(pool, id);
    Append(pool, id);
  }

 private:
  SlotId oldest_ = kNoSlot;
  SlotId newest_ = kNoSlot;
  uint32_t size_ = 0;
};

// Hash chains through the member `kNext`; `kHash` says what a slot hashes to.
template <typename T, SlotId T::*kNext, uint64_t (*kHash)(const T&)>
class SlotIndex {
 public:
  // The first slot of the chain of `hash`; follow kNext, compare each.
  SlotId First(uint64_t hash) const {
    return heads_.empty() ? kNoSlot : heads_[hash & (heads_.size() - 1)];
  }
  void Insert(SlotPool<T>& pool, SlotId id) {
    if (size_ == heads_.size()) Grow(pool);
    Link(pool, id);
    ++size_;
  }
  void Remove(SlotPool<T>& pool, SlotId id) {
    SlotId* at = &heads_[kHash(pool[id]) & (heads_.size() - 1)];
    while (*at != id) at = &(pool[*at].*kNext);
    *at = pool[id].*kNext;
    --size_;
  }
  size_t MemoryBytes() const { return heads_.capacity() * sizeof(SlotId); }

 private:
  static constexpr size_t kFewest = 64;

  void Link(SlotPool<T>& pool, SlotId id) {
    SlotId& head = heads_[kHash(pool[id]) & (heads_.size() - 1)];
    pool[id].*kNext = head;
    head = id;
  }
  void Grow(SlotPool<T>& pool) {
    std::vector<SlotId> old(heads_.empty() ? kFewest : heads_.size() * 2,
                            kNoSlot);
    old.swap(heads_);
    for (const SlotId head : old)
      for (SlotId id = head; id != kNoSlot;) {
        const SlotId next = pool[id].*kNext;
        Link(pool, id);
        id = next;
      }
  }

  std::vector<SlotId> heads_;
  size_t size_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_SLOTS_H_
