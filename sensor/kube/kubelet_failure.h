// SPDX-License-Identifier: Apache-2.0
// What a request to the kubelet came to, in words for the operator.  Pure.
#ifndef NAMEWARD_KUBE_KUBELET_FAILURE_H_
#define NAMEWARD_KUBE_KUBELET_FAILURE_H_

#include <optional>
#include <string>

#include "base/request_watch.h"
#include "kube/kubelet_client.h"
#include "kube/pod_fetch.h"

namespace nameward {

struct Exchange {
  int status = 0;      // of HTTP; 0: none came
  bool whole = false;  // the answer came to its end
  bool too_big = false;
  bool no_connection = false;
  bool no_handshake = false;
  RequestWatch::End watch = RequestWatch::End::kNone;
  std::string refusal;     // why we refused the certificate
  std::string tls_reason;  // what OpenSSL says, where it says something
};

// nullopt: all of a 200 has come.  `to` is whom was asked.
std::optional<FetchFailure> FailureOf(const Exchange& exchange,
                                      const Endpoint& to,
                                      const KubeletOptions& options);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_KUBELET_FAILURE_H_
