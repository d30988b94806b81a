// SPDX-License-Identifier: Apache-2.0
#include "kube/kubelet_failure.h"

#include <utility>

namespace nameward {
namespace {

std::string Milliseconds(Nanoseconds time) {
  return std::to_string(
             std::chrono::duration_cast<std::chrono::milliseconds>(time)
                 .count()) +
         " ms";
}

// "kubelet ADDRESS:PORT: why (how to mend it)".
class Verdict {
 public:
  explicit Verdict(const Endpoint& to) : who_("kubelet " + to.ToString()) {}

  FetchFailure operator()(PodPoll poll, std::string why,
                          std::string fix) const {
    return {poll, Error{who_, std::move(why), std::move(fix)}};
  }

 private:
  const std::string who_;
};

FetchFailure OfStatus(int status, const Verdict& verdict) {
  const std::string answered = "answered " + std::to_string(status);
  if (status == 401)
    return verdict(PodPoll::kUnauthorized,
                   answered + ": it does not accept the token or certificate",
                   "is the token the service account's, and the kubelet's "
                   "webhook authentication on? With the API server down this "
                   "mends itself");
  if (status == 403)
    return verdict(PodPoll::kForbidden,
                   answered + ": the service account may not read the pods",
                   "bind a ClusterRole with get on nodes/pods to it "
                   "(Kubernetes before 1.33: the legacy-rbac overlay); the "
                   "kubelet keeps a refusal for 30 s");
  if (status >= 500)
    return verdict(PodPoll::kServerError, answered,
                   "see the kubelet's log; the API server may be down");
  return verdict(PodPoll::kOtherStatus, answered,
                 "is it a kubelet that listens there?");
}

FetchFailure OfTls(const Exchange& exchange, const Verdict& verdict) {
  if (!exchange.refusal.empty())
    return verdict(PodPoll::kTls,
                   "its certificate is refused: " + exchange.refusal,
                   "name the CA that signed it, or pin the node's kubelet.crt");
  return verdict(
      PodPoll::kTls,
      "no TLS connection" +
          (exchange.tls_reason.empty() ? "" : ": " + exchange.tls_reason),
      "does it want a client certificate, or speak plain HTTP on "
      "that port?");
}

}  // namespace

std::optional<FetchFailure> FailureOf(const Exchange& exchange,
                                      const Endpoint& to,
                                      const KubeletOptions& options) {
  using End = RequestWatch::End;
  const Verdict verdict(to);
  if (exchange.whole && exchange.status == 200) return std::nullopt;
  if (exchange.too_big || exchange.watch == End::kTooMuch)
    return verdict(PodPoll::kTooBig,
                   "more than " + std::to_string(options.max_answer) + " bytes",
                   "raise the limit if the node has that many pods");
  if (exchange.watch == End::kTooLong)
    return verdict(PodPoll::kTimeout,
                   "no whole answer within " + Milliseconds(options.time_limit),
                   "see the kubelet's log and the node's load");
  if (exchange.status != 0 && exchange.status != 200)
    return OfStatus(exchange.status, verdict);
  if (exchange.status == 200)
    return verdict(PodPoll::kBadAnswer, "the answer was cut short", "");
  if (exchange.no_connection)
    return verdict(PodPoll::kUnreachable, "can't connect",
                   "does a kubelet listen there, and may this pod reach it?");
  if (!exchange.refusal.empty() || exchange.no_handshake ||
      !exchange.tls_reason.empty())
    return OfTls(exchange, verdict);
  return verdict(PodPoll::kUnreachable, "the connection broke",
                 "does it want a client certificate?");
}

}  // namespace nameward
