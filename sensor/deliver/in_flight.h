// SPDX-License-Identifier: Apache-2.0
// What one sink has taken from the spool and not yet acknowledged, oldest
// first.
//
// Acknowledgements come in any order (partitions answer apart); the watermark
// is the position before which everything is acknowledged, and all that a
// restart remembers.  Bounded by what the sink takes unacknowledged.  O(log n)
// each. Guarded by the spool's mutex.
#ifndef NAMEWARD_DELIVER_IN_FLIGHT_H_
#define NAMEWARD_DELIVER_IN_FLIGHT_H_

#include <algorithm>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "deliver/segment.h"

namespace nameward {

class InFlight {
 public:
  struct Entry {
    uint64_t position = 0;
    uint64_t sequence = 0;
    int64_t time_ns = 0;
    std::shared_ptr<Segment> segment;  // null: it is in memory
    uint8_t stream = 0;
    uint8_t severity = 0;
    bool acked = false;
  };

  void Begin(uint64_t next) { next_ = next; }
  // Positions only grow, but after a Rewind.
  void Add(Entry entry) {
    next_ = entry.position + 1;
    entries_.push_back(std::move(entry));
    ++unacked_;
  }
  // Its time; nullopt: not waited for, an acknowledgement too many.
  std::optional<int64_t> Ack(uint64_t position) {
    Entry* const at = Find(position);
    if (at == nullptr || at->acked) return std::nullopt;
    const int64_t time_ns = at->time_ns;
    at->acked = true;
    --unacked_;
    while (!entries_.empty() && entries_.front().acked) entries_.pop_front();
    return time_ns;
  }
  // It was in memory and is on disk now.
  void Move(uint64_t position, std::shared_ptr<Segment> segment) {
    Entry* const at = Find(position);
    if (at != nullptr) at->segment = std::move(segment);
  }
  uint64_t Watermark() const {
    return entries_.empty() ? next_ : entries_.front().position;
  }
  // Forgets all, and returns what was not acknowledged: only that, and what is
  // younger than all, is to be given from now on.
  std::vector<Entry> Rewind() {
    std::vector<Entry> unacked;
    next_ = Watermark();
    done_.erase(done_.begin(), done_.lower_bound(next_));
    for (Entry& entry : entries_)
      entry.acked ? void(done_.insert(entry.position))
                  : unacked.push_back(std::move(entry));
    entries_.clear();
    unacked_ = 0;
    return unacked;
  }
  // Not to be given again: it was, or was acknowledged before a Rewind.
  bool WasGiven(uint64_t position) const {
    return position < next_ || done_.count(position) > 0;
  }
  uint64_t next() const { return next_; }
  // What is before it and was not given never will be.
  void SkipTo(uint64_t next) { next_ = next; }
  const std::deque<Entry>& entries() const { return entries_; }
  size_t unacked() const { return unacked_; }
  // Of the oldest; 0: none.
  int64_t oldest_ns() const {
    return entries_.empty() ? 0 : entries_.front().time_ns;
  }

 private:
  Entry* Find(uint64_t position) {
    const auto at = std::lower_bound(
        entries_.begin(), entries_.end(), position,
        [](const Entry& entry, uint64_t p) { return entry.position < p; });
    const bool found = at != entries_.end() && at->position == position;
    return found ? &*at : nullptr;
  }

  std::deque<Entry> entries_;
  std::set<uint64_t> done_;
  uint64_t next_ = 0;
  size_t unacked_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_IN_FLIGHT_H_
