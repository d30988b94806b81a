// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace nameward {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected 0x1edc6f41
constexpr size_t kSlices = 8;
using Table = std::array<std::array<uint32_t, 256>, kSlices>;

constexpr Table MakeTable() {
  Table table{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[0][byte] = crc;
  }
  for (size_t slice = 1; slice < kSlices; ++slice)
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t before = table[slice - 1][byte];
      table[slice][byte] = (before >> 8) ^ table[0][before & 0xff];
    }
  return table;
}
constexpr Table kTable = MakeTable();

uint64_t LoadLittleEndian(const uint8_t* at) {
  uint64_t word = 0;
  for (size_t i = 0; i < 8; ++i)
    word |= static_cast<uint64_t>(at[i]) << (8 * i);
  return word;
}

uint32_t StepByte(uint32_t crc, uint8_t byte) {
  return (crc >> 8) ^ kTable[0][(crc ^ byte) & 0xff];
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t ExtendSse42(uint32_t crc,
                                                       Bytes bytes) {
  uint64_t state = ~crc;
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto tail = static_cast<uint32_t>(state);
  for (; at < bytes.size(); ++at) tail = _mm_crc32_u8(tail, bytes[at]);
  return ~tail;
}
#endif

}  // namespace

uint32_t ExtendCrc32cPortable(uint32_t crc, Bytes bytes) {
  crc = ~crc;
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    const uint64_t word = LoadLittleEndian(bytes.data() + at) ^ crc;
    crc = 0;
    for (size_t i = 0; i < kSlices; ++i)
      crc ^= kTable[kSlices - 1 - i][(word >> (8 * i)) & 0xff];
  }
  for (; at < bytes.size(); ++at) crc = StepByte(crc, bytes[at]);
  return ~crc;
}

uint32_t ExtendCrc32c(uint32_t crc, Bytes bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return ExtendSse42(crc, bytes);
#endif
  return ExtendCrc32cPortable(crc, bytes);
}

}  // namespace nameward
