// SPDX-License-Identifier: Apache-2.0
// Ten thousand damaged spools: no crash, nothing given that was not written,
// and every byte that is in no record is counted.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "deliver/segment_reader.h"
#include "deliver/spool.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

SpoolOptions SmallSegments() {
  SpoolOptions options = TestOptions();
  options.segment_bytes = 2048;
  return options;
}

// Finished segments of three lanes, one that is not, and a cursor within.
std::shared_ptr<ModelDiskState> Sample() {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto spool = OpenSpool(disk, SmallSegments());
  for (int i = 0; i < 40; ++i)
    spool->Append(TestAlert(i, static_cast<Severity>(2 + i % 3), 100));
  SpooledAlert alert;
  for (int i = 0; i < 5; ++i)
    if (spool->Next(0, alert, 0ms)) (void)spool->Ack(0, alert.position);
  spool->Sync();
  return disk;
}

void Damage(std::vector<uint8_t>& bytes, std::mt19937& random) {
  if (bytes.empty()) return;
  const size_t at = random() % bytes.size();
  const size_t size = std::min<size_t>(random() % 200, bytes.size() - at);
  const auto begin = bytes.begin() + static_cast<ptrdiff_t>(at);
  const auto end = begin + static_cast<ptrdiff_t>(size);
  switch (random() % 6) {
    case 0:
      bytes[at] ^= static_cast<uint8_t>(1U << random() % 8);
      break;
    case 1:
      bytes.resize(at);
      break;
    case 2:
      std::fill(begin, end, uint8_t{0});
      break;
    case 3:
      bytes.erase(begin, end);
      break;
    case 4: {
      const std::vector<uint8_t> part(begin, end);
      bytes.insert(
          bytes.begin() + static_cast<ptrdiff_t>(random() % bytes.size()),
          part.begin(), part.end());
      break;
    }
    default:
      for (auto byte = begin; byte != end; ++byte)
        *byte = static_cast<uint8_t>(random());
  }
}

TEST(SpoolDamage, TenThousandDamagedImagesGiveNothingThatWasNotWritten) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  constexpr int kImages = 1000;
#else
  constexpr int kImages = 10'000;
#endif
  const auto sample = Sample();
  std::map<std::string, std::string> texts;
  {
    const auto spool = OpenSpool(sample->AfterCrash(), SmallSegments());
    SpooledAlert alert;
    while (spool->Next(0, alert, 0ms))
      texts[alert.alert.uid] = alert.alert.text;
    ASSERT_EQ(texts.size(), 35U);
  }
  std::mt19937 random(1);
  for (int image = 0; image < kImages; ++image) {
    const auto disk = sample->AfterCrash();
    for (auto damages = 1 + random() % 3; damages > 0; --damages) {
      auto file = disk->files.begin();
      std::advance(file, static_cast<ptrdiff_t>(random() % disk->files.size()));
      Damage(file->second->bytes, random);
    }
    const auto spool = OpenSpool(disk, SmallSegments());
    ASSERT_NE(spool, nullptr) << "image " << image;
    SpooledAlert alert;
    while (spool->Next(0, alert, 0ms)) {
      const auto written = texts.find(alert.alert.uid);
      const bool first_ones = alert.position < 5;  // without their cursor
      ASSERT_TRUE(first_ones || (written != texts.end() &&
                                 written->second == alert.alert.text))
          << "image " << image << " gave " << alert.alert.text;
      (void)spool->Ack(0, alert.position);
    }
    ASSERT_TRUE(Closes(spool->ledger(0))) << "image " << image;
    spool->Append(TestAlert(1000));
    ASSERT_EQ(Drain(*spool).size(), 1U) << "image " << image;
  }
}

TEST(SpoolDamage, EveryByteOfASegmentIsInARecordOrCounted) {
  const auto sample = Sample();
  std::mt19937 random(2);
  for (int image = 0; image < 2000; ++image) {
    const auto disk = sample->AfterCrash();
    for (const auto& [name, file] : disk->files) {
      if (!PositionInName(name)) continue;
      Damage(file->bytes, random);
      const uint64_t size = file->bytes.size();
      auto reader =
          SegmentReader::Open(std::make_shared<ModelDiskFile>(file, disk));
      if (!reader) continue;
      uint64_t used = spool::kRecordsAt;
      while (true) {
        const auto record = reader->Next(size);
        ASSERT_TRUE(record);
        if (!*record) break;
        used += RecordSize((*record)->header.length);
      }
      ASSERT_TRUE(size < spool::kRecordsAt ||
                  used + reader->skipped_bytes() == size)
          << "image " << image;
    }
  }
}

TEST(SpoolDamage, OneDamagedHeaderCopyCostsNothing) {
  const auto disk = Sample();
  for (const auto& [name, file] : disk->files)
    if (PositionInName(name)) file->bytes[20] ^= 1;
  const auto spool = OpenSpool(disk, SmallSegments());
  EXPECT_EQ(Drain(*spool).size(), 35U);
  EXPECT_EQ(spool->stats().damaged_bytes, 0U);
}

TEST(SpoolDamage, ATornEndIsCutAndCounted) {
  const auto disk = std::make_shared<ModelDiskState>();
  {
    const auto spool = OpenSpool(disk);
    for (int i = 0; i < 3; ++i) spool->Append(TestAlert(i));
  }
  for (const auto& [name, file] : disk->files)
    if (PositionInName(name)) file->bytes.resize(file->bytes.size() - 9);
  const auto spool = OpenSpool(disk);
  EXPECT_GT(spool->stats().damaged_bytes, 0U);
  EXPECT_EQ(Drain(*spool).size(), 2U);
  EXPECT_TRUE(Closes(spool->ledger(0)));
}

TEST(SpoolDamage, AFileThatALaterVersionWroteIsLeftAlone) {
  const auto disk = std::make_shared<ModelDiskState>();
  {
    const auto spool = OpenSpool(disk);
    spool->Append(TestAlert(0));
  }
  for (const auto& [name, file] : disk->files) {
    if (!PositionInName(name)) continue;
    spool::SegmentHeader header;
    std::memcpy(&header, file->bytes.data(), sizeof header);
    header.version = spool::kVersion + 1;
    header.crc = spool::HeaderCrc(header);
    for (size_t copy = 0; copy < spool::kHeaderCopies; ++copy)
      std::memcpy(file->bytes.data() + copy * sizeof header, &header,
                  sizeof header);
  }
  const size_t files = disk->files.size();
  const auto spool = OpenSpool(disk);
  EXPECT_TRUE(Drain(*spool).empty());
  EXPECT_EQ(disk->files.size(), files);
  spool->Append(TestAlert(1));
  EXPECT_EQ(Drain(*spool).size(), 1U);
}

}  // namespace
}  // namespace nameward
