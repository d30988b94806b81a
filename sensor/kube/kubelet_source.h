// SPDX-License-Identifier: Apache-2.0
// The pods of this node as its kubelet tells them, looked at again and again by
// a thread of its own (kube/poll_schedule.h says when).
//
// One look at a time.  No answer of the kubelet's, and no silence, ends the
// thread; status() says what is wrong.  Stop ends a look that runs.
//
//   auto source = NewKubeletSource(options, 10s, clock);
//   if (!source) return source.error();
#ifndef NAMEWARD_KUBE_KUBELET_SOURCE_H_
#define NAMEWARD_KUBE_KUBELET_SOURCE_H_

#include <memory>

#include "base/clock.h"
#include "base/result.h"
#include "kube/kubelet_client.h"
#include "kube/pod_fetch.h"
#include "kube/pod_source.h"

namespace nameward {

// `clock` outlives the source.  Fails as NewKubeletClient does.
Result<std::unique_ptr<PodSource>> NewKubeletSource(KubeletOptions options,
                                                    Nanoseconds period,
                                                    Clock& clock);

// The same over any fetch.
std::unique_ptr<PodSource> NewPollingSource(std::unique_ptr<PodFetch> fetch,
                                            size_t max_answer,
                                            Nanoseconds period, Clock& clock);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_KUBELET_SOURCE_H_
