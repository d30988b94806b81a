// SPDX-License-Identifier: Apache-2.0
// Opening a spool: what an earlier run left, whole, torn or damaged.
//
// Segments of an earlier run are only read: this run begins new ones.  Finished
// ones say at their end what they hold; others, and those that a cursor stands
// in, are read through (at most one for each lane and run, and cursor).
#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "deliver/spool.h"

namespace nameward {
namespace {

// Small quotas need small segments, or one eviction would take everything.
constexpr uint64_t kSegmentsOfQuota = 16;
constexpr uint64_t kLeastSegment = uint64_t{16} << 10;

}  // namespace

Result<std::unique_ptr<Spool>> Spool::Open(std::unique_ptr<Disk> disk,
                                           SpoolOptions options) {
  options.segment_bytes =
      std::min(options.segment_bytes,
               std::max(kLeastSegment, options.quota / kSegmentsOfQuota));
  NW_RETURN_IF_ERROR(disk->Lock());
  std::unique_ptr<Spool> spool(new Spool(std::move(disk), std::move(options)));
  NW_RETURN_IF_ERROR(spool->Recover());
  return spool;
}

std::unique_ptr<Spool> Spool::InMemory(SpoolOptions options,
                                       std::string trouble) {
  std::unique_ptr<Spool> spool(new Spool(nullptr, std::move(options)));
  spool->trouble_ = std::move(trouble);
  (void)getrandom(spool->id_.data(), spool->id_.size(), 0);
  spool->BeginSinks();
  return spool;
}

Status Spool::Recover() {
  auto state = LoadState();
  if (!state) return state.error();
  const auto entries = disk_->List();
  if (!entries) return entries.error();
  uint64_t newest = 0;  // cursor
  for (const std::string& name : options_.sinks)
    newest = std::max(newest, *state ? CursorOf(**state, name).value_or(0) : 0);
  if (*state) {
    id_ = (*state)->spool;
    state_generation_ = (*state)->generation;
    next_position_ = (*state)->next_position;
    next_sequence_ = (*state)->next_sequence;
    if (const size_t severity = (*state)->evicting_severity; severity > 0)
      evicted_name_ = SegmentName(severity - 1, (*state)->evicting_position);
  } else {
    (void)getrandom(id_.data(), id_.size(), 0);
  }
  for (size_t i = 0; i < options_.sinks.size() && i < sinks_.size(); ++i)
    sinks_[i].start =
        *state ? CursorOf(**state, options_.sinks[i]).value_or(0) : 0;
  for (const DiskEntry& entry : *entries) AdoptSegment(entry, newest);
  for (auto& lane : lanes_)
    std::sort(lane.begin(), lane.end(),
              [](const SegmentRef& a, const SegmentRef& b) {
                return a->first_position < b->first_position;
              });
  BeginSinks();
  const bool clean = *state && (*state)->clean == 1;
  if (*state) AdoptLosses(**state);
  if (*state && !clean && BootIdOf(**state) != options_.boot_id)
    SkipNumbers(LostAlerts::Reason::kPowerCut);
  else if (unread_ < UINT64_MAX && !clean)
    SkipNumbers(LostAlerts::Reason::kKilled);  // it may hold the last ones
  SaveState(true);
  return Ok();
}

Result<std::optional<spool::State>> Spool::LoadState() {
  auto file = disk_->Open(kStateName, Disk::Mode::kWrite);
  const bool writable = file.has_value();
  if (!file) {
    if (!MayPass(file.error())) return file.error();
    NoteTrouble(file.error(), &SpoolStats::write_errors);
    file = disk_->Open(kStateName, Disk::Mode::kRead);
    if (!file && file.error().code != ENOENT) return file.error();
    if (!file) return std::optional<spool::State>();
  }
  auto state = ReadState(**file);
  if (!state) return state.error();
  if (writable) state_file_ = std::make_unique<StateFile>(std::move(*file));
  return *state;
}

// What can't be read stays where it is, for a later start, a later version or a
// person.
void Spool::AdoptSegment(const DiskEntry& entry, uint64_t newest_cursor) {
  const auto position = PositionInName(entry.name);
  if (!position) return;
  next_position_ = std::max(next_position_, *position + 1);
  if (entry.name == evicted_name_) return (void)disk_->Remove(entry.name);
  const auto read = ReadSegment(entry, newest_cursor);
  if (!read && read.error().code == 0) {
    stats_.damaged_bytes += entry.size;
    return;
  }
  if (!read) {
    ++stats_.read_errors;
    read_trouble_ = read.error().ToString();
    unread_ = std::min(unread_, *position);
    return;
  }
  const SegmentRef& segment = *read;
  if (segment->sums.records == 0) return (void)disk_->Remove(entry.name);
  stats_.bytes += segment->bytes;
  next_position_ = std::max(next_position_, segment->sums.last_position + 1);
  for (size_t stream = 0; stream < spool::kStreams; ++stream)
    if (segment->sums.streams[stream].count > 0)
      next_sequence_[stream] = std::max(next_sequence_[stream],
                                        segment->sums.streams[stream].last + 1);
  lanes_[segment->lane].push_back(segment);
}

// An error without a code: it is damaged.
Result<Spool::SegmentRef> Spool::ReadSegment(const DiskEntry& entry,
                                             uint64_t newest_cursor) {
  auto file = disk_->Open(entry.name, Disk::Mode::kRead);
  if (!file) return file.error();
  const std::shared_ptr<DiskFile> shared = std::move(*file);
  auto reader = SegmentReader::Open(shared);
  if (!reader) return reader.error();
  auto segment = std::make_shared<Segment>();
  segment->name = entry.name;
  segment->lane = reader->header().severity - size_t{1};
  segment->first_position = *PositionInName(entry.name);
  segment->bytes = entry.size;
  segment->sealed = true;
  const auto end = ReadEnd(*shared, entry.size);
  if (!end || segment->first_position < newest_cursor)
    NW_RETURN_IF_ERROR(ScanSegment(*segment, *reader));
  if (end) segment->sums = *end;
  return segment;
}

// Counts what is whole, and for each sink what it has acknowledged.
Status Spool::ScanSegment(Segment& segment, SegmentReader& reader) {
  while (true) {
    const auto record = reader.Next(segment.bytes);
    if (!record) return record.error();
    if (!*record) break;
    const spool::RecordHeader& header = (*record)->header;
    if (header.kind != spool::Kind::kAlert) continue;
    segment.Count(header);
    for (size_t i = 0; i < sinks_.size(); ++i)
      if (header.position < sinks_[i].start) ++segment.taken[i][header.stream];
  }
  stats_.damaged_bytes += reader.skipped_bytes();
  return Ok();
}

void Spool::SkipNumbers(LostAlerts::Reason reason) {
  for (uint8_t stream = 0; stream < spool::kStreams; ++stream) {
    const uint64_t next = next_sequence_[stream];
    if (next == 0) continue;  // never used
    next_sequence_[stream] += kSkippedNumbers;
    NoteLoss(
        {reason, stream, 0, next, next + kSkippedNumbers - 1, kSkippedNumbers});
  }
  next_position_ += kSkippedNumbers;
}

void Spool::BeginSinks() {
  for (size_t i = 0; i < sinks_.size(); ++i) {
    Sink& sink = sinks_[i];
    sink.in_flight.Begin(sink.start);
    for (auto& lane : lanes_)
      for (const SegmentRef& segment : lane) {
        for (size_t stream = 0; stream < spool::kStreams; ++stream) {
          const uint64_t all = segment->sums.streams[stream].count;
          uint64_t& taken = segment->taken[i][stream];
          const bool done = segment->sums.last_position < sink.start;
          taken = done ? all : std::min(taken, all);
        }
        sink.ledger.untaken += segment->Untaken(i);
      }
    if (unread_ < UINT64_MAX) sink.hold = std::max(sink.start, unread_);
    sink.ledger.spooled = sink.ledger.untaken;
  }
}

}  // namespace nameward
