// SPDX-License-Identifier: Apache-2.0
// What is known of one segment file, and writing one.
#ifndef NAMEWARD_DELIVER_SEGMENT_H_
#define NAMEWARD_DELIVER_SEGMENT_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "deliver/disk.h"
#include "deliver/spool_layout.h"

namespace nameward {

inline constexpr size_t kMaxSinks = spool::kMaxCursors;

struct Segment {
  std::string name;
  size_t lane = 0;
  uint64_t first_position = 0;
  uint64_t bytes = 0;    // up to here it is written
  bool sealed = false;   // nothing is added any more
  bool evicted = false;  // no longer part of the spool
  bool unsynced = false;
  bool suspect = false;      // a sync of it failed
  spool::SegmentEnd sums{};  // of the records before `bytes`
  using Counts = std::array<uint64_t, spool::kStreams>;
  // Records that each sink has taken, or has no more need of.
  std::array<Counts, kMaxSinks> taken{};
  Counts named{};                  // of those that a sink lost
  std::shared_ptr<DiskFile> file;  // while it may still need a write or a sync
  uint32_t seed = 0;               // of its checksums

  // Takes note of a record that was written or read.
  void Count(const spool::RecordHeader& header);
  uint64_t Untaken(size_t sink, size_t stream) const {
    return sums.streams[stream].count - taken[sink][stream];
  }
  uint64_t Untaken(size_t sink) const;
};

// "3-00000000000000a0.seg": severity and first position.
std::string SegmentName(size_t lane, uint64_t first_position);
// The first position; nullopt: not a segment's name.
std::optional<uint64_t> PositionInName(const std::string& name);

struct NewSegment {
  size_t lane;
  uint64_t first_position;
  spool::SpoolId spool;
};
Result<std::shared_ptr<Segment>> CreateSegment(Disk& disk,
                                               const NewSegment& wanted);

// Writes behind `segment.bytes`, and changes only the file.  After an error the
// file is cut back, as far as the disk lets it.
Status WriteRecord(const Segment& segment, spool::RecordHeader header,
                   Bytes payload, std::string& buffer);
Status WriteEnd(const Segment& segment, std::string& buffer);
size_t RecordSize(size_t payload);

// The sums at the end of a finished segment of this size, if it has them whole.
std::optional<spool::SegmentEnd> ReadEnd(DiskFile& file, uint64_t size);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SEGMENT_H_
