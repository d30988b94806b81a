// SPDX-License-Identifier: Apache-2.0
// Finished events that wait for the names of their pod.
//
// Guarantees: an event waits at most kLongest; the events of one cgroup leave
// in the order in which they came, and when one has waited in vain, those
// behind it leave with it.  A full queue lets the oldest go unnamed, so nothing
// is ever dropped; a cgroup that fills its share pays for itself, with its own
// oldest. One thread; Push is O(1), a release O(waiting).  Time is what it is
// told.
//
//   if (!enricher.Enrich(event) || waiting.Holds(cgroup))
//     waiting.Push(event, sink);
//   waiting.ReleaseNamed(sink);      // after each news of pods
//   waiting.ReleaseDue(now, sink);   // with every record
#ifndef NAMEWARD_ENRICH_WAITING_H_
#define NAMEWARD_ENRICH_WAITING_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <list>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/hash.h"
#include "model/event.h"

namespace nameward {

// Why an event waits no longer.
enum class Release : uint8_t {
  kNamed,    // its names came
  kTimeout,  // they did not, in kLongest
  kFull,     // others needed its place
  kEnd,      // the run ends
};
inline constexpr size_t kReleases = 4;
std::string_view ToString(Release why);  // "named", "timeout", "full", "end"

class WaitingSink {
 public:
  virtual ~WaitingSink() = default;
  // Whether the event's names are final now.
  virtual bool IsNamed(Event& event) = 0;
  // The names of this cgroup did not come: called before its events are.
  virtual void OnUnnamed(uint64_t cgroup) = 0;
  virtual void OnReleased(Event& event, Release why) = 0;
};

struct WaitingLimits {
  // All that ten pods a second say with 300 events each until the names of the
  // last one come, kLongest at most.
  size_t events = 12'288;
  size_t events_of_one = 1024;  // a twelfth: one pod's flood is its own matter
  size_t bytes = size_t{32} << 20;
};

struct WaitingStats {
  uint64_t waited = 0;  // = the released and `events`
  std::array<uint64_t, kReleases> released{};
  size_t events = 0;  // now
  size_t bytes = 0;   // now
};

class WaitingEvents {
 public:
  static constexpr Nanoseconds kLongest = 3s;

  explicit WaitingEvents(WaitingLimits limits = {}) : limits_(limits) {}

  bool Holds(uint64_t cgroup) const { return lines_.count(cgroup) > 0; }
  bool empty() const { return events_.empty(); }
  // Takes a copy, so that the caller's event keeps its capacity.
  void Push(const Event& event, BootTime now, WaitingSink& sink);
  void ReleaseNamed(WaitingSink& sink);
  void ReleaseDue(BootTime now, WaitingSink& sink) {
    if (!events_.empty() && events_.front().due <= now) ReleaseLate(now, sink);
  }
  void ReleaseAll(WaitingSink& sink);

  const WaitingStats& stats() const { return stats_; }

 private:
  struct Waiting {
    Event event;
    BootTime due;
    size_t bytes = 0;
  };
  using Queue = std::list<Waiting>;
  using Verdicts = std::unordered_map<uint64_t, bool, NumberHash>;

  void ReleaseLate(BootTime now, WaitingSink& sink);
  void MakeRoom(uint64_t cgroup, size_t bytes, WaitingSink& sink);
  Queue::iterator Let(Queue::iterator at, Release why, WaitingSink& sink);

  WaitingLimits limits_;
  Queue events_;  // in the order in which they came, and so of their due times
  std::unordered_map<uint64_t, size_t, NumberHash> lines_;  // events by cgroup
  Verdicts verdicts_;                                       // scratch
  WaitingStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_WAITING_H_
