// SPDX-License-Identifier: Apache-2.0
// Hands a compiled policy from the compiler thread to the worker.
//
// The worker looks here only when a record says that there is something
// (RecordType::kPolicy), so matching takes no lock; and what it puts away is
// freed by the compiler, for a million domains take milliseconds to free.
#ifndef NAMEWARD_APP_RULE_SLOT_H_
#define NAMEWARD_APP_RULE_SLOT_H_

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "base/clock.h"
#include "match/match.h"

namespace nameward {

class RuleSlot {
 public:
  using Set = std::shared_ptr<const RuleSet>;

  // Compiler.
  void Offer(Set set) {
    const std::lock_guard lock(mutex_);
    offered_ = std::move(set);
  }

  // Compiler: true once the worker has taken what was offered; the set that it
  // had before is returned in `old`, to be freed.
  bool AwaitTaken(Nanoseconds wait, Set& old) {
    std::unique_lock lock(mutex_);
    if (!taken_.wait_for(lock, wait, [this] { return offered_ == nullptr; }))
      return false;
    old = std::move(put_away_);
    return true;
  }

  // Worker: changes `current` for what is offered, if anything is.
  bool Take(Set& current) {
    {
      const std::lock_guard lock(mutex_);
      if (offered_ == nullptr) return false;
      put_away_ = std::exchange(current, std::exchange(offered_, nullptr));
    }
    taken_.notify_one();
    return true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable taken_;
  Set offered_;
  Set put_away_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_RULE_SLOT_H_
