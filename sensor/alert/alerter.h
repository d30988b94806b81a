// SPDX-License-Identifier: Apache-2.0
// From findings to alerts: dedup windows, rate limits, stable ids.
//
// Dedup.  The first hit of a rule with a dedup key is an alert at once and
// opens a window (RuleInfo::dedup_window).  Further hits are counted; when the
// window ends, one update carries the exact count.  A window of zero length is
// no window: each hit is an alert.
//
// Rate limit.  Of one rule and one namespace (or workload, or pod, or node),
// `burst` alerts pass in each interval `every`, which starts with the first of
// them.  What exceeds it is counted, and one summary says so when the interval
// ends.  A rule without a limit has kStormLimit.
//
// Storms.  What one pod does takes no other's place: a pod that has not yet had
// its share of an interval (burst / kShare, at least one) passes although the
// rest has used up the limit, and a pod that opens more than its part of the
// windows (max_windows / kShare) closes its own.
//
// Bounds.  At most kMaxWindows windows and kMaxIntervals intervals are open;
// the one that ends first closes early, reports its count as always, and is
// counted.  A window keeps its first event without message bytes and records.
// An interval counts at most kMaxPods pods apart; no node has as many.
//
// Ledger.  Each finding has exactly one fate: matched = alerts + suppressed.
// Updates and summaries are emissions, not findings.  Alerts of a dry-run rule
// are emitted, for tagged telemetry, and counted as suppressed.dry_run.
//
// Time comes from events and AdvanceTo alone and nothing depends on hash seeds:
// the same findings give the same alerts, ids included.  Nothing is allocated
// and AdvanceTo is one comparison where nothing alerts.  One thread.
#ifndef NAMEWARD_ALERT_ALERTER_H_
#define NAMEWARD_ALERT_ALERTER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "base/clock.h"
#include "model/alert.h"
#include "model/event.h"
#include "model/finding.h"
#include "model/node_identity.h"

namespace nameward {

// Takes alerts; copies what it keeps.
class AlertReceiver {
 public:
  virtual ~AlertReceiver() = default;
  virtual void OnAlert(const Alert& alert) = 0;
};

struct AlerterOptions {
  // About 2 KiB each: 8 MiB in all.
  static constexpr size_t kMaxWindows = 4096;
  static constexpr size_t kMaxIntervals = 1024;
  static constexpr size_t kShare = 8;
  static constexpr size_t kMaxPods = 512;  // Kubernetes: 110 by default
  // More than anybody reads, and less than a sink gets rid of in 100 ms.
  static inline const RateLimit kStormLimit{"pod", 500, 5s};

  NodeIdentity node;
  std::string boot_id;
  size_t max_windows = kMaxWindows;
  size_t max_intervals = kMaxIntervals;
};

struct AlerterStats {
  uint64_t matched = 0;  // = alerts + the four suppressed
  uint64_t alerts = 0;
  uint64_t suppressed_dedup = 0;
  uint64_t suppressed_rate = 0;
  uint64_t suppressed_dry_run = 0;
  uint64_t suppressed_off = 0;
  uint64_t updates = 0;    // emitted besides
  uint64_t summaries = 0;  // emitted besides
  uint64_t windows_closed_early = 0;
  uint64_t intervals_closed_early = 0;
};

class Alerter {
 public:
  explicit Alerter(AlerterOptions options);

  // Whose ids these are from now on; before the first finding.
  void SetNode(NodeIdentity node, std::string boot_id) {
    options_.node = std::move(node);
    options_.boot_id = std::move(boot_id);
  }
  // How wall time is shown from now on.
  void SetClock(ClockOffset offset) { offset_ = offset; }
  // Losses of the ledger, to be told by the next alert.
  void AddLosses(uint64_t count) { losses_ += count; }

  void OnFinding(const Event& event, Finding finding, AlertReceiver& out);
  // Ends the windows and intervals that are due.
  void AdvanceTo(BootTime now, AlertReceiver& out);
  // Ends all of them, at the end of a run, so that every count is told.
  void Finish(AlertReceiver& out);

  size_t open_windows() const { return windows_.size(); }
  const AlerterStats& stats() const { return stats_; }

 private:
  using Windows = std::map<std::string, Alert>;
  struct Interval {
    uint32_t passed = 0;
    std::map<std::string, uint32_t> passed_of;  // each pod
    Alert summary;  // of what exceeded it; count 0: nothing yet
  };
  using Intervals = std::map<std::string, Interval>;
  // What ends next: by time, then by key.
  using Deadlines = std::set<std::pair<BootTime, std::string>>;

  Alert MakeAlert(const Event& event, Finding finding) const;
  bool CountHit(const Event& event);
  bool Admit(const Event& event, const Finding& finding, AlertReceiver& out);
  static bool Pass(Interval& interval, const RateLimit& limit,
                   const Event& event);
  void HoldBack(Interval& interval, const Event& event, const Finding& finding,
                const std::string& scope);
  void OpenWindow(Alert alert, AlertReceiver& out);
  void CloseWindow(Deadlines::node_type due, AlertReceiver& out);
  void OpenInterval(const std::string& key, BootTime ends, AlertReceiver& out);
  void CloseInterval(AlertReceiver& out);
  void Emit(Alert& alert, AlertReceiver& out);
  bool CloseNext(AlertReceiver& out);
  void UpdateNextDue();

  AlerterOptions options_;
  ClockOffset offset_;
  Windows windows_;
  Deadlines window_ends_;
  std::map<std::string, Deadlines> window_ends_of_;  // each pod, the same
  Intervals intervals_;
  Deadlines interval_ends_;
  BootTime next_due_ = BootTime::max();
  std::string key_;  // scratch
  uint64_t losses_ = 0;
  AlerterStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_ALERT_ALERTER_H_
