// SPDX-License-Identifier: Apache-2.0
// Any bytes as the files of a spool: no crash, and the ledger closes.  The
// first byte splits the rest between a segment and the state; a good header and
// good checksums are given on demand, else the fuzzer would spend its time on
// them.
#include <cstdlib>
#include <cstring>

#include "deliver/spool_testing.h"

namespace nameward {
namespace {

void Require(bool holds) {
  if (!holds) std::abort();
}

using Image = std::vector<uint8_t>;

Image WithHeader(Bytes records) {
  spool::SegmentHeader header{};
  header.magic = spool::kSegmentMagic;
  header.version = spool::kVersion;
  header.length = sizeof header;
  header.severity = 3;
  header.crc = spool::HeaderCrc(header);
  Image image;
  for (size_t copy = 0; copy < spool::kHeaderCopies; ++copy) {
    const Bytes bytes = spool::AsBytes(header);
    image.insert(image.end(), bytes.begin(), bytes.end());
  }
  image.insert(image.end(), records.begin(), records.end());
  return image;
}

// Gives the records along the way the checksums they should have.
void Mend(Image& image) {
  const uint32_t seed = spool::Seed(0);
  size_t at = spool::kRecordsAt;
  while (at + sizeof(spool::RecordHeader) <= image.size()) {
    spool::RecordHeader header;
    std::memcpy(&header, image.data() + at, sizeof header);
    const size_t payload_at = at + sizeof header;
    if (header.length > image.size() - payload_at) return;
    header.payload_crc =
        ExtendCrc32c(seed, Bytes(image).subspan(payload_at, header.length));
    header.header_crc = spool::HeaderCrc(seed, header);
    std::memcpy(image.data() + at, &header, sizeof header);
    at += RecordSize(header.length);
  }
}

void Use(const Image& segment, const Image& state) {
  const auto disk = std::make_shared<ModelDiskState>();
  const auto put = [&](const std::string& name, const Image& image) {
    disk->files[name] = std::make_shared<ModelFile>(ModelFile{image, image, 0});
  };
  put(SegmentName(2, 0), segment);
  put(kStateName, state);
  const auto spool = OpenSpool(disk);
  Require(spool != nullptr);
  (void)Drain(*spool, 0, false);
  spool->Rewind(0);
  (void)Drain(*spool);
  Require(Closes(spool->ledger(0)));
  spool->Append(TestAlert(1));
  Require(Drain(*spool).size() == 1);
  spool->Sync();
}

}  // namespace
}  // namespace nameward

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace nameward;
  if (size == 0) return 0;
  const Bytes input(data + 1, size - 1);
  const size_t split = std::min<size_t>(data[0], input.size());
  const Bytes records = input.subspan(split);
  const Image state(input.begin(),
                    input.begin() + static_cast<ptrdiff_t>(split));
  Use(Image(records.begin(), records.end()), state);
  Image image = WithHeader(records);
  Use(image, state);
  Mend(image);
  Use(image, state);
  return 0;
}
