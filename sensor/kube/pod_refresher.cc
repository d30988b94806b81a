// SPDX-License-Identifier: Apache-2.0
#include "kube/pod_refresher.h"

#include <utility>

#include "base/hash.h"

namespace nameward {

std::optional<FetchFailure> PodRefresher::Read(std::string& reduced,
                                               PodListCounts& counts) {
  const auto snapshot = ParsePodList(answer_.text(), &counts);
  if (!snapshot)
    return FetchFailure{PodPoll::kBadAnswer, snapshot.error().Wrap("kubelet")};
  AppendPodList(*snapshot, reduced);
  return std::nullopt;
}

void PodRefresher::Failed(const FetchFailure& failure) {
  const std::lock_guard lock(mutex_);
  ++status_.polls[static_cast<size_t>(failure.poll)];
  status_.trouble = failure.error.ToString();
}

PodRefresher::Look PodRefresher::Poll() {
  const BootTime began = clock_.Now();
  std::string reduced;
  PodListCounts counts;
  auto failure = fetch_.Fetch(answer_);
  const size_t bytes = answer_.text().size();
  if (!failure) failure = Read(reduced, counts);
  answer_.Clear();
  if (failure) {
    Failed(*failure);
    return {};
  }
  const uint64_t hash = HashText(reduced);
  const BootTime ended = clock_.Now();
  const std::lock_guard lock(mutex_);
  const bool changed = !status_.synced || hash != last_hash_;
  last_hash_ = hash;
  ++status_.polls[static_cast<size_t>(changed ? PodPoll::kChanged
                                              : PodPoll::kUnchanged)];
  status_.synced = true;
  status_.last_good = ended;
  status_.trouble.clear();
  status_.list = counts;
  status_.answer_bytes = bytes;
  status_.took = ended - began;
  Look look{.well = true};
  if (changed) look.changed = std::move(reduced);
  return look;
}

PodSourceStatus PodRefresher::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace nameward
