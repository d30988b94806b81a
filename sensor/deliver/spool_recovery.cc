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

// Of a disk that may come back; anything else is a mistake to be mended.
bool MayPass(const Error& error) {
  return error.code == ENOSPC || error.code == EDQUOT || error.code == EIO ||
         error.code == EROFS;
}

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

std::unique_ptr<Spool> Spool::InMemory(SpoolOptions options) {
  std::unique_ptr<Spool> spool(new Spool(nullptr, std::move(options)));
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
  const bool lost_power =
      *state && (*state)->clean == 0 && BootIdOf(**state) != options_.boot_id;
  if (lost_power) SkipAfterPowerCut(**state);
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
    if (!file) return std::optional<spool::State>();
  }
  auto state = ReadState(**file);
  if (!state && !MayPass(state.error())) return state.error();
  if (writable) state_file_ = std::make_unique<StateFile>(std::move(*file));
  if (state) return *state;
  NoteTrouble(state.error(), &SpoolStats::write_errors);
  return std::optional<spool::State>();
}

// What can't be read stays where it is, for a later version or a person.
void Spool::AdoptSegment(const DiskEntry& entry, uint64_t newest_cursor) {
  const auto position = PositionInName(entry.name);
  if (!position) return;
  next_position_ = std::max(next_position_, *position + 1);
  auto file = disk_->Open(entry.name, Disk::Mode::kRead);
  if (!file) return NoteTrouble(file.error(), &SpoolStats::write_errors);
  const std::shared_ptr<DiskFile> shared = std::move(*file);
  auto reader = SegmentReader::Open(shared);
  if (!reader) {
    stats_.damaged_bytes += entry.size;
    return;
  }
  auto segment = std::make_shared<Segment>();
  segment->name = entry.name;
  segment->lane = reader->header().severity - size_t{1};
  segment->first_position = *position;
  segment->sealed = true;
  const auto end = ReadEnd(*shared, entry.size);
  if (end && *position >= newest_cursor) {
    segment->sums = *end;
    segment->bytes = entry.size;
  } else {
    ScanSegment(*segment, *reader, entry.size);
  }
  if (segment->sums.records == 0) {
    (void)disk_->Remove(entry.name);
    return;
  }
  stats_.bytes += segment->bytes;
  next_position_ = std::max(next_position_, segment->sums.last_position + 1);
  for (size_t stream = 0; stream < spool::kStreams; ++stream)
    if (segment->sums.streams[stream].count > 0)
      next_sequence_[stream] = std::max(next_sequence_[stream],
                                        segment->sums.streams[stream].last + 1);
  lanes_[segment->lane].push_back(std::move(segment));
}

// Counts what is whole, and for each sink what it has acknowledged.
void Spool::ScanSegment(Segment& segment, SegmentReader& reader,
                        uint64_t size) {
  segment.bytes = size;
  while (true) {
    const auto record = reader.Next(size);
    if (!record) {
      NoteTrouble(record.error(), &SpoolStats::write_errors);
      break;
    }
    if (!*record) break;
    if ((*record)->header.kind != spool::Kind::kAlert) continue;
    segment.Count((*record)->header);
    for (size_t i = 0; i < sinks_.size(); ++i)
      if ((*record)->header.position < sinks_[i].start) ++segment.taken[i];
  }
  stats_.damaged_bytes += reader.skipped_bytes();
}

void Spool::SkipAfterPowerCut(const spool::State& state) {
  for (uint8_t stream = 0; stream < spool::kStreams; ++stream) {
    if (next_sequence_[stream] == 0 && state.next_sequence[stream] == 0)
      continue;  // never used
    const uint64_t next = next_sequence_[stream];
    next_sequence_[stream] += kPowerCutSkip;
    NoteLoss({LostAlerts::Reason::kPowerCut, stream, 0, next,
              next + kPowerCutSkip - 1, kPowerCutSkip});
  }
  next_position_ += kPowerCutSkip;
}

void Spool::BeginSinks() {
  for (size_t i = 0; i < sinks_.size(); ++i) {
    Sink& sink = sinks_[i];
    sink.in_flight.Begin(sink.start);
    for (auto& lane : lanes_)
      for (const SegmentRef& segment : lane) {
        if (segment->sums.last_position < sink.start)
          segment->taken[i] = segment->sums.records;
        sink.ledger.untaken += segment->sums.records - segment->taken[i];
      }
    sink.ledger.spooled = sink.ledger.untaken;
  }
}

}  // namespace nameward
