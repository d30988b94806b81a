// SPDX-License-Identifier: Apache-2.0
// A changed policy comes into force without a restart.
//
// One thread waits for changes of the policy's folders (or for Force), reads
// the whole policy once it has been quiet for a moment, compiles it and hands
// it to the worker at a record boundary.  A policy that can't be read or has an
// error changes nothing: the old set stays in force, and metrics, /readyz and
// the log say why, with file, line and column.
//
// Memory: two sets at most, for the next is compiled only after the worker has
// taken the last.  Dedup windows and rate limits survive, being the alerter's.
#ifndef NAMEWARD_APP_RULE_RELOAD_H_
#define NAMEWARD_APP_RULE_RELOAD_H_

#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "app/ledger.h"
#include "app/log.h"
#include "app/policy_watch.h"
#include "app/rule_slot.h"
#include "base/unique_fd.h"
#include "model/record.h"

namespace nameward {

class RuleReloader {
 public:
  // What is in force now.  Without paths (the starter policy) it never changes.
  struct InForce {
    std::vector<std::string> paths;
    std::string set_id;
    size_t rules = 0;
  };
  RuleReloader(InForce now, RuleSlot& slot, Log& log, Clock& clock);
  ~RuleReloader();

  // `inject` hands records to the worker (Session::Inject).
  void Start(std::function<bool(RecordBatch)> inject);
  void Stop();
  // Reads the policy again, changed or not.  Any thread, never blocks.
  void Force();

  // What an operator should know though all goes on: why the last reading was
  // not taken.  Empty: nothing.  Any thread, as the two below.
  std::string Note() const;
  void AddTo(Ledger& ledger) const;
  std::string Gauges() const;

 private:
  enum class Outcome { kApplied, kUnchanged, kUnreadable, kInvalid };
  struct State {  // guarded by mutex_
    std::string set_id;
    size_t rules = 0;
    BootTime loaded{};
    std::string note;
  };

  void Run();
  bool AwaitChange();
  void Reload();
  Outcome LoadAndSwap();
  Outcome Refuse(Outcome outcome, const std::string& why);
  bool HandOver(const std::shared_ptr<const RuleSet>& set);

  const std::vector<std::string> paths_;
  std::function<bool(RecordBatch)> inject_;
  RuleSlot& slot_;
  Log& log_;
  Clock& clock_;
  PolicyWatch watch_;
  UniqueFd wake_;  // an eventfd
  std::atomic<bool> stopping_{false};
  bool retry_ = false;  // the last reading failed for the files, not for us
  std::array<std::atomic<uint64_t>, 4> outcomes_{};
  mutable std::mutex mutex_;
  State state_;
  std::thread thread_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_RULE_RELOAD_H_
