// SPDX-License-Identifier: Apache-2.0
// Asks a kubelet for its pods: GET /pods over HTTPS, docs/kubelet.md.
//
// Guarantees: nothing is sent, the token least of all, before the other side
// has proved who it is (as KubeletTls says).  Token, client certificate, CA and
// pinned certificate are read anew for each request, so that a rotation needs
// no notice.  The whole request has a time limit and the body a size.  No proxy
// of the environment, no redirect, no look-up of a name, no compression.  No
// error holds a token or a piece of an answer.
//
// Sources: KEP-2862 (nodes/pods), k8s.io/kubelet config/v1beta1.
#ifndef NAMEWARD_KUBE_KUBELET_CLIENT_H_
#define NAMEWARD_KUBE_KUBELET_CLIENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "kube/pod_fetch.h"
#include "model/address.h"

namespace nameward {

// How the kubelet proves that it is this node's.
enum class KubeletTls : uint8_t {
  // A chain to the CA file, and the node's name (or the address, if no name is
  // given) among the certificate's names; within its dates.
  kVerify,
  // The certificate that the given file holds, exactly; whatever its dates,
  // since kubelets never renew the one that they have signed themselves.
  kPin,
  // Not at all: whoever answers gets the token.
  kInsecure,
};

struct KubeletOptions {
  static constexpr size_t kMaxAnswer = size_t{128} << 20;  // can't be exceeded
  static constexpr char kServiceAccount[] =
      "/var/run/secrets/kubernetes.io/serviceaccount";

  // status.hostIPs: tried in this order while nobody answers.
  std::vector<IpAddress> addresses;
  uint16_t port = 10250;
  // The read-only port: no TLS, and so no credentials are sent either.
  bool plain_http = false;
  std::string node_name;  // spec.nodeName; SNI, and what is verified
  KubeletTls tls = KubeletTls::kVerify;
  std::string ca_file = std::string(kServiceAccount) + "/ca.crt";
  std::string pinned_file;
  std::string token_file = std::string(kServiceAccount) + "/token";  // or none
  std::string certificate_file;  // of the client, with its key; or none
  std::string key_file;
  size_t max_answer = size_t{16} << 20;
  Nanoseconds time_limit = 10s;  // the whole request
};

// Fails if the options contradict themselves; no file is read yet.
Result<std::unique_ptr<PodFetch>> NewKubeletClient(KubeletOptions options);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_KUBELET_CLIENT_H_
