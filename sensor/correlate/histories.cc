// SPDX-License-Identifier: Apache-2.0
#include "correlate/histories.h"

#include <algorithm>

namespace nameward {
namespace {

bool Within(const std::optional<BootTime>& since, Nanoseconds span,
            BootTime now) {
  return since && now - *since < span;
}

}  // namespace

Histories::Histories(size_t most_cgroups) : most_cgroups_(most_cgroups) {}

void Histories::OnCgroup(const CgroupChange& change, uint64_t owner,
                         uint64_t pod) {
  if (change.what == CgroupChange::What::kGone) {
    if (histories_.count(change.id) > 0)
      leaving_.push_back({change.id, change.time + kGoneKept});
    return;
  }
  History* history = Of(change.id);
  if (history == nullptr) return;
  history->announced = true;
  history->owner = owner == 0 ? change.id : owner;
  if (change.what == CgroupChange::What::kBorn) history->born = change.time;
  if (history->owner == change.id && history->pod == 0 && pod != 0 &&
      pods_.Add(pod, change.id))
    history->pod = pod;
}

uint64_t Histories::OwnerOf(uint64_t cgroup) const {
  const auto found = histories_.find(cgroup);
  return found == histories_.end() ? cgroup : found->second.owner;
}

std::span<const uint64_t> Histories::PodOf(uint64_t cgroup) const {
  const auto found = histories_.find(cgroup);
  if (found == histories_.end() || found->second.pod == 0) return {};
  return pods_.Of(found->second.pod);
}

Histories::History* Histories::Of(uint64_t cgroup) {
  const auto found = histories_.find(cgroup);
  if (found != histories_.end()) return &found->second;
  if (!MakeRoom()) {
    ++refused_;
    return nullptr;
  }
  History& history = histories_[cgroup];
  history.owner = cgroup;
  unannounced_.push_back(cgroup);
  return &history;
}

// The evicted one leaves at the next ForgetNext, with all that is kept of it.
bool Histories::MakeRoom() {
  if (unannounced_.size() >= most_cgroups_ ||
      histories_.size() >= most_cgroups_)
    std::erase_if(unannounced_, [this](uint64_t id) {
      const auto found = histories_.find(id);
      return found == histories_.end() || found->second.announced;
    });
  if (histories_.size() < most_cgroups_) return true;
  if (unannounced_.empty()) return false;
  leaving_.push_front({unannounced_.front(), BootTime::min()});
  unannounced_.pop_front();
  ++evicted_;
  return true;
}

std::optional<uint64_t> Histories::ForgetNext(BootTime now) {
  for (;;) {
    while (!forgotten_.empty()) {
      const uint64_t id = forgotten_.back();
      forgotten_.pop_back();
      if (histories_.erase(id) > 0) return id;
    }
    if (leaving_.empty() || leaving_.front().due > now) return std::nullopt;
    const uint64_t id = leaving_.front().id;
    leaving_.pop_front();
    const auto found = histories_.find(id);
    if (found == histories_.end()) continue;
    if (found->second.pod != 0)
      pods_.End(found->second.pod, id, forgotten_);
    else
      forgotten_.push_back(id);
  }
}

void Histories::MarkLost(uint64_t cgroup, BootTime now) {
  if (History* history = Of(cgroup)) history->lost = now;
}

void Histories::MarkFlood(uint64_t cgroup, BootTime now) {
  if (History* history = Of(cgroup)) history->flooded = now;
}

void Histories::MarkEncrypted(uint64_t cgroup, bool listed, BootTime now) {
  History* history = Of(cgroup);
  if (history == nullptr) return;
  history->encrypted = now;
  if (listed) history->encrypted_listed = now;
}

void Histories::TakeCounters(uint64_t cgroup, const ConnectEvent& connect,
                             BootTime now) {
  const auto found = histories_.find(cgroup);
  const bool news = found == histories_.end()
                        ? connect.lost_answers > 0 || connect.lost_quota > 0
                        : connect.lost_answers != found->second.lost_answers ||
                              connect.lost_quota != found->second.lost_quota;
  if (!news) return;
  History* history = Of(cgroup);
  if (history == nullptr) return;
  // A counter that fell began anew (the kernel's table is an LRU): what it
  // shows by now was lost since.
  const auto grew = [](uint32_t counter, uint32_t& seen) {
    const bool lost = counter != seen && counter != 0;
    seen = counter;
    return lost;
  };
  if (grew(connect.lost_answers, history->lost_answers)) history->lost = now;
  if (grew(connect.lost_quota, history->lost_quota)) history->flooded = now;
}

// One container of a pod must not flood for another.
bool Histories::Flooded(const History& history, Nanoseconds span,
                        BootTime now) const {
  if (Within(history.flooded, span, now)) return true;
  const auto mates =
      history.pod == 0 ? std::span<const uint64_t>() : pods_.Of(history.pod);
  return std::any_of(mates.begin(), mates.end(), [&](uint64_t mate) {
    const auto found = histories_.find(mate);
    return found != histories_.end() &&
           Within(found->second.flooded, span, now);
  });
}

void Histories::Describe(uint64_t cgroup, BootTime now, const Context& context,
                         Evidence& evidence) const {
  evidence.warmup = evidence.encrypted = evidence.encrypted_listed = false;
  evidence.history_complete = true;
  static const History kUnknown;
  const auto found = histories_.find(cgroup);
  const bool known = found != histories_.end();
  const History& history = known ? found->second : kUnknown;
  evidence.encrypted = Within(history.encrypted, kEncryptedHolds, now);
  evidence.encrypted_listed =
      Within(history.encrypted_listed, kEncryptedHolds, now);
  if (Flooded(history, kIncomplete, now)) evidence.history_complete = false;
  const Nanoseconds warm = context.warmup;
  const Nanoseconds incomplete = warm + kIncomplete;
  if (Within(history.lost, incomplete, now)) evidence.history_complete = false;
  // Whoever floods fills the ring too: that earns no milder state.
  if (Within(history.lost, warm, now) && !Flooded(history, warm, now))
    evidence.warmup = true;
  if (!context.live) return;  // a capture is all that there is: no warm-up
  const bool older = !history.born || *history.born < context.attached;
  if (older && now - context.attached < incomplete)
    evidence.history_complete = false;
  const bool forgotten = !known && evicted_ + refused_ > 0;
  if ((older && now - context.attached < warm) || forgotten) {
    evidence.warmup = true;
    evidence.history_complete = false;
  }
}

}  // namespace nameward
