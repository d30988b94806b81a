// SPDX-License-Identifier: Apache-2.0
// What a consumer of the spool's alerts can tell: which numbers arrived, and
// which gaps were named to it.
#ifndef NAMEWARD_DELIVER_SPOOL_BOOKS_TESTING_H_
#define NAMEWARD_DELIVER_SPOOL_BOOKS_TESTING_H_

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "deliver/spool.h"
#include "deliver/spool_testing.h"

namespace nameward {

inline RenderedAlert DryRun(RenderedAlert alert) {
  alert.dry_run = true;
  return alert;
}

class Books {
 public:
  void Append(Spool& spool, const RenderedAlert& alert) {
    last_ = {KeyOf(alert), next_[alert.dry_run]++};
    missing_[last_.first].insert(last_.second);
    spool.Append(alert);
  }
  // The last one may be there or not: the process died meanwhile.
  void ForgetLast() { missing_[last_.first].erase(last_.second); }

  void Arrived(const SpooledAlert& alert) {
    missing_[KeyOf(alert.alert)].erase(alert.sequence);
    const auto told = told_.find(alert.alert.uid);
    if (told == told_.end()) return;
    named_.push_back(told->second);
    told_.erase(told);
  }
  void Drain(Spool& spool, size_t sink = 0) {
    SpooledAlert alert;
    while (spool.Next(sink, alert, 0ms)) {
      Arrived(alert);
      (void)spool.Ack(sink, alert.position);
    }
  }
  void Named(Spool& spool) {
    for (const LostAlerts& loss : spool.TakeLosses()) named_.push_back(loss);
  }
  // By alerts, as Delivery does; `stopped` after one: the process died.
  template <typename Stopped>
  void Tell(Spool& spool, const Stopped& stopped) {
    for (const LostAlerts& loss : spool.TakeLosses()) {
      if (stopped()) return;
      const RenderedAlert alert =
          TestAlert(100'000 + tellers_++, Severity::kCritical);
      told_[alert.uid] = loss;
      Append(spool, alert);
      if (stopped()) ForgetLast();
    }
  }

  uint64_t missing() const {
    uint64_t count = 0;
    for (const auto& [key, numbers] : missing_) count += numbers.size();
    return count;
  }
  std::set<LostAlerts::Reason> Reasons() const {
    std::set<LostAlerts::Reason> reasons;
    for (const LostAlerts& loss : named_) reasons.insert(loss.reason);
    return reasons;
  }
  // In count, and each number in a range that was named for it.
  void ExpectEachGapIsNamed(const std::string& where = {}) const {
    std::map<Key, uint64_t> counts;
    std::map<Key, bool> at_most;
    for (const LostAlerts& loss : named_) {
      counts[{loss.stream, loss.severity}] += loss.count;
      if (loss.IsAtMost()) at_most[{loss.stream, loss.severity}] = true;
    }
    for (const auto& [key, numbers] : missing_) {
      EXPECT_TRUE(counts[key] == numbers.size() ||
                  (at_most[key] && counts[key] > numbers.size()))
          << counts[key] << " are named, " << numbers.size()
          << " missing: stream " << key.first << ", severity " << key.second
          << where;
      for (const uint64_t number : numbers)
        EXPECT_TRUE(IsNamed(key, number)) << number << where;
      counts.erase(key);
    }
    EXPECT_TRUE(counts.empty()) << "named, but never made" << where;
  }

 private:
  using Key = std::pair<int, int>;  // stream, severity
  static Key KeyOf(const RenderedAlert& alert) {
    return {alert.dry_run ? 1 : 0, static_cast<int>(alert.severity)};
  }
  bool IsNamed(const Key& key, uint64_t number) const {
    for (const LostAlerts& loss : named_)
      if (Key{loss.stream, loss.severity} == key &&
          loss.first_sequence <= number && number <= loss.last_sequence)
        return true;
    return false;
  }

  std::map<bool, uint64_t> next_;  // sequence, of dry runs and others
  std::pair<Key, uint64_t> last_;
  std::map<Key, std::set<uint64_t>> missing_;
  std::vector<LostAlerts> named_;
  std::map<std::string, LostAlerts> told_;  // by these alerts
  int tellers_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SPOOL_BOOKS_TESTING_H_
