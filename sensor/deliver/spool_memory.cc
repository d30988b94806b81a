// SPDX-License-Identifier: Apache-2.0
// What the disk refused, and the way back to the disk.
//
// While there is something in memory all that is appended goes there, too, and
// it goes to the disk oldest first: so whatever is on disk is older than
// whatever is in memory, and every lane is in order.
#include <algorithm>
#include <utility>

#include "deliver/spool.h"

namespace nameward {

void Spool::KeepInMemory(const spool::RecordHeader& header, Bytes payload) {
  if (!MakeRoomInMemory(payload.size(), header.severity))
    return GiveUp(header, LostAlerts::Reason::kMemory);
  const std::lock_guard lock(mutex_);
  Publish(header, nullptr);
  ++stats_.kept_in_memory;
  in_doubt_ = true;
  memory_bytes_ += payload.size();
  memory_.push_back(
      {header,
       {reinterpret_cast<const char*>(payload.data()), payload.size()}});
}

// Lowest severity first, and of these the oldest.
bool Spool::MakeRoomInMemory(size_t size, uint8_t severity) {
  const std::lock_guard lock(mutex_);
  while (memory_bytes_ + size > options_.memory_bytes) {
    const auto lowest =
        std::min_element(memory_.begin(), memory_.end(),
                         [](const MemoryRecord& a, const MemoryRecord& b) {
                           return a.header.severity < b.header.severity;
                         });
    if (lowest == memory_.end() || lowest->header.severity > severity)
      return false;
    ForgetInMemory(static_cast<size_t>(lowest - memory_.begin()),
                   LostAlerts::Reason::kMemory);
  }
  return true;
}

// Lost to the sinks that have not taken it.
void Spool::ForgetInMemory(size_t number, LostAlerts::Reason reason) {
  const auto record = memory_.begin() + static_cast<ptrdiff_t>(number);
  bool lost = false;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    if ((record->taken >> i & 1) != 0) continue;
    --sinks_[i].ledger.untaken;
    ++sinks_[i].ledger.evicted;
    lost = true;
  }
  const spool::RecordHeader& header = record->header;
  if (lost)
    NoteLoss({reason, header.stream, header.severity, header.sequence,
              header.sequence, 1});
  memory_bytes_ -= record->payload.size();
  memory_.erase(record);
}

void Spool::WriteBack(size_t most) {
  if (memory_.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    PruneMemory();
  }
  while (most > 0 && WriteBackOldest()) --most;
}

bool Spool::WriteBackOldest() {
  if (memory_.empty()) return false;
  const MemoryRecord& oldest = memory_.front();
  SegmentRef segment;
  const Written written = WriteToDisk(oldest.header, oldest.Payload(), segment);
  if (written == Written::kRefused) return false;
  const std::lock_guard lock(mutex_);
  if (written == Written::kNoRoom) {
    ForgetInMemory(0, LostAlerts::Reason::kQuota);
    return true;
  }
  CountWritten(oldest.header, *segment);
  ++stats_.written_back;
  for (size_t i = 0; i < sinks_.size(); ++i) {
    if ((oldest.taken >> i & 1) == 0) continue;
    ++segment->taken[i][oldest.header.stream];
    sinks_[i].in_flight.Move(oldest.header.position, segment);
  }
  memory_bytes_ -= oldest.payload.size();
  memory_.pop_front();
  return true;
}

Spool::MemoryRecord* Spool::OldestInMemory(size_t index) {
  // What it took is in front, but for what was acknowledged before a rewind.
  const uint64_t next = sinks_[index].in_flight.next();
  auto at = std::lower_bound(memory_.begin(), memory_.end(), next,
                             [](const MemoryRecord& record, uint64_t position) {
                               return record.header.position < position;
                             });
  while (at != memory_.end() && (at->taken >> index & 1) != 0) ++at;
  return at == memory_.end() ? nullptr : &*at;
}

// Untaken records before it are on disk, all others are not: what a sink may
// take after it has looked at the disk without the mutex.
uint64_t Spool::OnDiskBefore(size_t index) {
  const MemoryRecord* oldest = OldestInMemory(index);
  return oldest == nullptr ? next_position_ : oldest->header.position;
}

// Under the mutex: forgets what every sink has acknowledged.
void Spool::PruneMemory() {
  const uint64_t needed = OldestNeeded();
  while (!memory_.empty() && memory_.front().header.position < needed) {
    memory_bytes_ -= memory_.front().payload.size();
    memory_.pop_front();
  }
}

}  // namespace nameward
