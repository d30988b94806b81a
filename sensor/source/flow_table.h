// SPDX-License-Identifier: Apache-2.0
// What is kept of each pair of endpoints that a capture shows: a table of
// bounded size, where the pair seen longest ago makes room for a new one.
// Amortised O(1).  One thread.
#ifndef NAMEWARD_SOURCE_FLOW_TABLE_H_
#define NAMEWARD_SOURCE_FLOW_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/hash.h"
#include "model/address.h"

namespace nameward {

// The same for both directions.
struct EndpointPair {
  EndpointPair(const Endpoint& one, const Endpoint& other)
      : low(one < other ? one : other), high(one < other ? other : one) {}
  Endpoint low;
  Endpoint high;
  bool operator==(const EndpointPair&) const = default;
};
struct EndpointPairHash {
  size_t operator()(const EndpointPair& pair) const {
    const EndpointHash hash;
    return MixNumber(hash(pair.low) + 3 * hash(pair.high));
  }
};

template <typename T>
class FlowTable {
 public:
  explicit FlowTable(size_t capacity) : capacity_(capacity) {}

  // Null if not there; else it counts as seen now.
  T* Find(const EndpointPair& pair) {
    const auto found = index_.find(pair);
    if (found == index_.end()) return nullptr;
    flows_.splice(flows_.begin(), flows_, found->second);
    return &found->second->second;
  }
  // Replaces what was there.  on_evict(T&) sees what had to go.
  template <typename OnEvict>
  T& Put(const EndpointPair& pair, T flow, OnEvict&& on_evict) {
    if (T* known = Find(pair)) {
      on_evict(*known);
      *known = std::move(flow);
      return *known;
    }
    if (flows_.size() == capacity_) {
      on_evict(flows_.back().second);
      index_.erase(flows_.back().first);
      flows_.pop_back();
      ++evicted_;
    }
    flows_.emplace_front(pair, std::move(flow));
    index_.emplace(pair, flows_.begin());
    return flows_.front().second;
  }

  size_t size() const { return flows_.size(); }
  uint64_t evicted() const { return evicted_; }

 private:
  using List = std::list<std::pair<EndpointPair, T>>;  // last seen first
  const size_t capacity_;
  List flows_;
  std::unordered_map<EndpointPair, typename List::iterator, EndpointPairHash>
      index_;
  uint64_t evicted_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_FLOW_TABLE_H_
