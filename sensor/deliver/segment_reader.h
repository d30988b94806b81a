// SPDX-License-Identifier: Apache-2.0
// The records of one segment, in their order, whatever happened to the file.
//
// Gives only records whose two checksums hold.  Where the bytes are none, it
// looks at each following multiple of 8 for the next one and counts what it
// skipped; a place costs 48 bytes of checksum, so the worst file costs six
// times its size.  Holds one block, or one record if that is longer.  One
// thread.
#ifndef NAMEWARD_DELIVER_SEGMENT_READER_H_
#define NAMEWARD_DELIVER_SEGMENT_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "deliver/disk.h"
#include "deliver/spool_layout.h"

namespace nameward {

struct RawRecord {
  spool::RecordHeader header;
  Bytes payload;  // until the reader's next call
};

class SegmentReader {
 public:
  // Reads the header; an error says why this is no segment.
  static Result<SegmentReader> Open(std::shared_ptr<DiskFile> file);

  // nullopt: no whole record before `end`, the offset up to which the file is
  // known to be written.  An end record is given too.
  Result<std::optional<RawRecord>> Next(uint64_t end);

  // Where the caller knows that a record begins.
  bool SeekTo(uint64_t offset) {
    const bool aligned = offset % spool::kAlignment == 0;
    if (aligned) offset_ = offset;
    return aligned;
  }

  const spool::SegmentHeader& header() const { return header_; }
  uint64_t offset() const { return offset_; }
  uint64_t skipped_bytes() const { return skipped_bytes_; }

 private:
  // Many alerts for one system call; five lanes hold one each.
  static constexpr size_t kBlock = size_t{64} * 1024;

  explicit SegmentReader(std::shared_ptr<DiskFile> file)
      : file_(std::move(file)) {}
  // `size` bytes at offset_, fewer if the file ends; until the next call.
  // Nothing beyond `end` is kept: it may be half written yet.
  Result<Bytes> Look(size_t size, uint64_t end);
  Result<std::optional<RawRecord>> TryHere(uint64_t end);
  void Skip(uint64_t count) {
    skipped_bytes_ += count;
    offset_ += count;
  }

  std::shared_ptr<DiskFile> file_;
  spool::SegmentHeader header_{};
  uint32_t seed_ = 0;
  uint64_t offset_ = 0;
  uint64_t skipped_bytes_ = 0;
  std::vector<uint8_t> block_;
  uint64_t block_at_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SEGMENT_READER_H_
