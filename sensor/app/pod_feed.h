// SPDX-License-Identifier: Apache-2.0
// Brings what a pod source says to the worker, and what it suffers to the
// operator: metrics, /readyz, one log line when it begins and one when it ends.
//
// Nothing here ever ends the run: without the source pods have no names, and
// events say so.
#ifndef NAMEWARD_APP_POD_FEED_H_
#define NAMEWARD_APP_POD_FEED_H_

#include <array>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "app/ledger.h"
#include "app/log.h"
#include "base/clock.h"
#include "kube/pod_source.h"
#include "model/record.h"

namespace nameward {

class PodFeed {
 public:
  PodFeed(std::unique_ptr<PodSource> source, Log& log, Clock& clock);
  ~PodFeed();

  // The source begins to ask; after the rights are dropped.
  void Start();
  // Waits for the first list and appends it as a record, so that even the
  // first event finds its pod; nothing if it does not come in time.
  void AppendFirst(Nanoseconds wait, RecordBatch& first);
  // From here on lists go to `inject` (Session::Inject).
  void Connect(std::function<bool(RecordBatch)> inject);
  void Stop();

  // An unknown pod has spoken.  Any thread, as those below; never waits.
  void Ask() { source_->Ask(); }
  // Logs what has become worse or well since the last call.
  void TellChanges();
  // Why there is no list yet; empty: there is one.
  std::string Missing() const;
  // What is wrong though there is one.
  std::string Note() const;
  void AddTo(Ledger& ledger) const;
  std::string Gauges() const;

 private:
  void OnList(std::string pods);
  void HandOver(const std::string& pods);  // with mutex_ held

  const std::unique_ptr<PodSource> source_;
  Log& log_;
  Clock& clock_;
  // Of the thread that calls TellChanges.
  std::array<uint64_t, kPodPollCount> told_polls_{};
  bool in_trouble_ = false;
  std::mutex mutex_;  // guards the two below, and the order of lists
  std::condition_variable came_;
  std::string waiting_;  // a list that came before Connect
  std::function<bool(RecordBatch)> inject_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_POD_FEED_H_
