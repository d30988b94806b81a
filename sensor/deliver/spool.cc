// SPDX-License-Identifier: Apache-2.0
// The appending and the syncing side; see spool_memory.cc, spool_recovery.cc,
// spool_delivery.cc.
#include "deliver/spool.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace nameward {
namespace {

constexpr uint8_t kCritical = static_cast<uint8_t>(Severity::kCritical);

size_t LaneOf(const spool::RecordHeader& header) {
  const size_t severity = header.severity;
  return std::clamp<size_t>(severity, 1, spool::kLanes) - 1;
}

}  // namespace

Spool::Spool(std::unique_ptr<Disk> disk, SpoolOptions options)
    : disk_(std::move(disk)), options_(std::move(options)) {
  sinks_.resize(std::clamp<size_t>(options_.sinks.size(), 1, kMaxSinks));
}

Spool::~Spool() = default;

void Spool::Append(const RenderedAlert& alert) {
  const std::lock_guard appending(append_mutex_);
  WriteBack(kWrittenBackAnAppend);
  spool::RecordHeader header{};
  const size_t stream = alert.dry_run ? 1 : 0;
  {
    const std::lock_guard lock(mutex_);
    header.position = next_position_;
    header.sequence = next_sequence_[stream];
  }
  const Bytes payload = codec_.Encode(alert, header.sequence, header);
  if (payload.empty()) {
    GiveUp(header, LostAlerts::Reason::kTooLong);
    const std::lock_guard lock(mutex_);
    ++stats_.too_long;
    return;
  }
  Store(header, payload);
  if (header.severity >= kCritical) Hurry();
  const std::lock_guard lock(mutex_);
  appended_.notify_all();
}

void Spool::Store(const spool::RecordHeader& header, Bytes payload) {
  SegmentRef segment;
  const Written written = memory_.empty()
                              ? WriteToDisk(header, payload, segment)
                              : Written::kRefused;
  if (written == Written::kRefused) return KeepInMemory(header, payload);
  if (written == Written::kNoRoom)
    return GiveUp(header, LostAlerts::Reason::kQuota);
  const std::lock_guard lock(mutex_);
  Publish(header, segment.get());
}

Spool::Written Spool::WriteToDisk(const spool::RecordHeader& header,
                                  Bytes payload, SegmentRef& segment) {
  {
    const std::lock_guard lock(mutex_);
    if (disk_ == nullptr || disk_paused_) return Written::kRefused;
  }
  const size_t lane = LaneOf(header);
  if (!MakeRoom(RecordSize(payload.size()), lane)) return Written::kNoRoom;
  segment = ActiveSegment(lane, header.position);
  if (segment == nullptr) return Written::kRefused;
  const Status written = WriteRecord(*segment, header, payload, buffer_);
  if (written) return Written::kYes;
  NoteTrouble(written.error(), &SpoolStats::write_errors);
  Seal(lane, false);
  return Written::kRefused;
}

Spool::SegmentRef Spool::ActiveSegment(size_t lane, uint64_t position) {
  if (active_[lane] != nullptr && IsFull(*active_[lane])) Seal(lane, true);
  if (active_[lane] != nullptr) return active_[lane];
  NewSegment wanted{lane, position, {}};
  {
    const std::lock_guard lock(mutex_);
    wanted.spool = id_;
  }
  auto created = CreateSegment(*disk_, wanted);
  if (!created) {
    NoteTrouble(created.error(), &SpoolStats::write_errors);
    return nullptr;
  }
  active_[lane] = std::move(*created);
  const std::lock_guard lock(mutex_);
  names_dirty_ = true;
  lanes_[lane].push_back(active_[lane]);
  stats_.bytes += active_[lane]->bytes;
  return active_[lane];
}

// After a failed sync the kernel may have forgotten pages that it calls clean,
// so nothing is added to such a segment.
bool Spool::IsFull(const Segment& segment) const {
  const std::lock_guard lock(mutex_);
  return segment.suspect || segment.bytes >= options_.segment_bytes;
}

// Only this side changes an active segment; readers look under the mutex.
void Spool::Seal(size_t lane, bool with_end) {
  const SegmentRef segment = std::exchange(active_[lane], nullptr);
  if (segment == nullptr) return;
  if (segment->sums.records == 0) return Discard(segment);
  const Status ended = with_end ? WriteEnd(*segment, buffer_) : Ok();
  const std::lock_guard lock(mutex_);
  if (!ended) ++stats_.write_errors;  // it will be read through once more
  if (ended && with_end) {
    segment->bytes += buffer_.size();
    stats_.bytes += buffer_.size();
  }
  segment->sealed = true;
  segment->unsynced = true;
}

// It never held anything, and its name is the next one's too.
void Spool::Discard(const SegmentRef& segment) {
  {
    const std::lock_guard lock(mutex_);
    segment->evicted = true;
    stats_.bytes -= segment->bytes;
    lanes_[segment->lane].pop_back();
  }
  const Status removed = disk_->Remove(segment->name);
  if (!removed) NoteTrouble(removed.error(), &SpoolStats::write_errors);
}

// Under the mutex; null: it is not on disk.
void Spool::Publish(const spool::RecordHeader& header, Segment* segment) {
  if (segment != nullptr) CountWritten(header, *segment);
  next_position_ = header.position + 1;
  next_sequence_[header.stream] = header.sequence + 1;
  ++stats_.appended;
  for (Sink& sink : sinks_) ++sink.ledger.spooled, ++sink.ledger.untaken;
}

void Spool::CountWritten(const spool::RecordHeader& header, Segment& segment) {
  segment.Count(header);
  segment.bytes += buffer_.size();
  segment.unsynced = true;
  stats_.bytes += buffer_.size();
  stats_.appended_bytes += buffer_.size();
  trouble_.clear();
}

void Spool::GiveUp(const spool::RecordHeader& header,
                   LostAlerts::Reason reason) {
  const std::lock_guard lock(mutex_);
  Publish(header, nullptr);
  for (Sink& sink : sinks_) --sink.ledger.untaken, ++sink.ledger.evicted;
  NoteLoss({reason, header.stream, header.severity, header.sequence,
            header.sequence, 1});
}

// False: whatever is on disk matters as much or more, and fills the quota.
bool Spool::MakeRoom(size_t size, size_t lane) {
  while (true) {
    size_t lowest = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stats_.bytes + size <= options_.quota) return true;
      while (lowest < spool::kLanes && lanes_[lowest].empty()) ++lowest;
    }
    if (lowest > lane) return false;
    EvictSegment(lowest);
  }
}

void Spool::EvictSegment(size_t lane) {
  SegmentRef segment;
  {
    const std::lock_guard lock(mutex_);
    if (lanes_[lane].empty()) return;  // Sync removed it meanwhile
    segment = lanes_[lane].front();
    lanes_[lane].pop_front();
    segment->evicted = true;
    segment->sealed = true;
    stats_.bytes -= segment->bytes;
    ++stats_.segments_evicted;
    for (size_t i = 0; i < sinks_.size(); ++i)
      GiveUpUntaken(*segment, i, LostAlerts::Reason::kQuota);
    evicting_ = segment;
    in_doubt_ = true;
  }
  if (active_[lane] == segment) active_[lane] = nullptr;
  // What is lost must be known, and the numbers that only this segment kept
  // must not be given again.
  SaveState(false);
  const Status removed = disk_->Remove(segment->name);
  if (!removed) return NoteTrouble(removed.error(), &SpoolStats::write_errors);
  const std::lock_guard lock(mutex_);
  evicting_.reset();
}

void Spool::NoteTrouble(const Error& error, uint64_t SpoolStats::*counter) {
  const std::lock_guard lock(mutex_);
  ++(stats_.*counter);
  const bool of_sync = counter == &SpoolStats::sync_errors;
  (of_sync ? sync_trouble_ : trouble_) = error.ToString();
  disk_paused_ = true;
}

void Spool::ResumeDisk() {
  const std::lock_guard lock(mutex_);
  disk_paused_ = false;
  for (Sink& sink : sinks_) sink.awaits_sync = false;
  appended_.notify_all();
}

bool Spool::WaitForUrgent(Nanoseconds wait) {
  std::unique_lock lock(mutex_);
  urgent_.wait_for(lock, wait, [this] { return is_urgent_; });
  return std::exchange(is_urgent_, false);
}

void Spool::Hurry() {
  const std::lock_guard lock(mutex_);
  is_urgent_ = true;
  urgent_.notify_one();
}

bool Spool::Sync() {
  std::vector<SegmentRef> unsynced;
  bool names = false;
  uint64_t errors = 0;
  {
    const std::lock_guard appending(append_mutex_);
    ResumeDisk();
    WriteBack(kWrittenBackASync);
  }
  if (disk_ == nullptr) return false;
  {
    const std::lock_guard lock(mutex_);
    errors = stats_.sync_errors;
    names = std::exchange(names_dirty_, false);
    for (const auto& lane : lanes_)
      for (const SegmentRef& segment : lane)
        if (std::exchange(segment->unsynced, false))
          unsynced.push_back(segment);
  }
  SyncSegments(unsynced);
  if (names) {
    const Status synced = disk_->SyncNames();
    if (!synced) NoteTrouble(synced.error(), &SpoolStats::sync_errors);
    const std::lock_guard lock(mutex_);
    names_dirty_ = names_dirty_ || !synced;
  }
  const std::vector<SegmentRef> delivered = TakeDelivered();
  SaveState(!delivered.empty());
  for (const SegmentRef& segment : delivered) {
    const Status removed = disk_->Remove(segment->name);
    if (!removed) NoteTrouble(removed.error(), &SpoolStats::write_errors);
  }
  const std::lock_guard lock(mutex_);
  const bool tried = !unsynced.empty() || names;
  if (tried && stats_.sync_errors == errors) sync_trouble_.clear();
  return tried;
}

void Spool::SyncSegments(const std::vector<SegmentRef>& segments) {
  for (const SegmentRef& segment : segments) {
    const Status synced = segment->file->Sync();
    if (!synced) NoteTrouble(synced.error(), &SpoolStats::sync_errors);
    const std::lock_guard lock(mutex_);
    segment->suspect = segment->suspect || !synced;
    if (segment->sealed && !segment->unsynced) segment->file.reset();
  }
}

// A disk that was read-only at the start may be written now.
bool Spool::HasStateFile() {
  if (state_file_ != nullptr || disk_ == nullptr) return state_file_ != nullptr;
  auto file = disk_->Open(kStateName, Disk::Mode::kWrite);
  if (!file) {
    NoteTrouble(file.error(), &SpoolStats::write_errors);
    return false;
  }
  state_file_ = std::make_unique<StateFile>(std::move(*file));
  const std::lock_guard lock(mutex_);
  return names_dirty_ = true;
}

void Spool::SaveState(bool sync, bool clean) {
  const std::lock_guard guard(state_mutex_);
  if (!HasStateFile()) return;
  spool::State state{};
  {
    const std::lock_guard lock(mutex_);
    state.generation = state_generation_;
    state.spool = id_;
    std::copy_n(options_.boot_id.begin(),
                std::min(options_.boot_id.size(), state.boot_id.size() - 1),
                state.boot_id.begin());
    state.clean = clean ? 1 : 0;
    state.next_position = next_position_;
    state.next_sequence = next_sequence_;
    for (size_t i = 0; i < sinks_.size() && i < options_.sinks.size(); ++i)
      state.cursors[i] =
          MakeCursor(options_.sinks[i],
                     std::min(sinks_[i].in_flight.Watermark(), sinks_[i].hold));
    PutLosses(state);
  }
  const Status written =
      state_file_->Holds(state) ? Ok() : state_file_->Write(state);
  state_generation_ = state.generation;
  if (!written) return NoteTrouble(written.error(), &SpoolStats::write_errors);
  if (!sync) return;
  const Status synced = state_file_->Sync();
  if (!synced) NoteTrouble(synced.error(), &SpoolStats::sync_errors);
}

void Spool::Close() {
  {
    const std::lock_guard appending(append_mutex_);
    ResumeDisk();
    WriteBack(SIZE_MAX);
    for (size_t lane = 0; lane < spool::kLanes; ++lane) Seal(lane, true);
  }
  Sync();
  SaveState(true, true);
}

SpoolStats Spool::stats() const {
  const std::lock_guard lock(mutex_);
  SpoolStats stats = stats_;
  stats.memory_records = memory_.size();
  return stats;
}

SinkLedger Spool::ledger(size_t sink) const {
  const std::lock_guard lock(mutex_);
  SinkLedger ledger = sinks_[sink].ledger;
  ledger.in_flight = sinks_[sink].in_flight.unacked();
  ledger.oldest_ns = sinks_[sink].in_flight.oldest_ns();
  return ledger;
}

std::string Spool::Trouble() const {
  const std::lock_guard lock(mutex_);
  if (!trouble_.empty()) return trouble_;
  return sync_trouble_.empty() ? read_trouble_ : sync_trouble_;
}

std::string Spool::id() const {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : id_) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace nameward
