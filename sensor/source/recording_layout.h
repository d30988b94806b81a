// SPDX-License-Identifier: Apache-2.0
// The bytes of docs/recording-format.md, for the writer and the reader only.
#ifndef NAMEWARD_SOURCE_RECORDING_LAYOUT_H_
#define NAMEWARD_SOURCE_RECORDING_LAYOUT_H_

#include <array>
#include <bit>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/crc32c.h"

namespace nameward::recording {

// Kernel records lie in the file as the kernel wrote them.
static_assert(std::endian::native == std::endian::little,
              "recordings are little-endian; teach both sides to swap");

// As PNG's: a transfer in text mode changes the CR LF or stops at the 0x1a.
constexpr std::array<uint8_t, 8> kMagic = {'N',  'W',  'R',  'E',
                                           '\r', '\n', 0x1a, '\n'};

struct FileHeader {
  std::array<uint8_t, 8> magic;
  uint16_t version;
  uint16_t length;  // of the header: later versions may append
  uint32_t kernel_abi;
  uint64_t salt;
  uint32_t reserved;
  uint32_t crc;  // of all header bytes but these four
};
static_assert(sizeof(FileHeader) == 32);

struct RecordHeader {
  uint32_t crc;     // of the salt, the rest of this header, the payload
  uint32_t length;  // of the payload, without padding
  uint16_t type;    // enum RecordType; never 0
  uint16_t flags;   // 0
  uint32_t sequence;
};
static_assert(sizeof(RecordHeader) == 16);

// Records begin at multiples of this.
constexpr size_t kAlignment = 8;
constexpr size_t Padded(size_t length) {
  return (length + kAlignment - 1) & ~(kAlignment - 1);
}

template <typename T>
Bytes AsBytes(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

// Every record's checksum begins with the salt, so that bytes which a pod
// brought into the file can never pass for a record.
inline uint32_t Seed(uint64_t salt) { return Crc32c(AsBytes(salt)); }
inline uint32_t HeaderCrc(const FileHeader& header) {
  return Crc32c(AsBytes(header).first(sizeof header - sizeof header.crc));
}
inline uint32_t RecordCrc(uint32_t seed, const RecordHeader& header,
                          Bytes payload) {
  const uint32_t crc =
      ExtendCrc32c(seed, AsBytes(header).subspan(sizeof header.crc));
  return ExtendCrc32c(crc, payload);
}

}  // namespace nameward::recording

#endif  // NAMEWARD_SOURCE_RECORDING_LAYOUT_H_
