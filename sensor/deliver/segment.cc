// SPDX-License-Identifier: Apache-2.0
#include "deliver/segment.h"

#include <sys/random.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <utility>

#include "deliver/segment_reader.h"

namespace nameward {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr size_t kNameLength = 2 + 16 + kSuffix.size();

template <typename T>
void Append(const T& value, std::string& out) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

Bytes View(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Result<uint64_t> DrawSalt() {
  uint64_t salt = 0;
  if (getrandom(&salt, sizeof salt, 0) != sizeof salt)
    return ErrnoError("spool: draw a salt", errno);
  return salt;
}

}  // namespace

void Segment::Count(const spool::RecordHeader& header) {
  ++sums.records;
  sums.last_position = header.position;
  spool::SequenceRange& range = sums.streams[header.stream];
  if (range.count++ == 0) range.first = header.sequence;
  range.last = header.sequence;
}

uint64_t Segment::Untaken(size_t sink) const {
  uint64_t untaken = 0;
  for (size_t stream = 0; stream < spool::kStreams; ++stream)
    untaken += Untaken(sink, stream);
  return untaken;
}

std::string SegmentName(size_t lane, uint64_t first_position) {
  char name[kNameLength + 1];
  std::snprintf(name, sizeof name, "%zu-%016llx.seg", lane + 1,
                static_cast<unsigned long long>(first_position));
  return name;
}

std::optional<uint64_t> PositionInName(const std::string& name) {
  uint64_t position = 0;
  if (name.size() != kNameLength) return std::nullopt;
  const char* begin = name.data() + 2;
  const auto [end, error] = std::from_chars(begin, begin + 16, position, 16);
  if (error != std::errc() || end != begin + 16) return std::nullopt;
  const size_t lane = static_cast<size_t>(name[0] - '1');
  if (lane >= spool::kLanes || name != SegmentName(lane, position))
    return std::nullopt;
  return position;
}

Result<std::shared_ptr<Segment>> CreateSegment(Disk& disk,
                                               const NewSegment& wanted) {
  const auto salt = DrawSalt();
  if (!salt) return salt.error();
  spool::SegmentHeader header{};
  header.magic = spool::kSegmentMagic;
  header.version = spool::kVersion;
  header.length = sizeof header;
  header.severity = static_cast<uint8_t>(wanted.lane + 1);
  header.salt = *salt;
  header.spool = wanted.spool;
  header.first_position = wanted.first_position;
  header.crc = spool::HeaderCrc(header);
  auto segment = std::make_shared<Segment>();
  segment->name = SegmentName(wanted.lane, wanted.first_position);
  segment->lane = wanted.lane;
  segment->first_position = wanted.first_position;
  segment->seed = spool::Seed(header.salt);
  segment->bytes = spool::kRecordsAt;
  auto file = disk.Open(segment->name, Disk::Mode::kCreate);
  if (!file && file.error().code == EEXIST) {
    // Left by an attempt that the disk refused; then it holds nothing.
    NW_RETURN_IF_ERROR(disk.Remove(segment->name));
    file = disk.Open(segment->name, Disk::Mode::kCreate);
  }
  if (!file) return file.error();
  std::string copies;
  for (size_t i = 0; i < spool::kHeaderCopies; ++i) Append(header, copies);
  if (const Status written = (*file)->Write(View(copies), 0); !written) {
    (void)disk.Remove(segment->name);
    return written.error();
  }
  segment->file = std::move(*file);
  segment->unsynced = true;
  return segment;
}

size_t RecordSize(size_t payload) {
  return sizeof(spool::RecordHeader) + spool::Padded(payload);
}

Status WriteRecord(const Segment& segment, spool::RecordHeader header,
                   Bytes payload, std::string& buffer) {
  header.payload_crc = ExtendCrc32c(segment.seed, payload);
  header.header_crc = spool::HeaderCrc(segment.seed, header);
  buffer.clear();
  Append(header, buffer);
  buffer.append(reinterpret_cast<const char*>(payload.data()), payload.size());
  buffer.resize(RecordSize(payload.size()));
  Status written = segment.file->Write(View(buffer), segment.bytes);
  if (!written) (void)segment.file->Truncate(segment.bytes);
  return written;
}

Status WriteEnd(const Segment& segment, std::string& buffer) {
  spool::RecordHeader header{};
  header.kind = spool::Kind::kEnd;
  header.length = sizeof(spool::SegmentEnd);
  header.raw_length = header.length;
  header.position = segment.sums.last_position;
  header.severity = static_cast<uint8_t>(segment.lane + 1);
  return WriteRecord(segment, header, spool::AsBytes(segment.sums), buffer);
}

std::optional<spool::SegmentEnd> ReadEnd(DiskFile& file, uint64_t size) {
  const uint64_t end = RecordSize(sizeof(spool::SegmentEnd));
  if (size < spool::kRecordsAt + end) return std::nullopt;
  // Its own reader would look through the whole file for it.
  const std::shared_ptr<DiskFile> borrowed(&file, [](DiskFile*) {});
  auto reader = SegmentReader::Open(borrowed);
  if (!reader || !reader->SeekTo(size - end)) return std::nullopt;
  const auto record = reader->Next(size);
  if (!record || !*record || reader->skipped_bytes() > 0) return std::nullopt;
  if ((*record)->header.kind != spool::Kind::kEnd) return std::nullopt;
  const auto sums = ByteReader((*record)->payload).Copy<spool::SegmentEnd>();
  uint64_t records = 0;
  for (const spool::SequenceRange& range : sums->streams)
    records += range.count;
  return records == sums->records ? sums : std::nullopt;
}

}  // namespace nameward
