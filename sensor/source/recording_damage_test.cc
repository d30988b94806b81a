// SPDX-License-Identifier: Apache-2.0
// Ten thousand damaged recordings: whatever the damage, what is read was
// written, in its order, and every other byte is counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "source/recording.h"
#include "source/recording_layout.h"

namespace nameward {
namespace {

using Image = std::vector<uint8_t>;

struct Sample {
  Image image;
  std::vector<Image> payloads;
};

Sample MakeSample() {
  Sample sample;
  std::mt19937 random(1);
  const auto put = [&](Bytes bytes) {
    sample.image.insert(sample.image.end(), bytes.begin(), bytes.end());
  };
  recording::FileHeader header{};
  header.magic = recording::kMagic;
  header.version = kRecordingVersion;
  header.length = sizeof header;
  header.salt = 0x123456789abcdef0;
  header.crc = recording::HeaderCrc(header);
  put(recording::AsBytes(header));
  for (uint32_t i = 0; i < 40; ++i) {
    Image payload(random() % 200);
    for (uint8_t& byte : payload) byte = static_cast<uint8_t>(random());
    recording::RecordHeader record{};
    record.length = static_cast<uint32_t>(payload.size());
    record.type = 1;
    record.sequence = i;
    record.crc =
        recording::RecordCrc(recording::Seed(header.salt), record, payload);
    put(recording::AsBytes(record));
    put(payload);
    sample.image.resize(recording::Padded(sample.image.size()));
    sample.payloads.push_back(std::move(payload));
  }
  return sample;
}

// Flips bits, cuts the end, overwrites, removes, inserts or repeats a part.
void Damage(Image& image, std::mt19937& random) {
  const auto place = [&] {
    return static_cast<ptrdiff_t>(random() % image.size());
  };
  const ptrdiff_t at = place();
  const ptrdiff_t end =
      at +
      std::min<ptrdiff_t>(place(), static_cast<ptrdiff_t>(image.size()) - at);
  switch (random() % 7) {
    case 0:
      image[static_cast<size_t>(at)] ^=
          static_cast<uint8_t>(1U << random() % 8);
      return;
    case 1:
      return image.resize(static_cast<size_t>(at) + 1);
    case 2:
      return std::fill(image.begin() + at, image.begin() + end, uint8_t{0});
    case 3:
      image.erase(image.begin() + at, image.begin() + end);
      if (image.empty()) image.push_back(0);
      return;
    case 4: {
      const Image part(image.begin() + at, image.begin() + end);
      image.insert(image.begin() + place(), part.begin(), part.end());
      return;
    }
    case 5:
      for (auto byte = image.begin() + at; byte != image.begin() + end; ++byte)
        *byte = static_cast<uint8_t>(random());
      return;
    default:
      for (int i = 0; i < 20; ++i)
        image[static_cast<size_t>(place())] ^= static_cast<uint8_t>(random());
  }
}

// The payloads read are some of those written, in their order.
void ExpectNoFalseRecord(const Sample& sample, const Image& image) {
  auto reader = RecordingReader::FromBytes(image, "image");
  if (!reader) return;  // the header was hit: refused as a whole
  auto next = sample.payloads.begin();
  uint64_t used = sizeof(recording::FileHeader);
  while (true) {
    const auto record = reader->Next();
    ASSERT_TRUE(record);
    if (!record->has_value()) break;
    const Bytes payload = (*record)->payload;
    next = std::find_if(next, sample.payloads.end(), [&](const Image& written) {
      return std::equal(written.begin(), written.end(), payload.begin(),
                        payload.end());
    });
    ASSERT_NE(next, sample.payloads.end()) << "a false record";
    ++next;
    used += recording::Padded(sizeof(recording::RecordHeader) + payload.size());
  }
  const uint64_t counted = used + reader->stats().skipped_bytes;
  // A cut within the last record's padding costs nothing.
  EXPECT_GE(counted, image.size());
  EXPECT_LT(counted, image.size() + recording::kAlignment);
}

TEST(RecordingDamage, TenThousandImagesGiveNoFalseRecord) {
  const Sample sample = MakeSample();
  std::mt19937 random(20260101);
  for (int i = 0; i < 10000; ++i) {
    Image image = sample.image;
    for (auto rounds = 1 + random() % 3; rounds > 0; --rounds)
      Damage(image, random);
    ExpectNoFalseRecord(sample, image);
    ASSERT_FALSE(HasFatalFailure()) << "image " << i;
  }
}

// A file made of nothing but headers that promise 16 MiB each would cost a
// checksum of 16 MiB every 16 bytes.
TEST(RecordingDamage, CostsTimeLinearInTheFileEvenIfItWasMadeToCostMore) {
  Image image = MakeSample().image;
  const size_t begin = image.size();
  image.resize(begin + 40 * 1024 * 1024);
  for (size_t at = begin; at + 16 <= image.size(); at += 16) {
    recording::RecordHeader header{};
    header.length = kMaxRecordingPayload;
    header.type = 1;
    header.sequence = 1000;
    std::memcpy(image.data() + at, &header, sizeof header);
  }
  auto reader = RecordingReader::FromBytes(image, "image");
  ASSERT_TRUE(reader);
  size_t records = 0;
  while (reader->Next()->has_value()) ++records;
  EXPECT_EQ(records, 40U);
  EXPECT_EQ(reader->stats().skipped_bytes, image.size() - begin);
}

}  // namespace
}  // namespace nameward
