// SPDX-License-Identifier: Apache-2.0
// Datagrams longer than NW_CHUNK come in several records that share a socket
// cookie and an id; here they become one payload again.
//
// The kernel sends the chunks of one datagram in order, those of others may lie
// between them.  A missing chunk is never papered over.  At most kMaxDatagrams
// x 64 KiB of memory; no allocation in the steady state.  One thread.
#ifndef NAMEWARD_DECODE_DATAGRAM_H_
#define NAMEWARD_DECODE_DATAGRAM_H_

#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "bpf/event.h"
#include "decode/recent_table.h"

namespace nameward {

enum class ChunkFate : uint8_t {
  kWaiting,   // more to come
  kComplete,  // `whole` is the payload
  kMissing,   // a chunk before this one was lost
  kIgnored,   // belongs to a datagram already found to miss a chunk
  kBad,       // its numbers contradict each other
};

class Datagrams {
 public:
  // Datagrams of one CPU's softirq or one sendmsg each, so about one for each
  // CPU; 64 for large nodes.
  static constexpr size_t kMaxDatagrams = 64;

  // `evict(const nw_payload&)` is called with the first record of an unfinished
  // datagram that has to make room.  `whole` is valid until the next call.
  template <typename Evict>
  ChunkFate Add(const nw_payload& head, Bytes chunk, Bytes& whole,
                Evict&& evict) {
    if (!IsSane(head)) return ChunkFate::kBad;
    whole = chunk;
    if (head.size == head.total) return ChunkFate::kComplete;
    const uint64_t key = MixNumber(head.h.cookie) ^ head.id;
    Datagram* known = partial_.Find(key);
    if (known == nullptr) {
      known = &partial_.Insert(key, [&](Datagram& old) {
        ++evicted_;
        if (!old.broken) evict(old.head);
      });
      *known = Datagram{head, false, std::move(known->bytes)};
      known->bytes.clear();
    }
    const ChunkFate fate = Append(*known, head, chunk);
    whole = known->bytes;
    if (head.offset + head.size == head.total) partial_.Erase(key);
    return fate;
  }

  uint64_t evicted() const { return evicted_; }

 private:
  struct Datagram {
    nw_payload head{};
    bool broken = false;
    std::vector<uint8_t> bytes;
  };

  static bool IsSane(const nw_payload& head);
  static ChunkFate Append(Datagram& datagram, const nw_payload& head,
                          Bytes chunk);

  RecentTable<Datagram> partial_{kMaxDatagrams};
  uint64_t evicted_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_DATAGRAM_H_
