// SPDX-License-Identifier: Apache-2.0
// One look at a kubelet's /pods: the seam between the polling and the protocol.
#ifndef NAMEWARD_KUBE_POD_FETCH_H_
#define NAMEWARD_KUBE_POD_FETCH_H_

#include <optional>

#include "base/result.h"
#include "kube/answer_buffer.h"
#include "kube/pod_source.h"

namespace nameward {

struct FetchFailure {
  PodPoll poll;  // neither kChanged nor kUnchanged
  Error error;   // never holds a token or anything of the answer
};

class PodFetch {
 public:
  virtual ~PodFetch() = default;

  // Fills `answer` with the whole body of a 200, or says why there is none.
  // Takes a bounded time.  One thread.
  virtual std::optional<FetchFailure> Fetch(AnswerBuffer& answer) = 0;
  // Makes the Fetch that runs, and every later one, fail soon.  Any thread.
  virtual void Cancel() = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_FETCH_H_
