// SPDX-License-Identifier: Apache-2.0
#include "decode/datagram.h"

namespace nameward {

bool Datagrams::IsSane(const nw_payload& head) {
  return head.total <= NW_MAX_DATAGRAM && head.offset <= head.total &&
         head.size <= head.total - head.offset &&
         (head.size > 0 || head.total == 0);
}

ChunkFate Datagrams::Append(Datagram& datagram, const nw_payload& head,
                            Bytes chunk) {
  if (datagram.broken) return ChunkFate::kIgnored;
  if (head.offset != datagram.bytes.size() ||
      head.total != datagram.head.total) {
    datagram.broken = true;
    return ChunkFate::kMissing;
  }
  datagram.bytes.insert(datagram.bytes.end(), chunk.begin(), chunk.end());
  return datagram.bytes.size() == head.total ? ChunkFate::kComplete
                                             : ChunkFate::kWaiting;
}

}  // namespace nameward
