// SPDX-License-Identifier: Apache-2.0
// The only way bytes from outside are read: bounds-checked, no cast of payload.
//
// Every read either succeeds whole or leaves the position where it was and
// returns nullopt.  Does not own the bytes.  One thread.  O(1) per read.
#ifndef NAMEWARD_BASE_BYTE_READER_H_
#define NAMEWARD_BASE_BYTE_READER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

namespace nameward {

using Bytes = std::span<const uint8_t>;

class ByteReader {
 public:
  explicit ByteReader(Bytes bytes) : bytes_(bytes) {}

  size_t position() const { return position_; }
  size_t remaining() const { return bytes_.size() - position_; }
  bool AtEnd() const { return remaining() == 0; }

  // Moves to an absolute position; false if it lies outside.
  bool Seek(size_t position) {
    if (position > bytes_.size()) return false;
    position_ = position;
    return true;
  }
  bool Skip(size_t count) {
    if (count > remaining()) return false;
    position_ += count;
    return true;
  }
  std::optional<Bytes> Take(size_t count) {
    if (count > remaining()) return std::nullopt;
    const Bytes taken = bytes_.subspan(position_, count);
    position_ += count;
    return taken;
  }
  std::optional<uint8_t> U8() { return BigEndian<uint8_t>(); }
  std::optional<uint16_t> U16() { return BigEndian<uint16_t>(); }
  std::optional<uint32_t> U32() { return BigEndian<uint32_t>(); }
  std::optional<uint64_t> U64() { return BigEndian<uint64_t>(); }

  // A trivially copyable struct in host order, such as those of bpf/event.h.
  template <typename T>
  std::optional<T> Copy() {
    static_assert(std::is_trivially_copyable_v<T>);
    const auto taken = Take(sizeof(T));
    if (!taken) return std::nullopt;
    T value;
    std::memcpy(&value, taken->data(), sizeof(T));
    return value;
  }

 private:
  template <typename T>
  std::optional<T> BigEndian() {
    const auto taken = Take(sizeof(T));
    if (!taken) return std::nullopt;
    uint64_t value = 0;
    for (const uint8_t byte : *taken) value = (value << 8) | byte;
    return static_cast<T>(value);
  }

  Bytes bytes_;
  size_t position_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_BASE_BYTE_READER_H_
