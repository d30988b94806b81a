// SPDX-License-Identifier: Apache-2.0
#include "deliver/segment_reader.h"

#include <algorithm>
#include <cstring>

namespace nameward {
namespace {

using spool::RecordHeader;
using spool::SegmentHeader;

bool IsSane(const SegmentHeader& header) {
  return header.magic == spool::kSegmentMagic &&
         header.crc == spool::HeaderCrc(header) &&
         header.length >= sizeof header &&
         header.length % spool::kAlignment == 0 && header.severity >= 1 &&
         header.severity <= spool::kLanes;
}

bool IsSane(const RecordHeader& header) {
  if (header.length > spool::kMaxPayload) return false;
  if (header.kind == spool::Kind::kEnd)
    return header.length >= sizeof(spool::SegmentEnd);
  return header.kind == spool::Kind::kAlert &&
         header.encoding <= spool::Encoding::kZstd &&
         header.stream < spool::kStreams;
}

}  // namespace

Result<SegmentReader> SegmentReader::Open(std::shared_ptr<DiskFile> file) {
  SegmentReader reader(std::move(file));
  for (size_t copy = 0; copy < spool::kHeaderCopies; ++copy) {
    reader.offset_ = copy * sizeof(SegmentHeader);
    const auto bytes = reader.Look(sizeof(SegmentHeader), spool::kRecordsAt);
    if (!bytes) return bytes.error();
    const auto header = ByteReader(*bytes).Copy<SegmentHeader>();
    if (!header || !IsSane(*header)) continue;
    if (header->version > spool::kVersion)
      return Error{"segment", "a later version of nameward wrote it"};
    reader.header_ = *header;
    reader.seed_ = spool::Seed(header->salt);
    reader.offset_ = spool::kHeaderCopies * header->length;
    return reader;
  }
  return Error{"segment", "its header is damaged"};
}

Result<std::optional<RawRecord>> SegmentReader::Next(uint64_t end) {
  while (offset_ + sizeof(RecordHeader) <= end) {
    auto record = TryHere(end);
    if (!record) return record.error();
    if (*record) return record;
    Skip(spool::kAlignment);
  }
  if (offset_ < end) Skip(end - offset_);
  return std::optional<RawRecord>();
}

Result<std::optional<RawRecord>> SegmentReader::TryHere(uint64_t end) {
  std::optional<RawRecord> none;
  auto bytes = Look(sizeof(RecordHeader), end);
  if (!bytes) return bytes.error();
  const auto header = ByteReader(*bytes).Copy<RecordHeader>();
  if (!header || header->header_crc != spool::HeaderCrc(seed_, *header) ||
      !IsSane(*header))
    return none;
  const uint64_t size = sizeof *header + spool::Padded(header->length);
  if (size > end - offset_) return none;
  bytes = Look(static_cast<size_t>(size), end);
  if (!bytes) return bytes.error();
  if (bytes->size() < size) return none;
  const Bytes payload = bytes->subspan(sizeof *header, header->length);
  if (header->payload_crc != ExtendCrc32c(seed_, payload)) return none;
  offset_ += size;
  return std::optional<RawRecord>(RawRecord{*header, payload});
}

Result<Bytes> SegmentReader::Look(size_t size, uint64_t end) {
  const bool held =
      offset_ >= block_at_ && offset_ + size <= block_at_ + block_.size();
  if (!held) {
    const uint64_t most = std::max<uint64_t>(size, kBlock);
    block_.resize(static_cast<size_t>(std::min(most, end - offset_)));
    const auto read = file_->Read(block_, offset_);
    block_.resize(read ? *read : 0);
    block_at_ = offset_;
    if (!read) return read.error();
  }
  const auto from = static_cast<size_t>(offset_ - block_at_);
  return Bytes(block_).subspan(from, std::min(size, block_.size() - from));
}

}  // namespace nameward
