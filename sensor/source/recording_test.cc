// SPDX-License-Identifier: Apache-2.0
#include "source/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "bpf/event.h"
#include "source/replay_source.h"

namespace nameward {
namespace {

using ::testing::HasSubstr;

std::string TempFile(const std::string& name) {
  return ::testing::TempDir() + "nameward_recording_" +
         ::testing::UnitTest::GetInstance()->current_test_info()->name() + name;
}

std::vector<uint8_t> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<uint8_t> Payload(size_t size, uint8_t first) {
  std::vector<uint8_t> bytes(size);
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<uint8_t>(first + i * 7);
  return bytes;
}

// The bytes of a recording of payloads of 0, 5, 10 … bytes.
std::vector<uint8_t> Recorded(size_t records) {
  const std::string path = TempFile(".nwrec");
  auto writer = RecordingWriter::Create(path, {.salt = 7});
  for (size_t i = 0; i < records; ++i)
    EXPECT_TRUE(writer->Append(
        {RecordType::kKernel, Payload(5 * i, static_cast<uint8_t>(i))}));
  EXPECT_TRUE(writer->Flush());
  return ReadFile(path);
}

struct Read {
  std::vector<std::vector<uint8_t>> payloads;
  RecordingReaderStats stats;
  std::string warning;
};

Read ReadAll(RecordingReader reader) {
  Read read;
  while (true) {
    const auto record = reader.Next();
    if (!record || !record->has_value()) break;
    const Bytes payload = (*record)->payload;
    read.payloads.emplace_back(payload.begin(), payload.end());
  }
  read.stats = reader.stats();
  if (const auto warning = reader.Warning()) read.warning = warning->ToString();
  return read;
}

Read ReadAll(const std::vector<uint8_t>& image) {
  return ReadAll(*RecordingReader::FromBytes(image, "image"));
}

TEST(Recording, GivesBackWhatWasWritten) {
  const std::string path = TempFile(".nwrec");
  {
    auto writer = RecordingWriter::Create(path);
    ASSERT_TRUE(writer) << writer.error().ToString();
    ASSERT_TRUE(writer->Append({RecordType::kContext, Payload(13, 1)}));
    ASSERT_TRUE(writer->Append({RecordType::kKernel, {}}));
    ASSERT_TRUE(writer->Append({RecordType::kPods, Payload(3000000, 2)}));
  }
  auto reader = RecordingReader::Open(path);
  ASSERT_TRUE(reader) << reader.error().ToString();
  EXPECT_EQ(reader->kernel_abi(), uint32_t{NW_ABI});
  auto first = reader->Next();
  ASSERT_TRUE(first && first->has_value());
  EXPECT_EQ((*first)->type, RecordType::kContext);
  const Read rest = ReadAll(std::move(*reader));
  ASSERT_EQ(rest.payloads.size(), 2U);
  EXPECT_TRUE(rest.payloads[0].empty());
  EXPECT_EQ(rest.payloads[1], Payload(3000000, 2));
  EXPECT_EQ(rest.warning, "");
}

TEST(Recording, IsReadableUpToTheLastWholeRecordWhereverItIsCut) {
  const std::vector<uint8_t> image = Recorded(8);
  const Read whole = ReadAll(image);
  ASSERT_EQ(whole.payloads.size(), 8U);
  for (size_t size = 32; size < image.size(); ++size) {
    const Read cut =
        ReadAll({image.begin(), image.begin() + static_cast<long>(size)});
    ASSERT_LE(cut.payloads.size(), 8U);
    for (size_t i = 0; i < cut.payloads.size(); ++i)
      EXPECT_EQ(cut.payloads[i], whole.payloads[i]);
    uint64_t used = 32;
    for (const auto& payload : cut.payloads)
      used += 16 + (payload.size() + 7) / 8 * 8;
    if (used <= size) {
      EXPECT_EQ(used + cut.stats.skipped_bytes, size);
    }
  }
}

TEST(Recording, SkipsADamagedRecordAndCountsIt) {
  std::vector<uint8_t> image = Recorded(8);
  image[32 + 16 + (16 + 8) + (16 + 16) + 16 + 2] ^= 1;  // the fourth's payload
  const Read read = ReadAll(image);
  EXPECT_EQ(read.payloads.size(), 7U);
  EXPECT_EQ(read.stats.skipped_bytes, 16U + 16U);
  EXPECT_EQ(read.stats.damaged_places, 1U);
  EXPECT_EQ(read.stats.lost_records, 1U);
  EXPECT_EQ(read.stats.first_damage_at, 32U + 16 + 24 + 32);
  EXPECT_EQ(read.warning,
            "image: 32 bytes are in no whole record, the first at offset 104; "
            "1 record is lost (all whole records were read)");
}

// A pod chooses the bytes of its DNS messages: a record within a record must
// not come alive when the outer one is damaged.
TEST(Recording, TakesNoRecordFromWithinAPayload) {
  const std::vector<uint8_t> foreign = Recorded(3);  // salt 7
  const std::string path = TempFile("outer");
  auto writer = RecordingWriter::Create(path, {.salt = 8});
  const Bytes planted = Bytes(foreign).subspan(32);
  ASSERT_TRUE(writer->Append({RecordType::kKernel, planted}));
  ASSERT_TRUE(writer->Append({RecordType::kKernel, Payload(4, 4)}));
  ASSERT_TRUE(writer->Flush());
  std::vector<uint8_t> image = ReadFile(path);
  image[32 + 4] ^= 1;  // the outer length
  const Read read = ReadAll(image);
  ASSERT_EQ(read.payloads.size(), 1U);
  EXPECT_EQ(read.payloads[0], Payload(4, 4));
}

TEST(Recording, RefusesWhatIsNoRecording) {
  const auto why = [](const std::vector<uint8_t>& image) {
    const auto reader = RecordingReader::FromBytes(image, "f");
    return reader ? std::string("read") : reader.error().ToString();
  };
  std::vector<uint8_t> image = Recorded(1);
  EXPECT_THAT(why({}), HasSubstr("f: is not a recording"));
  EXPECT_THAT(why(Payload(100, 0)), HasSubstr("f: is not a recording"));
  EXPECT_THAT(why({image.begin(), image.begin() + 31}),
              HasSubstr("f: ends within its header"));
  image[16] ^= 1;
  EXPECT_THAT(why(image), HasSubstr("f: its header is damaged"));
  EXPECT_THAT(RecordingReader::Open("/nonexistent").error().ToString(),
              HasSubstr("/nonexistent: No such file"));
  EXPECT_THAT(RecordingReader::Open("/").error().ToString(),
              HasSubstr("/ at offset 0: Is a directory"));
}

TEST(Recording, StopsAtItsCapAndCountsWhatItLeftOut) {
  const std::string path = TempFile("");
  auto writer = RecordingWriter::Create(path, {.max_bytes = 100});
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(writer->Append({RecordType::kKernel, Payload(8, 0)}));
  ASSERT_TRUE(writer->Flush());
  EXPECT_EQ(writer->stats().records, 2U);
  EXPECT_EQ(writer->stats().refused_full, 3U);
  EXPECT_LE(std::filesystem::file_size(path), 100U);
  EXPECT_EQ(writer->stats().bytes, std::filesystem::file_size(path));
}

TEST(Recording, RefusesAPayloadAboveTheBoundAndSaysAFullDisk) {
  auto writer = RecordingWriter::Create("/dev/full");
  ASSERT_TRUE(writer);
  const std::vector<uint8_t> huge(kMaxRecordingPayload + 1);
  ASSERT_TRUE(writer->Append({RecordType::kPods, huge}));
  EXPECT_EQ(writer->stats().refused_long, 1U);
  const Status flushed = writer->Flush();
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().ToString(),
              HasSubstr("/dev/full: No space left on device"));
  EXPECT_FALSE(writer->Append({RecordType::kKernel, {}}));
}

TEST(ReplaySource, FillsBatchesInOrderToTheEnd) {
  const std::string path = TempFile("");
  {
    auto writer = RecordingWriter::Create(path);
    for (uint64_t i = 0; i < 20000; ++i)
      ASSERT_TRUE(writer->Append(
          {RecordType::kTimer,
           Bytes(reinterpret_cast<const uint8_t*>(&i), sizeof i)}));
  }
  auto source = ReplaySource::Open(path);
  ASSERT_TRUE(source);
  RecordBatch batch;
  uint64_t expected = 0;
  PollOutcome outcome = PollOutcome::kMore;
  while (outcome == PollOutcome::kMore) {
    batch.Clear();
    outcome = *source->Poll(batch, 0s);
    batch.ForEach([&](const RecordView& record) {
      EXPECT_EQ(record.type, RecordType::kTimer);
      EXPECT_EQ(*ByteReader(record.payload).Copy<uint64_t>(), expected++);
    });
  }
  EXPECT_EQ(outcome, PollOutcome::kEnd);
  EXPECT_EQ(expected, 20000U);
}

}  // namespace
}  // namespace nameward
