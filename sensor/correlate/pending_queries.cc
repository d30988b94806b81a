// SPDX-License-Identifier: Apache-2.0
#include "correlate/pending_queries.h"

#include <algorithm>

#include "correlate/judge.h"

namespace nameward {
namespace {

constexpr size_t kHeaderBytes = 12;  // RFC 1035 4.1.1: the question follows

// The question's name as it was spelt: its bytes follow the header, and the
// first name of a message can't be compressed.
Bytes Spelling(const DnsMessage& message) {
  const Bytes name = message.question.name.wire();
  if (message.wire.size() < kHeaderBytes + name.size()) return name;
  return Bytes(message.wire).subspan(kHeaderBytes, name.size());
}

uint64_t QuestionHash(const DnsMessage& message) {
  const DnsQuestion& question = message.question;
  const uint64_t rest = uint64_t{message.opcode} << 32 |
                        uint64_t{question.type} << 16 | question.klass;
  return HashBytes(question.name.wire(), rest);
}

}  // namespace

std::string_view ToString(Unmatched reason) {
  static constexpr std::array<std::string_view,
                              static_cast<size_t>(Unmatched::kCount)>
      kNames = {"unsolicited",  "wrong_id", "wrong_question",
                "other_server", "repeated", "late"};
  return kNames[static_cast<size_t>(reason)];
}

PendingQueries::PendingQueries(PendingLimits limits) : limits_(limits) {}

PendingQueries::Query PendingQueries::Describe(const Event& event,
                                               const DnsEvent& dns) {
  Query query;
  query.cookie = event.origin.socket_cookie;
  query.question = QuestionHash(dns.message);
  query.spelling = HashBytes(Spelling(dns.message));
  query.sent = event.time;
  query.server = WithoutUnspecified(dns.server);
  query.wire = dns.wire.value_or(Endpoint());
  query.id = dns.message.id;
  query.key =
      MixNumber(query.question ^ MixNumber(query.cookie) ^
                EndpointHash()(query.server) ^ uint64_t{query.id} << 48);
  return query;
}

bool PendingQueries::Add(const Event& event, const DnsEvent& dns,
                         uint64_t cgroup) {
  ++stats_.queries;
  ExpireBefore(event.time);
  Query query = Describe(event, dns);
  query.cgroup = cgroup;
  query.awaited = 1;
  if (const SlotId again = Find(query); again != kNoSlot) {
    Query& sent = pool_[again];
    // Sent again after its end: the earlier sending awaits nothing any more.
    const bool ended = event.time - sent.sent > kWait;
    query.awaited += ended ? 0 : sent.awaited;
    Erase(again);
  }
  if (!MakeRoom(cgroup)) {
    ++stats_.refused;
    return false;
  }
  const SlotId id = pool_.Take();
  pool_[id] = query;
  all_.Append(pool_, id);
  cgroups_[cgroup].Append(pool_, id);
  by_key_.Insert(pool_, id);
  return true;
}

std::optional<PendingQueries::Match> PendingQueries::Take(
    const Event& event, const DnsEvent& answer, uint64_t cgroup) {
  const Query wanted = Describe(event, answer);
  const SlotId id = Find(wanted);
  Unmatched reason = Unmatched::kCount;
  if (id == kNoSlot)
    reason = WhyNot(wanted, cgroup);
  else if (event.time - pool_[id].sent > kWait)
    reason = Unmatched::kLate;
  else if (pool_[id].awaited == 0)
    reason = Unmatched::kRepeated;
  if (reason != Unmatched::kCount) {
    ++stats_.unmatched[static_cast<size_t>(reason)];
    return std::nullopt;
  }
  Query& query = pool_[id];
  ++stats_.matched;
  Match match{query.cgroup, query.server, std::nullopt,
              query.spelling != wanted.spelling};
  if (!query.wire.IsUnset()) match.wire = query.wire;
  if (match.case_mismatch) ++stats_.case_mismatches;
  if (--query.awaited == 0) RetireAnswered(id);
  return match;
}

SlotId PendingQueries::Find(const Query& wanted) const {
  // A cookie of 0 names no socket: nothing can be joined by it.
  if (wanted.cookie == 0) return kNoSlot;
  SlotId id = by_key_.First(wanted.key);
  for (; id != kNoSlot; id = pool_[id].next_of_key) {
    const Query& query = pool_[id];
    if (query.key == wanted.key && query.cookie == wanted.cookie &&
        query.id == wanted.id && query.question == wanted.question &&
        query.server == wanted.server)
      break;
  }
  return id;
}

// The nearest miss decides: another server, then another id, then another
// question.
Unmatched PendingQueries::WhyNot(const Query& wanted, uint64_t cgroup) const {
  const auto own = cgroups_.find(cgroup);
  if (own == cgroups_.end()) return Unmatched::kUnsolicited;
  bool id_differs = false;
  bool question_differs = false;
  SlotId id = own->second.newest();
  for (size_t n = 0; id != kNoSlot && n < kMostExamined;
       id = pool_[id].in_cgroup.older, ++n) {
    const Query& query = pool_[id];
    if (query.cookie != wanted.cookie) continue;
    const bool same_id = query.id == wanted.id;
    const bool same_question = query.question == wanted.question;
    if (same_id && same_question) return Unmatched::kOtherServer;
    id_differs |= same_question;
    question_differs |= same_id;
  }
  if (id_differs) return Unmatched::kWrongId;
  if (question_differs) return Unmatched::kWrongQuestion;
  return Unmatched::kUnsolicited;
}

bool PendingQueries::MakeRoom(uint64_t cgroup) {
  const CgroupList& own = cgroups_[cgroup];
  const bool full =
      own.size() >= limits_.per_cgroup || all_.size() >= limits_.in_all;
  if (!full) return true;
  if (own.size() == 0) return false;
  ++stats_.evicted;
  Erase(own.oldest());
  return true;
}

void PendingQueries::ExpireBefore(BootTime now) {
  while (all_.oldest() != kNoSlot &&
         now - pool_[all_.oldest()].sent > kWait + kRemembered)
    Erase(all_.oldest());
}

void PendingQueries::Drop(uint64_t cgroup) {
  const auto found = cgroups_.find(cgroup);
  if (found == cgroups_.end()) return;
  while (found->second.size() > 0) Erase(found->second.oldest());
  cgroups_.erase(found);
}

void PendingQueries::RetireAnswered(SlotId id) {
  all_.Remove(pool_, id);
  cgroups_[pool_[id].cgroup].Remove(pool_, id);
  answered_.Append(pool_, id);
  if (answered_.size() > kMostAnswered) Erase(answered_.oldest());
}

void PendingQueries::Erase(SlotId id) {
  by_key_.Remove(pool_, id);
  if (pool_[id].awaited == 0) {
    answered_.Remove(pool_, id);
  } else {
    all_.Remove(pool_, id);
    cgroups_[pool_[id].cgroup].Remove(pool_, id);
  }
  pool_.Give(id);
}

PendingStats PendingQueries::stats() const {
  PendingStats stats = stats_;
  stats.entries = all_.size();
  return stats;
}

size_t PendingQueries::MemoryBytes() const {
  return pool_.MemoryBytes() + by_key_.MemoryBytes();
}

}  // namespace nameward
