// SPDX-License-Identifier: Apache-2.0
// The threads of a live run: a reader (poll, hand over) and a worker (all pure
// stages), with a bounded queue of batches between them.
//
// A full queue makes the reader wait: records then stay in the kernel's ring,
// where admission drops the least useful class first and counts it by cgroup.
// So user space itself never drops a record.  Stop ends the source, drains ring
// and queue, finishes the consumers, and then the ledger closes.
#ifndef NAMEWARD_APP_SESSION_H_
#define NAMEWARD_APP_SESSION_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "app/consumer.h"
#include "app/ledger.h"
#include "base/bounded_queue.h"
#include "source/source.h"

namespace nameward {

class Session {
 public:
  // None is owned.  `on_failure` is called once, from a thread of the session,
  // when source or consumer fail: it should wake whoever will call Stop.
  Session(RecordSource& source, std::vector<RecordConsumer*> consumers,
          std::function<void()> on_failure);
  ~Session();

  // Asked after each Poll, in the reader's thread: what the source counted, if
  // it did at the end of what it gave just now; `none` until then.  Before
  // Start.
  using TakeCounted = std::function<std::optional<Ledger>()>;
  void SetCounted(Ledger none, TakeCounted take) {
    counted_ = std::make_shared<Ledger>(std::move(none));
    take_counted_ = std::move(take);
  }
  // `first` is consumed before anything from the source.
  void Start(RecordBatch first);
  // Hands over records of another origin than the source, in the order of the
  // calls: pods, a new policy.  Waits while the queue is full, so not from the
  // worker; false if nobody will take them any more.  Any other thread.
  bool Inject(RecordBatch batch);
  // Drains and joins; the first error of source or consumers, if any.
  Status Stop();

  // Of a moment ago, after Stop of all there was: the consumers' counters, and
  // the source's as read after them.  So nothing is consumed in it that was not
  // offered; what came between the two is in flight.  Any thread.
  Ledger Counters() const;
  // `first` and the source's first batch are consumed: what was there at the
  // start is known.  Any thread.
  bool Begun() const { return unbegun_ == 0; }
  // The worker took a batch, or had none to take, within the last few seconds.
  bool Alive(BootTime now) const;

 private:
  // Batches in flight: 8 × 256 KiB is half the default ring, enough to ride out
  // a slow write, little enough to count in the memory budget.
  static constexpr size_t kQueuedBatches = 8;

  void Read();
  void Work();
  bool HandOver(RecordBatch& batch);
  bool ConsumeOne(const RecordBatch& batch);
  void Publish();
  void PublishCounted();
  void Fail(const Error& error);

  RecordSource& source_;
  const std::vector<RecordConsumer*> consumers_;
  const std::function<void()> on_failure_;
  BoundedQueue<RecordBatch> queue_{kQueuedBatches};
  BoundedQueue<RecordBatch> recycled_{kQueuedBatches + 2};
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> worker_beat_ns_{0};
  std::atomic<int> unbegun_{1};  // batches of the start yet to be consumed
  TakeCounted take_counted_;
  mutable std::mutex mutex_;  // guards those below
  std::shared_ptr<const Ledger> published_ = std::make_shared<Ledger>();
  std::shared_ptr<const Ledger> before_counted_;  // null: never counted
  std::shared_ptr<const Ledger> counted_;
  bool counted_at_end_ = false;
  std::optional<Error> failure_;
  std::thread reader_;
  std::thread worker_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_SESSION_H_
