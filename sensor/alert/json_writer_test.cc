// SPDX-License-Identifier: Apache-2.0
#include "alert/json_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace nameward {
namespace {

std::string Escaped(std::string_view text, size_t cap = kNoCap) {
  std::string out;
  AppendEscaped(text, cap, out);
  return out;
}

TEST(JsonWriter, EscapesEveryControlCharacter) {
  EXPECT_EQ(Escaped(std::string_view("a\0b", 3)), "a\\u0000b");
  EXPECT_EQ(Escaped("\n\t\x1b\x7f"), "\\n\\t\\u001b\\u007f");
  EXPECT_EQ(Escaped("\"\\"), "\\\"\\\\");
  EXPECT_EQ(Escaped("\xc2\x9b"), "\\u009b");  // CSI of a terminal
}

TEST(JsonWriter, EscapesLineSeparatorsAndDirectionMarks) {
  EXPECT_EQ(Escaped("\u2028\u2029"), "\\u2028\\u2029");
  EXPECT_EQ(Escaped("\u202e\u2066\u200f"), "\\u202e\\u2066\\u200f");
}

TEST(JsonWriter, LeavesOtherUtf8AsItIs) {
  EXPECT_EQ(Escaped("bücher→☃😀"), "bücher→☃😀");
}

TEST(JsonWriter, ShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(Escaped("\xff"), "\\u00ff");
  EXPECT_EQ(Escaped("a\xc3"), "a\\u00c3");                      // cut short
  EXPECT_EQ(Escaped("\xc0\xaf"), "\\u00c0\\u00af");             // overlong
  EXPECT_EQ(Escaped("\xed\xa0\x80"), "\\u00ed\\u00a0\\u0080");  // surrogate
  EXPECT_EQ(Escaped("\xf5\x80\x80\x80"), "\\u00f5\\u0080\\u0080\\u0080");
}

TEST(JsonWriter, CutsBetweenCharactersAndMarksIt) {
  EXPECT_EQ(Escaped("abcdef", 6), "abcdef");
  EXPECT_EQ(Escaped("abcdefg", 6), "abcdef…");
  EXPECT_EQ(Escaped("ab\n", 3), "ab…");
  EXPECT_EQ(Escaped("aü", 2), "a…");
}

TEST(JsonWriter, WritesEverySequenceOfTwoBytesAsValidJson) {
  for (unsigned value = 0; value < 0x10000; ++value) {
    const char bytes[2] = {static_cast<char>(value >> 8),
                           static_cast<char>(value)};
    std::string line;
    JsonWriter(line).String({bytes, 2});
    ASSERT_TRUE(nlohmann::json::accept(line)) << value;
  }
}

TEST(JsonWriter, WritesNumbersAtTheirBounds) {
  std::string line;
  JsonWriter json(line);
  json.BeginArray();
  json.Number(UINT64_MAX);
  json.Signed(INT64_MIN);
  json.Decimal(UINT64_MAX);
  json.Bool(false);
  json.Null();
  json.EndArray();
  EXPECT_EQ(line,
            "[18446744073709551615,-9223372036854775808,"
            "\"18446744073709551615\",false,null]");
}

TEST(JsonWriter, KeepsEveryByteOfANameReadable) {
  for (unsigned byte = 0; byte < 256; ++byte) {
    const uint8_t label[3] = {'a', static_cast<uint8_t>(byte), 'b'};
    DomainName name;
    ASSERT_TRUE(name.AppendLabel(label));
    std::string line;
    JsonWriter(line).Name(name);
    const auto text = nlohmann::json::parse(line).get<std::string>();
    EXPECT_EQ(DomainName::Parse(text), name) << line;
  }
}

}  // namespace
}  // namespace nameward
