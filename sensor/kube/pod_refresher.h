// SPDX-License-Identifier: Apache-2.0
// One look after the other: fetches, parses, compares, keeps count.
//
// Poll from one thread, status from any.
#ifndef NAMEWARD_KUBE_POD_REFRESHER_H_
#define NAMEWARD_KUBE_POD_REFRESHER_H_

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "kube/answer_buffer.h"
#include "kube/pod_fetch.h"
#include "kube/pod_source.h"

namespace nameward {

class PodRefresher {
 public:
  // `fetch` and `clock` outlive this.
  PodRefresher(PodFetch& fetch, Clock& clock, size_t max_answer)
      : fetch_(fetch), clock_(clock), answer_(max_answer) {}

  struct Look {
    bool well = false;
    std::optional<std::string> changed;  // the reduced list, if it differs
  };
  Look Poll();
  PodSourceStatus status() const;

 private:
  // Parses what came.  nullopt: no list.
  std::optional<FetchFailure> Read(std::string& reduced, PodListCounts& counts);
  void Failed(const FetchFailure& failure);

  PodFetch& fetch_;
  Clock& clock_;
  AnswerBuffer answer_;
  uint64_t last_hash_ = 0;
  mutable std::mutex mutex_;
  PodSourceStatus status_;  // guarded by mutex_
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_REFRESHER_H_
