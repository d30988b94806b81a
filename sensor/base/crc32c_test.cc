// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include <gtest/gtest.h>

#include <cstring>
#include <numeric>
#include <vector>

namespace nameward {
namespace {

std::vector<uint8_t> Ascending() {
  std::vector<uint8_t> bytes(32);
  std::iota(bytes.begin(), bytes.end(), uint8_t{0});
  return bytes;
}

// RFC 3720 B.4, read as numbers (the RFC prints the bytes as sent).
TEST(Crc32c, GivesTheVectorsOfRfc3720) {
  const std::vector<uint8_t> ascending = Ascending();
  const std::vector<uint8_t> descending(ascending.rbegin(), ascending.rend());
  EXPECT_EQ(Crc32c(std::vector<uint8_t>(32, 0x00)), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(std::vector<uint8_t>(32, 0xff)), 0x62a8ab43U);
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eU);
  EXPECT_EQ(Crc32c(descending), 0x113fdb5cU);
  const std::vector<uint8_t> read_pdu = {
      0x01, 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,    0, 0, 0, 0,
      0x14, 0,    0, 0, 0, 0, 4, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18,
      0x28, 0,    0, 0, 0, 0, 0, 0, 2, 0, 0, 0,    0, 0, 0, 0};
  EXPECT_EQ(Crc32c(read_pdu), 0xd9963a56U);
}

TEST(Crc32c, IsTheSameInPartsAndWithoutTheInstruction) {
  std::vector<uint8_t> bytes(1000);
  for (size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<uint8_t>(i * 131 + (i >> 3));
  const Bytes all(bytes);
  for (size_t cut = 0; cut < 40; ++cut) {
    const uint32_t whole = Crc32c(all.subspan(cut));
    EXPECT_EQ(ExtendCrc32cPortable(0, all.subspan(cut)), whole);
    EXPECT_EQ(ExtendCrc32c(Crc32c(all.subspan(cut, cut)), all.subspan(2 * cut)),
              whole);
  }
}

}  // namespace
}  // namespace nameward
