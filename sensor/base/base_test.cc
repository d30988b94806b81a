// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <array>
#include <cerrno>

#include "base/byte_reader.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/result.h"

namespace nameward {
namespace {

TEST(ByteReader, ReadsBigEndianAndStopsAtTheEnd) {
  const std::array<uint8_t, 7> bytes = {1, 0, 2, 0, 0, 0, 3};
  ByteReader reader(bytes);
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U16(), 2);
  EXPECT_EQ(reader.U64(), std::nullopt);
  EXPECT_EQ(reader.position(), 3U) << "a failed read must not move";
  EXPECT_EQ(reader.U32(), 3U);
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_FALSE(reader.Skip(1));
  EXPECT_FALSE(reader.Seek(8));
}

TEST(Clock, FormatsWallTimeWithNineDigits) {
  EXPECT_EQ(FormatRfc3339(WallTime(Nanoseconds(1'767'323'045'000'000'006))),
            "2026-01-02T03:04:05.000000006Z");
  EXPECT_EQ(FormatRfc3339(WallTime(Nanoseconds(-1))),
            "1969-12-31T23:59:59.999999999Z");
}

TEST(Clock, OffsetTurnsBootTimeIntoWallTime) {
  SystemClock clock;
  const auto wall = clock.Offset().ToWall(clock.Now()).time_since_epoch();
  const auto system = std::chrono::system_clock::now().time_since_epoch();
  EXPECT_LT(std::chrono::abs(wall - system), 1s);
}

// Vectors of the 1-3 variant as Rust's core::hash tests publish them: key
// 00..0f, inputs of 0 and 8 bytes.
TEST(SipHash13, DependsOnEveryByteAndTheKey) {
  const HashKey key{0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL};
  std::array<uint8_t, 15> input{};
  for (uint8_t i = 0; i < input.size(); ++i) input[i] = i;
  EXPECT_EQ(SipHash13({}, key), 0xabac0158050fc4dcULL);
  EXPECT_EQ(SipHash13(std::span(input).first(8), key), 0x369095118d299a8eULL);
  EXPECT_NE(SipHash13(input, key), SipHash13(std::span(input).first(14), key));
  EXPECT_NE(SipHash13(input, key), SipHash13(input, HashKey{1, 2}));
}

TEST(Error, ReadsWhatWhyAndWhatToDo) {
  const Error error = ErrnoError("open x.yaml", ENOENT, "check the path");
  EXPECT_EQ(error.Wrap("rules").ToString(),
            "rules: open x.yaml: No such file or directory (check the path)");
}

}  // namespace
}  // namespace nameward
