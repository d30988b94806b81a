// SPDX-License-Identifier: Apache-2.0
// The queries that wait for their answers.  An answer counts only if it meets
// one: same socket, id, question (case-blind) and server (RFC 5452 3, 9.1).
//
// A query waits kWait; it takes one answer for each time that it was sent to
// that server (musl asks all servers at once, glibc repeats an id).  Anything
// else is refused and counted by reason.  Bounded per cgroup, where the
// cgroup's own oldest makes room, and in all, where a cgroup that has nothing
// of its own to give is refused: Add then says so, since its answer is lost.
// O(1), but for a refused answer, which looks through the newest
// kMostExamined queries of its cgroup for the reason.  One thread.
#ifndef NAMEWARD_CORRELATE_PENDING_QUERIES_H_
#define NAMEWARD_CORRELATE_PENDING_QUERIES_H_

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "base/clock.h"
#include "base/hash.h"
#include "correlate/slots.h"
#include "model/address.h"
#include "model/event.h"

namespace nameward {

enum class Unmatched : uint8_t {
  kUnsolicited,    // the socket has asked nothing (lately)
  kWrongId,        // asked, but under another id
  kWrongQuestion,  // the id was used for another question
  kOtherServer,    // asked, but of another server
  kRepeated,       // the query already has all its answers
  kLate,           // the query waited no longer
  kCount,          // not a reason: how many there are
};
std::string_view ToString(Unmatched reason);

struct PendingLimits {
  // A resolver in a pod has some hundred queries under way at most.
  size_t per_cgroup = 1024;
  size_t in_all = 32'768;  // some 5 MiB
};

struct PendingStats {
  uint64_t queries = 0;
  uint64_t matched = 0;
  uint64_t case_mismatches = 0;
  uint64_t evicted = 0;  // the cgroup's own oldest made room
  uint64_t refused = 0;  // the table was full of other cgroups' queries
  std::array<uint64_t, static_cast<size_t>(Unmatched::kCount)> unmatched{};
  size_t entries = 0;  // that still await an answer
};

class PendingQueries {
 public:
  // glibc waits 5 s and asks twice; a resolver gives up after about 10 s.
  static constexpr Nanoseconds kWait = 10s;
  // So long after its end an answer is `late`, not `unsolicited`.
  static constexpr Nanoseconds kRemembered = 10s;
  static constexpr size_t kMostExamined = 64;
  // Queries with all their answers, kept to tell `repeated` from `unsolicited`.
  static constexpr size_t kMostAnswered = 1024;

  struct Match {
    uint64_t cgroup;  // who asked
    Endpoint server;
    std::optional<Endpoint> wire;  // where the query went, if elsewhere
    bool case_mismatch;
  };

  explicit PendingQueries(PendingLimits limits = {});

  // Keeps a query of `cgroup`; false if there was no room for it.
  bool Add(const Event& event, const DnsEvent& query, uint64_t cgroup);
  // The query that the answer meets; nullopt: none, counted by reason.
  std::optional<Match> Take(const Event& event, const DnsEvent& answer,
                            uint64_t cgroup);
  void ExpireBefore(BootTime now);
  void Drop(uint64_t cgroup);

  PendingStats stats() const;
  size_t MemoryBytes() const;

 private:
  struct Query {
    uint64_t key = 0;  // hash of all that an answer must meet
    uint64_t cookie = 0;
    uint64_t cgroup = 0;
    uint64_t question = 0;  // keyed hash of name, type, class, opcode
    uint64_t spelling = 0;  // keyed hash of the name's bytes as sent
    BootTime sent;
    Endpoint server;
    Endpoint wire;  // unset: not elsewhere
    uint32_t awaited = 0;
    uint16_t id = 0;
    SlotLink in_all;
    SlotLink in_cgroup;
    SlotId next_of_key = kNoSlot;
  };
  static uint64_t KeyHash(const Query& query) { return query.key; }
  using CgroupList = SlotList<Query, &Query::in_cgroup>;

  static Query Describe(const Event& event, const DnsEvent& dns);
  SlotId Find(const Query& wanted) const;
  Unmatched WhyNot(const Query& wanted, uint64_t cgroup) const;
  bool MakeRoom(uint64_t cgroup);
  void RetireAnswered(SlotId id);
  void Erase(SlotId id);

  PendingLimits limits_;
  SlotPool<Query> pool_;
  // A query is in `all_` and its cgroup's list while it awaits answers, then in
  // `answered_`, which counts against no limit but its own.
  SlotList<Query, &Query::in_all> all_;
  SlotList<Query, &Query::in_all> answered_;
  std::unordered_map<uint64_t, CgroupList, NumberHash> cgroups_;
  SlotIndex<Query, &Query::next_of_key, &PendingQueries::KeyHash> by_key_;
  PendingStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_CORRELATE_PENDING_QUERIES_H_
