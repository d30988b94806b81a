// SPDX-License-Identifier: Apache-2.0
// Alerts on disk from the moment that they are made until every sink has
// acknowledged them (docs/spool-format.md, docs/adr/0007).
//
// Guarantees.  An alert that Append took survives the death of the process; a
// power cut costs at most what came after the last Sync.  Each sink is given
// every alert oldest first, at least once; after a restart it begins at the
// first that it has not acknowledged.  metadata.sequence grows by one for each
// alert of a stream; a gap is an eviction, or follows a power cut, and
// TakeLosses names it.  Only records with whole checksums are given.
//
// Bounds.  `quota` bytes on disk: then whole segments go, lowest severity and
// oldest first, never a higher before a lower.  A disk that refuses (full,
// gone, read-only) is counted and said in Trouble; what comes meanwhile is kept
// in memory, up to `memory_bytes`, by the same order, and written to the disk
// once it takes writes again.  Nothing here stops a sensor.
//
// Ledger, for each sink: spooled = acked + refused + evicted + damaged +
// pending.
//
// Threads: Append by one; Sync by one; Next, Ack and Rewind of one sink by one
// each (Ack by any); the rest by any.  Append never waits for a sync, at most
// for kWrittenBackASync writes.
#ifndef NAMEWARD_DELIVER_SPOOL_H_
#define NAMEWARD_DELIVER_SPOOL_H_

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "deliver/alert_codec.h"
#include "deliver/disk.h"
#include "deliver/in_flight.h"
#include "deliver/segment.h"
#include "deliver/segment_reader.h"
#include "deliver/spool_state.h"
#include "model/alert.h"

namespace nameward {

struct SpoolOptions {
  uint64_t quota = uint64_t{2} << 30;  // an hour of 200/s needs 0.9 to 1.3 GB
  uint64_t segment_bytes = uint64_t{8} << 20;
  size_t memory_bytes = size_t{8} << 20;  // 4,600 to 7,000 alerts
  std::string boot_id;                    // of the kernel, to see power cuts
  std::vector<std::string> sinks;         // one to kMaxSinks names
};

struct SpooledAlert {
  uint64_t position = 0;
  uint64_t sequence = 0;
  RenderedAlert alert;
};

// A gap in a stream's sequence, and why.
struct LostAlerts {
  enum class Reason : uint8_t {
    kQuota,
    kMemory,
    kPowerCut,
    kTooLong,
    kDamaged,  // the disk gave back other bytes, or none for long
    kKilled,   // in flight and no more on disk when the process died
  };
  Reason reason = Reason::kQuota;
  uint8_t stream = 0;
  uint8_t severity = 0;  // 0: any
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;
  uint64_t count = 0;
  // Else it counts the alerts that at least one sink lost.
  bool IsAtMost() const {
    return reason == Reason::kPowerCut || reason == Reason::kKilled;
  }
};
std::string_view ToString(LostAlerts::Reason reason);

struct SinkLedger {
  uint64_t spooled = 0;  // with what was pending at the start
  uint64_t acked = 0;
  uint64_t refused = 0;  // by the other side, for good
  uint64_t evicted = 0;
  uint64_t damaged = 0;  // lost to a damaged file
  uint64_t untaken = 0;
  uint64_t in_flight = 0;
  int64_t oldest_ns = 0;  // of what is in flight; 0: nothing
  uint64_t pending() const { return untaken + in_flight; }
};

struct SpoolStats {
  uint64_t appended = 0;
  uint64_t appended_bytes = 0;
  uint64_t kept_in_memory = 0;  // the disk refused
  uint64_t written_back = 0;    // of these, when it took writes again
  uint64_t too_long = 0;
  uint64_t write_errors = 0;
  uint64_t sync_errors = 0;
  uint64_t read_errors = 0;
  uint64_t damaged_bytes = 0;  // skipped, and cut from torn ends
  uint64_t segments_evicted = 0;
  uint64_t bytes = 0;  // on disk now
  uint64_t memory_records = 0;
};

class Spool {
 public:
  // Where more than these can't have been appended between two syncs, the
  // sequence continues after a power cut, so that no number is given twice.
  static constexpr uint64_t kSkippedNumbers = 65'536;
  // More than one, so that an append takes more out of memory than it can put
  // there; and 5,000 a second where nothing is appended.
  static constexpr size_t kWrittenBackAnAppend = 4;
  static constexpr size_t kWrittenBackASync = 200;
  // A sink tries so often, once after each Sync, to read what the disk refuses
  // to give: for a minute.  It must not wait for ever behind one bad sector.
  static constexpr int kReadAttempts = 1500;

  // Fails if another process has the spool, or its folder can't be read.
  static Result<std::unique_ptr<Spool>> Open(std::unique_ptr<Disk> disk,
                                             SpoolOptions options);
  // Memory alone; `trouble` says why, where it was not wished.
  static std::unique_ptr<Spool> InMemory(SpoolOptions options,
                                         std::string trouble = {});
  ~Spool();

  void Append(const RenderedAlert& alert);
  // Makes what was appended durable, remembers the cursors and removes what
  // every sink has acknowledged.  False: nothing was to be made durable.
  bool Sync();
  // True at once after an alert of critical severity, else false after `wait`.
  bool WaitForUrgent(Nanoseconds wait);
  // As if there were one.
  void Hurry();

  // Waits for the next alert of this sink; false: none came, or it is closing.
  bool Next(size_t sink, SpooledAlert& out, Nanoseconds wait);
  enum class Outcome { kDelivered, kRefused };
  // The alert's time if it was awaited.
  std::optional<WallTime> Ack(size_t sink, uint64_t position,
                              Outcome outcome = Outcome::kDelivered);
  // What this sink has not acknowledged is given again, oldest first.
  void Rewind(size_t sink);

  // Next returns at once from now on, while there is something too.
  void Wake();
  // Syncs, and says in the state that nothing was lost.
  void Close();

  // One for each reason, stream and severity.  An alert of each is to be
  // appended before the next call: until then a restart gives it again.
  std::vector<LostAlerts> TakeLosses();
  SpoolStats stats() const;
  SinkLedger ledger(size_t sink) const;
  std::string Trouble() const;  // empty: the disk does as it should
  std::string id() const;       // hexadecimal
  uint64_t quota() const { return options_.quota; }

 private:
  using SegmentRef = std::shared_ptr<Segment>;
  struct MemoryRecord {
    spool::RecordHeader header;
    std::string payload;
    uint32_t taken = 0;  // a bit for each sink
    Bytes Payload() const {
      return {reinterpret_cast<const uint8_t*>(payload.data()), payload.size()};
    }
  };
  // Where a sink reads in one lane; its own thread's but for `segment`.
  struct Lane {
    SegmentRef segment;
    std::optional<SegmentReader> reader;
    std::optional<SpooledAlert> head;
    uint64_t done_before = 0;  // segments that begin before it are finished
    int failures = 0;          // of the disk, one after the other
  };
  struct Sink {
    std::array<Lane, spool::kLanes> lanes;
    InFlight in_flight;
    SinkLedger ledger;
    uint64_t start = 0;          // positions before it are acknowledged
    uint64_t hold = UINT64_MAX;  // the state's cursor stays before it
    bool awaits_sync = false;    // before it reads again
    AlertCodec codec;
  };
  using LossKey = std::tuple<LostAlerts::Reason, uint8_t, uint8_t>;
  using Losses = std::map<LossKey, LostAlerts>;
  enum class Written : uint8_t { kYes, kNoRoom, kRefused };

  Spool(std::unique_ptr<Disk> disk, SpoolOptions options);

  // spool_recovery.cc
  Status Recover();
  Result<std::optional<spool::State>> LoadState();
  void AdoptSegment(const DiskEntry& entry, uint64_t newest_cursor);
  Result<SegmentRef> ReadSegment(const DiskEntry& entry,
                                 uint64_t newest_cursor);
  Status ScanSegment(Segment& segment, SegmentReader& reader);
  void BeginSinks();
  void SkipNumbers(LostAlerts::Reason reason);

  // spool.cc, under append_mutex_
  void Store(const spool::RecordHeader& header, Bytes payload);
  Written WriteToDisk(const spool::RecordHeader& header, Bytes payload,
                      SegmentRef& segment);
  SegmentRef ActiveSegment(size_t lane, uint64_t position);
  bool IsFull(const Segment& segment) const;
  void Seal(size_t lane, bool with_end);
  bool MakeRoom(size_t size, size_t lane);
  void EvictSegment(size_t lane);
  void Discard(const SegmentRef& segment);
  void Publish(const spool::RecordHeader& header, Segment* segment);
  void CountWritten(const spool::RecordHeader& header, Segment& segment);
  void GiveUp(const spool::RecordHeader& header, LostAlerts::Reason reason);
  void NoteTrouble(const Error& error, uint64_t SpoolStats::*counter);
  void ResumeDisk();
  bool HasStateFile();
  void SyncSegments(const std::vector<SegmentRef>& segments);
  void SaveState(bool sync, bool clean = false);

  // spool_losses.cc, under mutex_
  static void Merge(const LostAlerts& loss, Losses& losses);
  void NoteLoss(const LostAlerts& loss);
  void GiveUpUntaken(Segment& segment, size_t sink, LostAlerts::Reason reason);
  void AddInDoubt(Losses& losses);
  void PutLosses(spool::State& state);
  void AdoptLosses(const spool::State& state);

  // spool_memory.cc, under append_mutex_ but for the last two
  void KeepInMemory(const spool::RecordHeader& header, Bytes payload);
  bool MakeRoomInMemory(size_t size, uint8_t severity);
  void ForgetInMemory(size_t number, LostAlerts::Reason reason);
  void WriteBack(size_t most);
  bool WriteBackOldest();
  void PruneMemory();
  MemoryRecord* OldestInMemory(size_t sink);
  uint64_t OnDiskBefore(size_t sink);

  // spool_delivery.cc: the sinks' threads
  bool WaitForUntaken(std::unique_lock<std::mutex>& lock, Sink& sink,
                      Nanoseconds wait);
  bool LoadHead(size_t sink, size_t lane);
  bool OpenNextSegment(Sink& sink, size_t lane);
  Result<bool> ReadHead(size_t sink, size_t lane, uint64_t end);
  bool TriesAgain(size_t sink, size_t lane, const Error& error);
  void FinishSegment(size_t sink, size_t lane);
  bool TakeOldest(size_t sink, uint64_t before, SpooledAlert& out);
  void ForgetUnreadable(size_t sink, uint64_t next_position);
  std::vector<SegmentRef> TakeDelivered();
  uint64_t OldestNeeded() const;

  const std::unique_ptr<Disk> disk_;  // null: memory alone
  const SpoolOptions options_;

  // Guards the next three, and taking anything out of memory_ or putting it
  // there; taken first.
  std::mutex append_mutex_;
  AlertCodec codec_;
  std::string buffer_;
  std::array<SegmentRef, spool::kLanes> active_;

  mutable std::mutex mutex_;  // guards all below
  bool names_dirty_ = false;
  std::condition_variable appended_;
  std::condition_variable urgent_;
  bool is_urgent_ = false;
  bool woken_ = false;
  bool disk_paused_ = false;  // until the next Sync
  std::array<std::deque<SegmentRef>, spool::kLanes> lanes_;
  std::deque<MemoryRecord> memory_;  // younger than all that is on disk
  size_t memory_bytes_ = 0;
  uint64_t next_position_ = 0;
  std::array<uint64_t, spool::kStreams> next_sequence_{};
  spool::SpoolId id_{};
  std::vector<Sink> sinks_;
  SpoolStats stats_;
  Losses losses_;
  Losses told_;                   // each by an alert, from told_from_ on
  uint64_t told_from_ = 0;        // a position
  bool in_doubt_ = false;         // something may be lost if the process dies
  SegmentRef evicting_;           // its loss is noted, its file may be there
  std::string evicted_name_;      // the same of the run before, at the start
  uint64_t unread_ = UINT64_MAX;  // the first position that a later start reads
  std::string trouble_;
  std::string sync_trouble_;  // a disk may take writes, and no sync
  std::string read_trouble_;

  std::mutex state_mutex_;  // taken before mutex_; guards the two below
  std::unique_ptr<StateFile> state_file_;
  uint64_t state_generation_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SPOOL_H_
