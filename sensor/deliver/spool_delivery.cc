// SPDX-License-Identifier: Apache-2.0
// The sinks' side of the spool: the lanes and the memory merged by position, so
// that each sink is given its alerts in the order in which they were made.
//
// Files are read without the mutex: a lane's head is loaded, then the least
// head is taken if it is older than anything that may have come to the disk
// meanwhile, appended or written back.
#include <algorithm>
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
    for (size_t lane = 0; lane < spool::kLanes; ++lane) LoadHead(index, lane);
    if (TakeOldest(index, before, out)) return true;
    ForgetUnreadable(index, before);
  }
}

bool Spool::WaitForUntaken(std::unique_lock<std::mutex>& lock, Sink& sink,
                           Nanoseconds wait) {
  appended_.wait_for(lock, wait,
                     [&] { return sink.ledger.untaken > 0 || woken_; });
  return sink.ledger.untaken > 0;
}

// Until the lane has a head, or nothing more that is written.
void Spool::LoadHead(size_t index, size_t lane_index) {
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
      if (lane.head) return;
      if (lane.segment == nullptr &&
          !OpenNextSegment(sinks_[index], lane_index))
        return;
      end = lane.segment->bytes;
      sealed = lane.segment->sealed;
    }
    if (ReadHead(index, lane_index, end)) return;
    if (!sealed) return;
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

bool Spool::ReadHead(size_t index, size_t lane_index, uint64_t end) {
  Sink& sink = sinks_[index];
  Lane& lane = sink.lanes[lane_index];
  if (!lane.reader) {
    auto file = disk_->Open(lane.segment->name, Disk::Mode::kRead);
    if (!file) return false;  // FinishSegment counts what it held
    auto reader = SegmentReader::Open(std::move(*file));
    if (!reader) return false;
    lane.reader = std::move(*reader);
  }
  while (true) {
    const auto record = lane.reader->Next(end);
    if (!record || !*record) return false;
    const spool::RecordHeader& header = (*record)->header;
    if (header.kind != spool::Kind::kAlert) continue;
    {
      const std::lock_guard lock(mutex_);
      if (sink.in_flight.WasGiven(header.position)) continue;
    }
    SpooledAlert head;
    if (!sink.codec.Decode(header, (*record)->payload, head.alert)) continue;
    head.position = header.position;
    head.sequence = header.sequence;
    lane.head = std::move(head);
    return true;
  }
}

// Records that were written and could not be read again are lost, and counted.
void Spool::FinishSegment(size_t index, size_t lane_index) {
  Sink& sink = sinks_[index];
  Lane& lane = sink.lanes[lane_index];
  const std::lock_guard lock(mutex_);
  Segment& segment = *lane.segment;
  if (!segment.evicted) {
    const uint64_t lost = segment.sums.records - segment.taken[index];
    segment.taken[index] = segment.sums.records;
    sink.ledger.untaken -= lost;
    sink.ledger.damaged += lost;
  }
  if (lane.reader) stats_.damaged_bytes += lane.reader->skipped_bytes();
  lane.done_before = segment.first_position + 1;
  lane.segment.reset();
  lane.reader.reset();
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
    if (!sink.codec.Decode(kept->header, kept->Payload(), out.alert))
      std::abort();
    out.position = kept->header.position;
    out.sequence = kept->header.sequence;
  } else {
    if (oldest == nullptr || oldest->head->position >= before) return false;
    std::swap(out, *oldest->head);
    oldest->head.reset();
    ++oldest->segment->taken[index];
    entry.segment = oldest->segment;
  }
  --sink.ledger.untaken;
  entry.position = out.position;
  entry.time_ns = out.alert.time.time_since_epoch().count();
  sink.in_flight.Add(std::move(entry));
  return true;
}

// Nothing to take although something should be there: a file that says it holds
// more than it does.  Not while somebody appends.
void Spool::ForgetUnreadable(size_t index, uint64_t next_position) {
  Sink& sink = sinks_[index];
  const std::lock_guard lock(mutex_);
  if (next_position_ != next_position || OldestInMemory(index) != nullptr)
    return;
  for (const Lane& lane : sink.lanes)
    if (lane.segment != nullptr && (lane.head || lane.segment->evicted)) return;
  for (size_t lane = 0; lane < spool::kLanes; ++lane) {
    for (const SegmentRef& segment : lanes_[lane]) {
      sink.ledger.damaged += segment->sums.records - segment->taken[index];
      sink.ledger.untaken -= segment->sums.records - segment->taken[index];
      segment->taken[index] = segment->sums.records;
    }
  }
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
    if (there) --entry.segment->taken[index];
    if (entry.segment == nullptr)
      for (MemoryRecord& record : memory_)
        if (record.header.position == entry.position) {
          record.taken &= ~(1U << index);
          there = true;
        }
    ++(there ? sink.ledger.untaken : sink.ledger.evicted);
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
