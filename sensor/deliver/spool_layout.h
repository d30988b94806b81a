// SPDX-License-Identifier: Apache-2.0
// The bytes of docs/spool-format.md.
#ifndef NAMEWARD_DELIVER_SPOOL_LAYOUT_H_
#define NAMEWARD_DELIVER_SPOOL_LAYOUT_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "base/byte_reader.h"
#include "base/crc32c.h"

namespace nameward::spool {

static_assert(std::endian::native == std::endian::little,
              "spools are little-endian; teach both sides to swap");

constexpr uint16_t kVersion = 1;
// As PNG's: a transfer in text mode changes the CR LF or stops at the 0x1a.
constexpr std::array<uint8_t, 8> kSegmentMagic = {'N',  'W',  'S',  'P',
                                                  '\r', '\n', 0x1a, '\n'};
constexpr std::array<uint8_t, 8> kStateMagic = {'N',  'W',  'S',  'T',
                                                '\r', '\n', 0x1a, '\n'};

using SpoolId = std::array<uint8_t, 16>;

struct SegmentHeader {
  std::array<uint8_t, 8> magic;
  uint16_t version;
  uint16_t length;  // of the header: later versions may append
  uint8_t severity;
  std::array<uint8_t, 3> reserved;
  uint64_t salt;
  SpoolId spool;
  uint64_t first_position;
  std::array<uint8_t, 12> reserved_too;
  uint32_t crc;  // of all header bytes but these four
};
static_assert(sizeof(SegmentHeader) == 64);

enum class Kind : uint8_t {
  kAlert = 1,
  kEnd = 2,  // of a finished segment: its payload is a SegmentEnd
};
enum class Encoding : uint8_t { kPlain = 0, kZstd = 1 };

struct RecordHeader {
  uint32_t header_crc;   // of the salt, then bytes 4 to 47
  uint32_t payload_crc;  // of the salt, then the payload
  uint32_t length;       // of the payload, without padding
  uint32_t raw_length;   // of the payload once decoded
  uint64_t position;     // one count over the whole spool
  uint64_t sequence;     // one count for each stream: metadata.sequence
  int64_t time_ns;       // wall clock of the alert
  uint8_t severity;
  uint8_t stream;
  Encoding encoding;
  Kind kind;
  uint32_t reserved;
};
static_assert(sizeof(RecordHeader) == 48);
static_assert(std::is_trivially_copyable_v<RecordHeader>);

// Records begin at multiples of this.
constexpr size_t kAlignment = 8;
constexpr size_t Padded(size_t length) {
  return (length + kAlignment - 1) & ~(kAlignment - 1);
}

// Alerts, dry runs, DNS and connect telemetry: each a topic of its own.
constexpr size_t kStreams = 4;
// One chain of segments for each severity, so that the lowest can go first.
constexpr size_t kLanes = 5;
constexpr size_t kMaxCursors = 8;

// Sequences of one stream in one segment.
struct SequenceRange {
  uint64_t first;
  uint64_t last;
  uint64_t count;  // 0: none
};

struct SegmentEnd {
  uint64_t records;
  uint64_t last_position;
  std::array<SequenceRange, kStreams> streams;
};
static_assert(sizeof(SegmentEnd) == 112);

struct Cursor {
  std::array<char, 24> name;  // ended by zeros
  uint64_t position;          // all before it are acknowledged
};

// A gap that no alert on disk has told of yet.
struct Loss {
  uint8_t reason;
  uint8_t stream;
  uint8_t severity;
  uint8_t told;  // 1: by an alert, the first of these at `told_from`
  uint32_t reserved;
  uint64_t first;
  uint64_t last;
  uint64_t count;  // 0: this entry is empty
};
// Reasons, severities and the two streams of alerts.
constexpr size_t kMaxLosses = 64;

// Two of these stand in the file `state`, at offsets 0 and 4096; the whole one
// of the higher generation holds.
struct State {
  std::array<uint8_t, 8> magic;
  uint16_t version;
  uint16_t length;
  uint32_t crc;  // of bytes 16 to the end
  uint64_t generation;
  SpoolId spool;
  std::array<char, 40> boot_id;
  uint64_t clean;  // 1: closed in peace
  uint64_t next_position;
  std::array<uint64_t, kStreams> next_sequence;
  std::array<Cursor, kMaxCursors> cursors;
  uint64_t evicting_severity;  // of a segment that is no more of the spool; 0
  uint64_t evicting_position;
  uint64_t told_from;
  std::array<Loss, kMaxLosses> losses;
};
static_assert(sizeof(State) == 408 + 32 * kMaxLosses);
constexpr size_t kLeastState = 384;  // of the first version
constexpr uint64_t kStateSlot = 4096;

// A segment begins with its header, twice: one flipped bit must not cost it.
constexpr size_t kHeaderCopies = 2;
constexpr size_t kRecordsAt = kHeaderCopies * sizeof(SegmentHeader);

// Bounds what one damaged length can cost; librdkafka's default message bound
// is a million bytes.
constexpr size_t kMaxPayload = size_t{256} * 1024;

template <typename T>
Bytes AsBytes(const T& value) {
  return {reinterpret_cast<const uint8_t*>(&value), sizeof value};
}

// Every checksum begins with the segment's salt, so that bytes which a pod
// brought into the file can never pass for a record.
inline uint32_t Seed(uint64_t salt) { return Crc32c(AsBytes(salt)); }
inline uint32_t HeaderCrc(const SegmentHeader& header) {
  return Crc32c(AsBytes(header).first(sizeof header - sizeof header.crc));
}
inline uint32_t HeaderCrc(uint32_t seed, const RecordHeader& header) {
  return ExtendCrc32c(seed, AsBytes(header).subspan(sizeof header.header_crc));
}
inline uint32_t StateCrc(Bytes state) { return Crc32c(state.subspan(16)); }

}  // namespace nameward::spool

#endif  // NAMEWARD_DELIVER_SPOOL_LAYOUT_H_
