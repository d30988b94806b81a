// SPDX-License-Identifier: Apache-2.0
#include "correlate/search_path.h"

#include <algorithm>
#include <string_view>

#include "correlate/judge.h"

namespace nameward {
namespace {

constexpr uint16_t kNoSuchName = 3;  // RFC 1035 4.1.1

bool IsLabel(Bytes label, std::string_view text) {
  return std::equal(label.begin(), label.end(), text.begin(), text.end());
}

// The longest search suffix that a question ends with, in labels.
class Suffixes {
 public:
  explicit Suffixes(const DomainName& question)
      : question_(question), labels_(question.LabelCount()) {}

  void Try(const DomainName& suffix) {
    if (!suffix.IsRoot() && question_.IsAtOrUnder(suffix))
      Take(suffix.LabelCount());
  }
  // `zone`, svc.zone, and NAMESPACE.svc.zone where that is known.
  void TryZone(const DomainName& zone, std::string_view name_space) {
    if (!question_.IsAtOrUnder(zone)) return;
    const size_t labels = zone.LabelCount();
    Take(labels);
    if (!IsLabel(Before(labels), "svc")) return;
    Take(labels + 1);
    if (IsLabel(Before(labels + 1), name_space)) Take(labels + 2);
  }
  size_t longest() const { return longest_; }
  size_t base() const { return longest_ == 0 ? 0 : labels_ - longest_; }

 private:
  Bytes Before(size_t suffix) const {
    return suffix < labels_ ? question_.Label(labels_ - suffix - 1) : Bytes();
  }
  // Nothing is left for a base where the question is the suffix itself.
  void Take(size_t labels) {
    if (labels < labels_) longest_ = std::max(longest_, labels);
  }

  const DomainName& question_;
  const size_t labels_;
  size_t longest_ = 0;
};

// A pod whose spec is not known yet is taken for the usual kind.
PodDns::Policy PolicyOf(const Workload* workload) {
  using Policy = PodDns::Policy;
  if (workload == nullptr) return Policy::kDefault;
  const Pod* pod = workload->pod.get();
  if (pod == nullptr)
    return workload->pod_uid.empty() ? Policy::kDefault : Policy::kClusterFirst;
  const bool falls_back =
      pod->host_network && pod->dns.policy == Policy::kClusterFirst;
  return falls_back ? Policy::kDefault : pod->dns.policy;
}

Suffixes Search(const DomainName& question, const Workload* workload,
                const Context& context) {
  Suffixes suffixes(question);
  const PodDns::Policy policy = PolicyOf(workload);
  const Pod* pod = workload == nullptr ? nullptr : workload->pod.get();
  if (policy == PodDns::Policy::kClusterFirst ||
      policy == PodDns::Policy::kClusterFirstWithHostNet)
    for (const DomainName& zone : context.zones)
      suffixes.TryZone(zone, pod == nullptr ? "" : pod->namespace_name);
  if (policy != PodDns::Policy::kNone)
    for (const DomainName& search : context.searches) suffixes.Try(search);
  if (pod != nullptr)
    for (const DomainName& search : pod->dns.searches) suffixes.Try(search);
  return suffixes;
}

// Whoever writes a dnsConfig may name a domain of his own: asking for
// SECRET.good.example.HIS must not count as asking for SECRET.good.example.
bool IsTrusted(const DomainName& suffix, const Context& context) {
  const auto& searches = context.searches;
  return IsOfZone(suffix, context) ||
         std::any_of(searches.begin(), searches.end(),
                     [&suffix](const DomainName& search) {
                       return suffix.IsAtOrUnder(search);
                     });
}

uint8_t ExternalIn(const std::vector<DomainName>& chain,
                   const Context& context) {
  if (chain.empty() || !IsOfZone(chain.front(), context)) return 0;
  const auto outside = std::find_if_not(
      chain.begin(), chain.end(),
      [&context](const DomainName& name) { return IsOfZone(name, context); });
  return outside == chain.end() ? uint8_t{0}
                                : static_cast<uint8_t>(outside - chain.begin());
}

}  // namespace

void JudgeNames(DnsEvent& dns, const Workload* workload,
                const Context& context) {
  const DnsMessage& message = dns.message;
  dns.base_labels = 0;
  dns.expansion = false;
  dns.external = 0;
  const Endpoint addressed = WithoutUnspecified(dns.server);
  dns.diverted = !message.response && IsTrustedResolver(addressed, context) &&
                 JudgedEndpoint(dns.server, dns.wire, context) != addressed;
  if (message.question_count == 0) return;
  const DomainName& question = message.question.name;
  const Suffixes found = Search(question, workload, context);
  dns.base_labels = static_cast<uint8_t>(found.base());
  dns.expansion = dns.base_labels > 0 &&
                  (!message.response || message.rcode == kNoSuchName) &&
                  IsTrusted(question.Suffix(found.longest()), context);
  if (message.response) dns.external = ExternalIn(message.chain, context);
}

}  // namespace nameward
