// SPDX-License-Identifier: Apache-2.0
// Where the names of this node's pods come from: the kubelet, a file; later the
// kubelet's Pods API socket.
//
// A source hands out a reduced PodList (kube/pod_list_json.h), which is the
// payload of a RecordType::kPods record as it stands; an empty one says that it
// does not differ from the one before.  What it hands out is what was read:
// that deleted pods are remembered for a while, and that one absence proves
// nothing, is up to who joins them with events (enrich).
//
//   auto source = …;
//   source->Start([&](std::string pods) { inject(RecordType::kPods, pods); });
//   source->Ask();                    // an unknown pod: sooner, please
//   if (!source->status().trouble.empty()) …
//   source->Stop();
#ifndef NAMEWARD_KUBE_POD_SOURCE_H_
#define NAMEWARD_KUBE_POD_SOURCE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "kube/pod_list_json.h"

namespace nameward {

// How one look at the pods ended.
enum class PodPoll : uint8_t {
  kChanged,
  kUnchanged,
  kUnauthorized,  // 401: the token or certificate is not accepted
  kForbidden,     // 403: accepted, but without the right to nodes/pods
  kServerError,   // 5xx
  kOtherStatus,   // any other answer than 200
  kUnreachable,   // refused, reset, no route
  kTimeout,       // the whole request took too long
  kTls,           // the certificate is not the one that is asked for
  kTooBig,        // the answer is over the limit
  kBadAnswer,     // no PodList, or cut short
  kCredentials,   // a token, certificate or CA file that can't be read
};
inline constexpr size_t kPodPollCount = 12;
std::string_view ToString(PodPoll poll);  // as in metrics: "changed", …

struct PodSourceStatus {
  std::array<uint64_t, kPodPollCount> polls{};  // by PodPoll
  bool synced = false;                          // at least one list was read
  std::optional<BootTime> last_good;            // when a list was last read
  // Empty if the last look was well; else "what: why (what to do)".
  std::string trouble;
  PodListCounts list;         // of the last list that was read
  uint64_t answer_bytes = 0;  // its size as it came
  Nanoseconds took{0};        // the last look, from asking to parsed
};

class PodSource {
 public:
  using Sink = std::function<void(std::string pod_list)>;
  virtual ~PodSource() = default;

  // `sink` is called from one thread at a time, which is not always the
  // caller's; never again once Stop has returned.
  virtual void Start(Sink sink) = 0;
  virtual void Stop() = 0;
  // Wishes for a fresh list soon.  Any thread; never waits.
  virtual void Ask() = 0;
  // Any thread.
  virtual PodSourceStatus status() const = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_SOURCE_H_
