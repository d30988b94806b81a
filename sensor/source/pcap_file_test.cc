// SPDX-License-Identifier: Apache-2.0
#include "source/pcap_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/test_packets.h"

namespace nameward {
namespace {

using namespace test;
using ::testing::HasSubstr;

constexpr uint64_t kT = 1'700'000'000'123'456'789;

std::string WhyNot(const Buffer& image) {
  const auto file = PcapFile::FromBytes(image, "f.pcap");
  return file ? "it can be read" : file.error().ToString();
}

// Section header, interface description, one enhanced packet; little-endian.
Buffer PcapNg(const Buffer& frame) {
  Buffer out;
  const auto u32 = [&out](uint64_t value) {
    for (int i = 0; i < 4; ++i)
      out.push_back(static_cast<uint8_t>(value >> (8 * i)));
  };
  for (const uint64_t word :
       {0x0a0d0d0aULL, 28ULL, 0x1a2b3c4dULL, 1ULL, ~0ULL, ~0ULL, 28ULL})
    u32(word);
  // if_tsresol 9: nanoseconds.
  for (const uint64_t word : {1, 32, 1, 262144, 0x00010009, 9, 0, 32})
    u32(word);
  const size_t padded = (frame.size() + 3) & ~size_t{3};
  for (const uint64_t word : {uint64_t{6}, 32 + padded, uint64_t{0}, kT >> 32,
                              kT, frame.size(), frame.size()})
    u32(word);
  Put(out, frame);
  out.resize(out.size() + padded - frame.size());
  u32(32 + padded);
  return out;
}

TEST(PcapFile, ReadsMicrosecondsNanosecondsAndPcapng) {
  const Buffer frame = Text("frame");
  const Buffer images[] = {Capture(1, false).Add(kT, frame).bytes(),
                           Capture(1, true).Add(kT, frame).bytes(),
                           PcapNg(frame)};
  const uint64_t times[] = {kT / 1000 * 1000, kT, kT};
  for (size_t i = 0; i < 3; ++i) {
    auto file = PcapFile::FromBytes(images[i], "f.pcap");
    ASSERT_TRUE(file) << file.error().ToString();
    const auto packet = file->Next();
    ASSERT_TRUE(packet);
    EXPECT_EQ(packet->time_ns, times[i]);
    EXPECT_EQ(Buffer(packet->bytes.begin(), packet->bytes.end()), frame);
    EXPECT_FALSE(file->Next());
    EXPECT_FALSE(file->Warning());
  }
}

TEST(PcapFile, ReadsEachLinkTypeItNames) {
  for (const uint32_t type :
       {0U, 1U, 12U, 14U, 101U, 108U, 113U, 228U, 229U, 276U}) {
    const Capture capture(type);
    EXPECT_TRUE(PcapFile::FromBytes(capture.bytes(), "f")) << type;
  }
}

TEST(PcapFile, SaysWhatIsWrongAndWhatToDo) {
  EXPECT_THAT(WhyNot(Capture(105).bytes()),
              HasSubstr("f.pcap: its link type 105 (IEEE802_11) can't be read "
                        "(capture Ethernet"));
  EXPECT_THAT(WhyNot({}), HasSubstr("f.pcap: is empty (give a recording"));
  EXPECT_THAT(WhyNot(Text("no capture at all, but long enough to be one")),
              HasSubstr("f.pcap: unknown file format (give a recording"));
  EXPECT_THAT(WhyNot({0x1f, 0x8b, 8, 0, 0, 0, 0, 0}),
              HasSubstr("f.pcap: is compressed (gunzip it first)"));
  EXPECT_THAT(PcapFile::Open("/nonexistent").error().ToString(),
              HasSubstr("/nonexistent: No such file or directory"));
}

TEST(PcapFile, GivesThePacketsBeforeATearAndTellsWhereItIs) {
  Capture capture;
  capture.Add(kT, Text("one")).Add(kT, Text("two"));
  Buffer torn = capture.bytes();
  torn.pop_back();
  auto file = PcapFile::FromBytes(torn, "f.pcap");
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->Next());
  EXPECT_FALSE(file->Next());
  ASSERT_TRUE(file->Warning());
  EXPECT_THAT(file->Warning()->ToString(), HasSubstr("f.pcap: truncated"));
  EXPECT_THAT(file->Warning()->ToString(),
              HasSubstr("after packet 1 (all packets before it were read)"));
}

TEST(PcapFile, EndsAtAnAbsurdLength) {
  Buffer image = Capture().Add(kT, Text("one")).bytes();
  image[24 + 8] = 0xff;  // the captured length's first byte
  auto file = PcapFile::FromBytes(image, "f.pcap");
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->Next());
  ASSERT_TRUE(file->Warning());
  EXPECT_THAT(file->Warning()->ToString(), HasSubstr("packet capture length"));
}

}  // namespace
}  // namespace nameward
