// SPDX-License-Identifier: Apache-2.0
#include "kube/pod_source.h"

namespace nameward {

std::string_view ToString(PodPoll poll) {
  static constexpr std::array<std::string_view, kPodPollCount> kNames = {
      "changed",      "unchanged",    "unauthorized", "forbidden",
      "server_error", "other_status", "unreachable",  "timeout",
      "tls",          "too_big",      "bad_answer",   "credentials"};
  return kNames[static_cast<size_t>(poll)];
}

}  // namespace nameward
