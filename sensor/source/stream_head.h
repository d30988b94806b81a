// SPDX-License-Identifier: Apache-2.0
// The first bytes of one direction of a TCP stream, in whatever pieces and
// order they come, until they show whether it speaks DNS.  O(1) memory.
#ifndef NAMEWARD_SOURCE_STREAM_HEAD_H_
#define NAMEWARD_SOURCE_STREAM_HEAD_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>

#include "source/dns_shape.h"

namespace nameward {

class StreamHead {
 public:
  // `offset` of the bytes in the stream; the first copy of a byte stays.
  void Add(size_t offset, Bytes bytes) {
    for (size_t i = 0; i < bytes.size() && offset + i < kStreamHead; ++i) {
      if (filled_.test(offset + i)) continue;
      filled_.set(offset + i);
      bytes_[offset + i] = bytes[i];
    }
  }
  // nullopt until all of it is there.
  std::optional<DnsShape> Shape() const {
    if (!filled_.all()) return std::nullopt;
    return ShapeOfStream(bytes_);
  }

 private:
  std::bitset<kStreamHead> filled_;
  std::array<uint8_t, kStreamHead> bytes_{};
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_STREAM_HEAD_H_
