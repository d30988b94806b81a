// SPDX-License-Identifier: Apache-2.0
// The format as docs/recording-format.md says it: its worked example, and a
// recording of each released version.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>

#include "bpf/event.h"
#include "source/recording.h"

namespace nameward {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

// clang-format off
constexpr uint8_t kWorkedExample[] = {
    0x4e, 0x57, 0x52, 0x45, 0x0d, 0x0a, 0x1a, 0x0a,
    0x01, 0x00, 0x20, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07,
    0x00, 0x00, 0x00, 0x00, 0xa3, 0x29, 0x93, 0x40,
    0x23, 0x5a, 0x92, 0x3d, 0x08, 0x00, 0x00, 0x00,
    0x04, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0xca, 0x9a, 0x3b, 0x00, 0x00, 0x00, 0x00,
    0x42, 0x84, 0x4a, 0xc0, 0x08, 0x00, 0x00, 0x00,
    0x03, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00,
    0x6e, 0x6f, 0x64, 0x65, 0x20, 0x6e, 0x37, 0x0a};
// clang-format on

TEST(RecordingFormat, WritesTheWorkedExample) {
  const std::string path = ::testing::TempDir() + "nameward_worked_example";
  {
    auto writer = RecordingWriter::Create(path, {.salt = 0x0706050403020100});
    const TimerRecord timer{1'000'000'000};
    const std::string text = "node n7\n";
    ASSERT_TRUE(writer->Append(
        {RecordType::kTimer,
         Bytes(reinterpret_cast<const uint8_t*>(&timer), sizeof timer)}));
    ASSERT_TRUE(writer->Append(
        {RecordType::kContext,
         Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size())}));
  }
  std::ifstream file(path, std::ios::binary);
  const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_THAT(bytes, ::testing::ElementsAreArray(kWorkedExample));
}

// tests/replay/make_inputs.py wrote it from the specification alone.
TEST(RecordingFormat, ReadsARecordingOfVersion1) {
  auto reader =
      RecordingReader::Open(NW_SOURCE_DIR "/tests/replay/golden/v1.nwrec");
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->version(), 1);
  EXPECT_EQ(reader->kernel_abi(), 1U);
  std::map<int, int> types;
  std::map<int, int> kinds;
  while (true) {
    const auto record = reader->Next();
    ASSERT_TRUE(record);
    if (!record->has_value()) break;
    ++types[static_cast<int>((*record)->type)];
    if ((*record)->type != RecordType::kKernel) continue;
    const auto header = ByteReader((*record)->payload).Copy<nw_header>();
    ASSERT_TRUE(header);
    EXPECT_EQ(header->length, (*record)->payload.size());
    ++kinds[header->kind];
  }
  EXPECT_THAT(types, ElementsAre(Pair(1, 10), Pair(2, 1), Pair(3, 1),
                                 Pair(4, 2), Pair(5, 1), Pair(999, 1)));
  EXPECT_THAT(kinds, ElementsAre(Pair(NW_CONNECT, 2), Pair(NW_UDP_FLOW, 2),
                                 Pair(NW_DNS_DATAGRAM, 4), Pair(NW_CGROUP, 2)));
  EXPECT_FALSE(reader->Warning());
}

}  // namespace
}  // namespace nameward
