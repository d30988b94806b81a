// SPDX-License-Identifier: Apache-2.0
// Any bytes as a recording: no crash, every byte is in a record or counted.
// The input stands behind a good header too, else the fuzzer would spend its
// time on the header's checksum; and its checksums are mended on demand.
#include <cstdlib>
#include <cstring>
#include <vector>

#include "source/recording.h"
#include "source/recording_layout.h"

namespace nameward {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

void ReadAll(Bytes image) {
  auto reader = RecordingReader::FromBytes(image, "fuzz");
  if (!reader) return;
  uint64_t used = 0;
  while (true) {
    const auto record = reader->Next();
    Require(record.has_value());
    if (!record->has_value()) break;
    const Bytes payload = (*record)->payload;
    Require(payload.data() >= image.data() &&
            payload.data() + payload.size() <= image.data() + image.size());
    used += recording::Padded(sizeof(recording::RecordHeader) + payload.size());
  }
  const RecordingReaderStats& stats = reader->stats();
  Require(used + stats.skipped_bytes <= image.size() + recording::kAlignment);
  Require((stats.skipped_bytes == 0) == (stats.damaged_places == 0));
  Require(reader->Warning().has_value() ==
          (stats.skipped_bytes + stats.lost_records > 0));
}

std::vector<uint8_t> WithHeader(Bytes records) {
  recording::FileHeader header{};
  header.magic = recording::kMagic;
  header.version = kRecordingVersion;
  header.length = sizeof header;
  header.crc = recording::HeaderCrc(header);
  const Bytes bytes = recording::AsBytes(header);
  std::vector<uint8_t> image(bytes.begin(), bytes.end());
  image.insert(image.end(), records.begin(), records.end());
  return image;
}

// Gives the records along the way the checksums they should have.
void Mend(std::vector<uint8_t>& image) {
  const uint32_t seed = recording::Seed(0);
  size_t at = sizeof(recording::FileHeader);
  while (at + sizeof(recording::RecordHeader) <= image.size()) {
    recording::RecordHeader header;
    std::memcpy(&header, image.data() + at, sizeof header);
    const size_t payload_at = at + sizeof header;
    if (header.length > image.size() - payload_at) return;
    header.crc = recording::RecordCrc(
        seed, header, Bytes(image).subspan(payload_at, header.length));
    std::memcpy(image.data() + at, &header, sizeof header);
    at = recording::Padded(payload_at + header.length);
  }
}

}  // namespace
}  // namespace nameward

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nameward;
  const Bytes input(data, size);
  ReadAll(input);
  std::vector<uint8_t> image = WithHeader(input);
  ReadAll(image);
  Mend(image);
  ReadAll(image);
  return 0;
}
