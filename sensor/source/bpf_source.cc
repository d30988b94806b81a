// SPDX-License-Identifier: Apache-2.0
#include "source/bpf_source.h"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>

#include "source/bpf_handles.h"
#include "source/bpf_kernel.h"
#include "source/keeper.h"
#include "source/loss_tracker.h"
#include "source/told_cgroups.h"

namespace nameward {
namespace {

// The programs wake the reader only when the ring fills up; else it looks by
// itself.  4 ms is an alert's smallest delay and 250 looks a second when idle.
constexpr Nanoseconds kTick = 4ms;
constexpr Nanoseconds kTimerEvery = 100ms;
constexpr Nanoseconds kClockEvery = 60s;
// Below this a moved wall clock is jitter of reading two clocks.
constexpr Nanoseconds kClockTolerance = 1ms;
// A lost birth record would hide a first-level cgroup for no longer.
constexpr Nanoseconds kFollowEvery = 60s;
// Look-ups of a path by the keeper, some 50 us each, in one round.
constexpr int kPathsARound = 16;
// Programs that still run when their hooks go end within microseconds.
constexpr Nanoseconds kDrainFor = 250ms;

uint64_t ToNs(BootTime time) {
  return static_cast<uint64_t>(time.time_since_epoch().count());
}

class RingSource final : public LiveSource {
 public:
  RingSource(KeeperClient keeper, LiveReport report, RecordBatch found)
      : keeper_(std::move(keeper)),
        report_(std::move(report)),
        found_(std::move(found)) {}

  Status MapRing(int map) {
    // The ring outlives the object that made it by this descriptor.
    ring_fd_.Reset(fcntl(map, F_DUPFD_CLOEXEC, 0));
    const LibbpfLog log;
    ring_.reset(ring_buffer__new(ring_fd_.get(), &Take, this, nullptr));
    if (!ring_) return ErrnoError("map the ring", errno);
    return Ok();
  }

  Result<PollOutcome> Poll(RecordBatch& batch, Nanoseconds wait) override;
  void Stop() override { stop_.store(true, std::memory_order_relaxed); }
  std::optional<LiveCounters> TakeCounters() override {
    return std::exchange(read_, std::nullopt);
  }
  const LiveReport& report() const override { return report_; }
  pid_t keeper_pid() const override { return keeper_.pid(); }

 private:
  static int Take(void* self, void* record, size_t size);
  void Note(const nw_header& header, Bytes record);
  void Begin(RecordBatch& batch);
  Status Wait(Nanoseconds most);
  Result<PollOutcome> Round(RecordBatch& batch);
  Status KeepTime(BootTime now, RecordBatch& batch);
  Status KeepCounters(BootTime now, RecordBatch& batch);
  Status ReadLosses();
  Status NameCgroups(uint64_t time_ns, RecordBatch& batch);
  Status Follow(BootTime now);
  void AppendClock(RecordBatch& batch);
  Result<PollOutcome> Drain(BootTime now, RecordBatch& batch);

  KeeperClient keeper_;
  const LiveReport report_;
  RecordBatch found_;
  UniqueFd ring_fd_;
  BpfRing ring_;
  SystemClock clock_;

  // The reader's own.
  RecordBatch* batch_ = nullptr;  // of the round that runs
  int paths_left_ = 0;            // to look up in it
  Status named_ = Ok();           // an error: the keeper is gone
  bool started_ = false;
  bool more_waits_ = false;  // the batch was full before the ring was empty
  bool follow_ = false;      // a first-level cgroup was born
  bool detached_ = false;
  uint64_t added_ = 0;  // kernel records that are ours
  uint64_t taken_ = 0;
  uint64_t taken_bytes_ = 0;
  BootTime next_timer_{}, next_clock_{}, next_follow_{}, drain_until_{};
  ClockOffset told_offset_{};
  LossTracker losses_;
  ToldCgroups told_;
  std::vector<CgroupLoss> loss_list_;
  KeeperResponse response_;

  std::atomic<bool> stop_{false};
  std::optional<LiveCounters> read_;
};

// One record of the ring.  Its slot may be larger than the record: before Linux
// 6.1 programs reserve by size class.
int RingSource::Take(void* self, void* record, size_t size) {
  auto* source = static_cast<RingSource*>(self);
  const Bytes slot(static_cast<const uint8_t*>(record), size);
  const auto header = ByteReader(slot).Copy<nw_header>();
  const size_t length = header ? std::min<size_t>(header->length, size) : size;
  if (header) source->Note(*header, slot);
  source->batch_->Append(RecordType::kKernel, slot.first(length));
  ++source->taken_;
  source->taken_bytes_ += size;
  // Anything below zero ends ring_buffer__consume after this record.
  return source->batch_->Full() ? -1 : 0;
}

void RingSource::Note(const nw_header& header, Bytes record) {
  if (header.kind != NW_CGROUP) {
    // The path first, then what the cgroup did.
    told_.Saw(header.who.task_cgroup);
    if (told_.AnyWaits() && named_) {
      named_ = NameCgroups(header.time, *batch_);
    }
    return;
  }
  const auto cgroup = ByteReader(record).Copy<nw_cgroup>();
  if (!cgroup || (header.flags & NW_F_BORN) == 0) return;
  // Under lockdown=confidentiality a birth is told without the path.
  if (cgroup->size > 0)
    told_.Told(cgroup->id);
  else
    told_.Saw(cgroup->id);
  follow_ = follow_ || cgroup->level == 1;
}

void RingSource::Begin(RecordBatch& batch) {
  started_ = true;
  AppendClock(batch);
  found_.ForEach([&](const RecordView& record) {
    batch.Append(record.type, record.payload);
    const auto cgroup = ByteReader(record.payload).Copy<nw_cgroup>();
    if (cgroup) told_.Told(cgroup->id);
    ++added_;
  });
  found_ = RecordBatch();
  const BootTime now = clock_.Now();
  next_timer_ = now + kTimerEvery;
  next_clock_ = now + kClockEvery;
  next_follow_ = now;  // what was born since the plan
}

Result<PollOutcome> RingSource::Poll(RecordBatch& batch, Nanoseconds wait) {
  if (batch.Full()) return PollOutcome::kMore;
  if (!started_) {
    Begin(batch);
    return PollOutcome::kMore;
  }
  const size_t before = batch.count();
  const BootTime deadline = clock_.Now() + wait;
  for (;;) {
    if (!more_waits_) NW_RETURN_IF_ERROR(Wait(deadline - clock_.Now()));
    const auto outcome = Round(batch);
    if (!outcome || *outcome != PollOutcome::kIdle) return outcome;
    if (batch.count() > before || clock_.Now() >= deadline) return outcome;
  }
}

// Until the ring fills up, the tick is over or the keeper is gone.
Status RingSource::Wait(Nanoseconds most) {
  most = std::clamp(most, Nanoseconds(0), kTick);
  pollfd waits[] = {{ring_buffer__epoll_fd(ring_.get()), POLLIN, 0},
                    {keeper_.fd(), POLLIN, 0}};
  const timespec timeout{0, static_cast<long>(most.count())};
  if (ppoll(waits, std::size(waits), &timeout, nullptr) < 0 && errno != EINTR) {
    return ErrnoError("wait for the ring", errno);
  }
  // It speaks only when asked, so this is its end.
  if (waits[1].revents != 0) {
    return Error{"keeper", "it ended", "restart the sensor", ESRCH};
  }
  return Ok();
}

Result<PollOutcome> RingSource::Round(RecordBatch& batch) {
  // Taken before the ring is emptied: nothing older is still in it.
  const BootTime now = clock_.Now();
  batch_ = &batch;
  paths_left_ = kPathsARound;
  const int result = ring_buffer__consume(ring_.get());
  batch_ = nullptr;
  more_waits_ = batch.Full();
  if (result < 0 && !more_waits_) {
    return ErrnoError("read the ring", -result);
  }
  NW_RETURN_IF_ERROR(named_);
  NW_RETURN_IF_ERROR(KeepTime(now, batch));
  if (stop_.load(std::memory_order_relaxed)) return Drain(now, batch);
  return more_waits_ ? PollOutcome::kMore : PollOutcome::kIdle;
}

Status RingSource::KeepTime(BootTime now, RecordBatch& batch) {
  NW_RETURN_IF_ERROR(NameCgroups(ToNs(now), batch));
  if (follow_ || now >= next_follow_) NW_RETURN_IF_ERROR(Follow(now));
  if (now >= next_timer_) {
    next_timer_ = now + kTimerEvery;
    NW_RETURN_IF_ERROR(KeepCounters(now, batch));
    // With a backlog time is that of its records.
    if (!more_waits_) {
      batch.AppendStruct(RecordType::kTimer, TimerRecord{ToNs(now)});
    }
  }
  if (now >= next_clock_) {
    next_clock_ = now + kClockEvery;
    const Nanoseconds moved =
        clock_.Offset().wall_minus_boot - told_offset_.wall_minus_boot;
    if (std::chrono::abs(moved) > kClockTolerance) AppendClock(batch);
  }
  return Ok();
}

// Cgroups whose birth record the ring refused, or that came without a path.
Status RingSource::NameCgroups(uint64_t time_ns, RecordBatch& batch) {
  for (; paths_left_ > 0 && told_.AnyWaits(); --paths_left_) {
    CgroupEntry entry;
    entry.id = told_.TakeWaiting();
    const Status status =
        keeper_.Call(KeeperVerb::kCgroupPath, entry.id, response_);
    if (!status && status.error().code == ESRCH) return status;
    if (!status) continue;  // gone already
    entry.path.assign(response_.path,
                      std::min<size_t>(response_.count, kKeeperPathBytes));
    entry.level = entry.path == "/"
                      ? 0
                      : static_cast<uint32_t>(std::count(
                            entry.path.begin(), entry.path.end(), '/'));
    AppendFoundCgroups({entry}, time_ns, batch);
    ++added_;
  }
  return Ok();
}

void RingSource::AppendClock(RecordBatch& batch) {
  told_offset_ = clock_.Offset();
  batch.AppendStruct(RecordType::kClock,
                     ClockRecord{told_offset_.wall_minus_boot.count()});
}

Status RingSource::Follow(BootTime now) {
  follow_ = false;
  next_follow_ = now + kFollowEvery;
  if (detached_ || !report_.plan.follow_first_level) return Ok();
  const Status status = keeper_.Call(KeeperVerb::kFollow, 0, response_);
  // A refused attachment is the node's matter; a dead keeper is ours.
  if (!status && status.error().code == ESRCH) return status;
  return Ok();
}

Status RingSource::KeepCounters(BootTime now, RecordBatch& batch) {
  NW_RETURN_IF_ERROR(keeper_.Call(KeeperVerb::kCounters, 0, response_));
  LiveCounters read;
  read.made = added_;
  read.consumed = taken_;
  read.consumed_bytes = taken_bytes_;
  read.detached = detached_;
  const size_t count = std::min<size_t>(response_.count, kKeeperCounters);
  for (size_t i = 0; i < count; ++i) {
    if (i < size_t{NW_CLASSES} * NW_FATES) {
      read.by_class[i / NW_FATES][i % NW_FATES] = response_.counters[i];
    } else {
      read.errors.push_back(response_.counters[i]);
    }
  }
  if (losses_.Grew(read.by_class)) {
    NW_RETURN_IF_ERROR(ReadLosses());
    losses_.Update(ToNs(now), read.by_class, loss_list_, batch);
  }
  read_ = std::move(read);
  return Ok();
}

Status RingSource::ReadLosses() {
  loss_list_.clear();
  for (uint64_t page = 0; loss_list_.size() < LossTracker::kMaxCgroups;
       ++page) {
    NW_RETURN_IF_ERROR(keeper_.Call(KeeperVerb::kLosses, page, response_));
    const size_t count = std::min<size_t>(response_.count, kKeeperLosses);
    loss_list_.insert(loss_list_.end(), response_.losses,
                      response_.losses + count);
    if (response_.more == 0) break;
  }
  return Ok();
}

// Hooks off, then the ring to its end: sent == consumed closes the ledger.
Result<PollOutcome> RingSource::Drain(BootTime now, RecordBatch& batch) {
  if (!detached_) {
    NW_RETURN_IF_ERROR(keeper_.Call(KeeperVerb::kDetach, 0, response_));
    detached_ = true;
    drain_until_ = now + kDrainFor;
    return PollOutcome::kMore;
  }
  if (more_waits_) return PollOutcome::kMore;
  // Twice: the second round tells what the first left unsettled.
  NW_RETURN_IF_ERROR(KeepCounters(now, batch));
  NW_RETURN_IF_ERROR(KeepCounters(now, batch));
  uint64_t sent = 0;
  for (const auto& fates : read_->by_class) sent += fates[NW_SENT];
  const bool closed = sent == taken_;
  return closed || now >= drain_until_ ? PollOutcome::kEnd : PollOutcome::kMore;
}

}  // namespace

Result<std::unique_ptr<LiveSource>> SpawnKeeper(
    std::unique_ptr<LiveKernel> kernel) {
  auto* attached = static_cast<AttachedKernel*>(kernel.get());
  auto keeper = ForkKeeper(*attached);
  if (!keeper) return keeper.error();
  auto source = std::make_unique<RingSource>(
      std::move(*keeper), attached->report(), attached->found());
  NW_RETURN_IF_ERROR(source->MapRing(attached->ring()));
  // The keeper's descriptors are the only ones now.
  kernel.reset();
  malloc_trim(0);  // the verifier's logs and the kernel's types are gone
  return std::unique_ptr<LiveSource>(std::move(source));
}

}  // namespace nameward
