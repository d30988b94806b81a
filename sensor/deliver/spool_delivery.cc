// SPDX-License-Identifier: Apache-2.0
// The sinks' side of the spool: the lanes and the memory merged by position, so
// that each sink is given its alerts in the order in which they were made.
//
// Files are read without the mutex: a lane's head is loaded, then the least
// head is taken if it is older than anything that may have come to the disk
// meanwhile, appended or written back.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "deliver/spool.h"

namespace nameward {

bool Spool::Next(size_t index, SpooledAlert& out, Nanoseconds wait) {
  Sink& sink = sinks_[index];
  while (true) {
    uint64_t before = 0;
    {
      std::unique_lock lock(mutex_);
      if (!WaitForUntaken(lock, sink, wait)) return false;
      before = OnDiskBefore(index);
    }
    bool known = true;
    for (size_t lane = 0; lane < spool::kLanes; ++lane)
      known = LoadHead(index, lane) && known;
    if (!known) continue;
    if (TakeOldest(index, before, out)) return true;
    ForgetUnreadable(index, before);
  }
}

bool Spool::WaitForUntaken(std::unique_lock<std::mutex>& lock, Sink& sink,
                           Nanoseconds wait) {
  const auto is_there = [&] {
    return sink.ledger.untaken > 0 && !sink.awaits_sync;
  };
  appended_.wait_for(lock, wait, [&] { return is_there() || woken_; });
  return is_there();
}

// Until the lane has a head, or nothing more that is written; false: the disk
// does not tell.
bool Spool::LoadHead(size_t index, size_t lane_index) {
  Lane& lane = sinks_[index].lanes[lane_index];
  while (true) {
    uint64_t end = 0;
    bool sealed = false;
    {
      const std::lock_guard lock(mutex_);
      if (lane.segment != nullptr && lane.segment->evicted) {
        lane.segment.reset();
        lane.reader.reset();
        lane.head.reset();
      }
      if (lane.head) return true;
      if (lane.segment == nullptr &&
          !OpenNextSegment(sinks_[index], lane_index))
        return true;
      end = lane.segment->bytes;
      sealed = lane.segment->sealed;
    }
    const auto found = ReadHead(index, lane_index, end);
    if (!found && TriesAgain(index, lane_index, found.error())) return false;
    if ((found && *found) || !sealed) return true;
    FinishSegment(index, lane_index);
  }
}

// Under the mutex; the file itself is opened by ReadHead.
bool Spool::OpenNextSegment(Sink& sink, size_t lane_index) {
  Lane& lane = sink.lanes[lane_index];
  for (const SegmentRef& segment : lanes_[lane_index]) {
    if (segment->first_position < lane.done_before) continue;
    if (segment->sealed && segment->sums.last_position < sink.start) continue;
    lane.segment = segment;
    return true;
  }
  return false;
}

// False: there is none.
Result<bool> Spool::ReadHead(size_t index, size_t lane_index, uint64_t end) {
  Sink& sink = sinks_[index];
  Lane& lane = sink.lanes[lane_index];
  if (!lane.reader) {
    auto file = disk_->Open(lane.segment->name, Disk::Mode::kRead);
    if (!file) return file.error();
    auto reader = SegmentReader::Open(std::move(*file));
    if (!reader) return reader.error();
    lane.reader = std::move(*reader);
  }
  while (true) {
    const auto record = lane.reader->Next(end);
    if (!record) return record.error();
    if (!*record) return false;
    const spool::RecordHeader& header = (*record)->header;
    if (header.kind != spool::Kind::kAlert) continue;
    {
      const std::lock_guard lock(mutex_);
      if (sink.in_flight.WasGiven(header.position)) continue;
      if (lane.segment->Untaken(index, header.stream) == 0) continue;
      if (std::exchange(lane.failures, 0) > 0) read_trouble_.clear();
    }
    SpooledAlert head;
    if (!sink.codec.Decode(header, (*record)->payload, head.alert)) continue;
    head.position = header.position;
    head.sequence = header.sequence;
    lane.head = std::move(head);
    return true;
  }
}

// An error of the disk may pass, unlike damage or a file that is gone.
bool Spool::TriesAgain(size_t index, size_t lane_index, const Error& error) {
  if (error.code == 0 || error.code == ENOENT) return false;
  const std::lock_guard lock(mutex_);
  Sink& sink = sinks_[index];
  ++stats_.read_errors;
  read_trouble_ = error.ToString();
  sink.awaits_sync = ++sink.lanes[lane_index].failures < kReadAttempts;
  return sink.awaits_sync;
}

// Records that were written and could not be read again are lost, and counted.
void Spool::FinishSegment(size_t index, size_t lane_index) {
  Sink& sink = sinks_[index];
  Lane& lane = sink.lanes[lane_index];
  const std::lock_guard lock(mutex_);
  Segment& segment = *lane.segment;
  if (!segment.evicted)
    GiveUpUntaken(segment, index, LostAlerts::Reason::kDamaged);
  if (lane.reader) stats_.damaged_bytes += lane.reader->skipped_bytes();
  lane.done_before = segment.first_position + 1;
  lane.segment.reset();
  lane.reader.reset();
  lane.failures = 0;
}

bool Spool::TakeOldest(size_t index, uint64_t before, SpooledAlert& out) {
  Sink& sink = sinks_[index];
  const std::lock_guard lock(mutex_);
  Lane* oldest = nullptr;
  for (Lane& lane : sink.lanes) {
    if (!lane.head) continue;
    if (lane.segment->evicted) return false;  // the next round drops it
    if (oldest == nullptr || lane.head->position < oldest->head->position)
      oldest = &lane;
  }
  MemoryRecord* kept = OldestInMemory(index);
  InFlight::Entry entry;
  if (kept != nullptr &&
      (oldest == nullptr || kept->header.position < oldest->head->position)) {
    if (kept->header.position > before) return false;
    kept->taken |= 1U << index;
    if (!sink.codec.Decode(kept->header, kept->Payload(), out.alert)) {
      const spool::RecordHeader& header = kept->header;  // no memory for it
      --sink.ledger.untaken;
      ++sink.ledger.damaged;
      NoteLoss({LostAlerts::Reason::kDamaged, header.stream, header.severity,
                header.sequence, header.sequence, 1});
      return false;
    }
    out.position = kept->header.position;
    out.sequence = kept->header.sequence;
  } else {
    if (oldest == nullptr || oldest->head->position >= before) return false;
    std::swap(out, *oldest->head);
    oldest->head.reset();
    ++oldest->segment->taken[index][out.alert.dry_run ? 1 : 0];
    entry.segment = oldest->segment;
  }
  --sink.ledger.untaken;
  entry.position = out.position;
  entry.sequence = out.sequence;
  entry.stream = out.alert.dry_run ? 1 : 0;
  entry.severity = static_cast<uint8_t>(out.alert.severity);
  entry.time_ns = out.alert.time.time_since_epoch().count();
  sink.in_flight.Add(std::move(entry));
  return true;
}

// Nothing to take although something should be there: a file that says it holds
// more than it does, or that the disk has refused for long.  Not while somebody
// appends.
void Spool::ForgetUnreadable(size_t index, uint64_t next_position) {
  Sink& sink = sinks_[index];
  const std::lock_guard lock(mutex_);
  if (next_position_ != next_position || OldestInMemory(index) != nullptr)
    return;
  for (const Lane& lane : sink.lanes)
    if (lane.segment != nullptr && (lane.head || lane.segment->evicted)) return;
  for (const auto& lane : lanes_)
    for (const SegmentRef& segment : lane)
      GiveUpUntaken(*segment, index, LostAlerts::Reason::kDamaged);
  sink.in_flight.SkipTo(next_position);
}

std::optional<WallTime> Spool::Ack(size_t index, uint64_t position,
                                   Outcome outcome) {
  const std::lock_guard lock(mutex_);
  Sink& sink = sinks_[index];
  const auto time = sink.in_flight.Ack(position);
  if (!time) return std::nullopt;
  ++(outcome == Outcome::kDelivered ? sink.ledger.acked : sink.ledger.refused);
  return WallTime(Nanoseconds(*time));
}

void Spool::Rewind(size_t index) {
  const std::lock_guard lock(mutex_);
  Sink& sink = sinks_[index];
  for (const InFlight::Entry& entry : sink.in_flight.Rewind()) {
    bool there = entry.segment != nullptr && !entry.segment->evicted;
    if (there) --entry.segment->taken[index][entry.stream];
    if (entry.segment == nullptr)
      for (MemoryRecord& record : memory_)
        if (record.header.position == entry.position) {
          record.taken &= ~(1U << index);
          there = true;
        }
    ++(there ? sink.ledger.untaken : sink.ledger.evicted);
    if (!there)
      NoteLoss({entry.segment == nullptr ? LostAlerts::Reason::kMemory
                                         : LostAlerts::Reason::kQuota,
                entry.stream, entry.severity, entry.sequence, entry.sequence,
                1});
  }
  sink.start = sink.in_flight.Watermark();
  for (Lane& lane : sink.lanes) lane = Lane();
}

void Spool::Wake() {
  const std::lock_guard lock(mutex_);
  woken_ = true;
  appended_.notify_all();
}

uint64_t Spool::OldestNeeded() const {
  uint64_t oldest = next_position_;
  for (const Sink& sink : sinks_)
    oldest = std::min(oldest, sink.in_flight.Watermark());
  return oldest;
}

// Segments that no sink needs, no longer part of the spool.
std::vector<Spool::SegmentRef> Spool::TakeDelivered() {
  const std::lock_guard lock(mutex_);
  const uint64_t needed = OldestNeeded();
  std::vector<SegmentRef> delivered;
  for (auto& lane : lanes_) {
    while (!lane.empty() && lane.front()->sealed &&
           lane.front()->sums.last_position < needed) {
      stats_.bytes -= lane.front()->bytes;
      lane.front()->evicted = true;
      delivered.push_back(std::move(lane.front()));
      lane.pop_front();
    }
  }
  return delivered;
}

}  // namespace nameward
