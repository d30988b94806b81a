// SPDX-License-Identifier: Apache-2.0
#include "correlate/correlate.h"

#include <algorithm>
#include <utility>

#include "correlate/judge.h"

namespace nameward {
namespace {

constexpr uint8_t kOpcodeQuery = 0;
constexpr uint16_t kNoError = 0;

}  // namespace

Correlator::Correlator(CorrelateOptions options)
    : histories_(options.cgroups),
      pending_(options.pending),
      names_(options.addresses) {}

void Correlator::SetContext(const Context& context) { context_ = context; }

void Correlator::OnCgroup(const CgroupChange& change, uint64_t owner,
                          uint64_t pod) {
  histories_.OnCgroup(change, owner, pod);
}

void Correlator::AdvanceTo(BootTime now) {
  pending_.ExpireBefore(now);
  while (const auto gone = histories_.ForgetNext(now)) {
    pending_.Drop(*gone);
    names_.Drop(*gone);
    asked_.Drop(*gone);
  }
}

void Correlator::Observe(Event& event) {
  AdvanceTo(event.time);
  if (auto* dns = std::get_if<DnsEvent>(&event.body))
    ObserveDns(event, *dns);
  else if (auto* connect = std::get_if<ConnectEvent>(&event.body))
    ObserveConnect(event, *connect);
  else if (const auto* transport = std::get_if<TransportEvent>(&event.body))
    ObserveEncrypted(event, *transport);
  else if (const auto* loss = std::get_if<LossEvent>(&event.body))
    ObserveLoss(event, *loss);
}

void Correlator::ObserveDns(const Event& event, DnsEvent& dns) {
  dns.matched = dns.case_mismatch = false;
  const uint64_t cgroup = histories_.OwnerOf(event.origin.cgroup_id);
  if (!dns.message.response) {
    // Without its query the answer will not count: the sensor's loss.
    if (!histories_.Admit(cgroup)) return;
    if (!pending_.Add(event, dns, cgroup))
      histories_.MarkLost(cgroup, event.time);
    return Remember(cgroup, dns.message);
  }
  const auto match = pending_.Take(event, dns, cgroup);
  if (!match) return;
  dns.matched = true;
  dns.case_mismatch = match->case_mismatch;
  Bind(event, dns, *match);
}

// The cluster's own names explain no connect to elsewhere, and the search path
// asks three of them before each other name.
void Correlator::Remember(uint64_t cgroup, const DnsMessage& query) {
  if (cgroup == 0 || query.question_count == 0 ||
      IsOfZone(query.question.name, context_))
    return;
  asked_.Add(cgroup, query.question.name);
}

// The addresses of the message become those of the cgroup that asked.
void Correlator::Bind(const Event& event, const DnsEvent& answer,
                      const PendingQueries::Match& match) {
  const DnsMessage& message = answer.message;
  if (match.cgroup == 0 || message.opcode != kOpcodeQuery ||
      message.rcode != kNoError || message.chain.empty())
    return;
  const auto addresses = Admissible(message);
  if (addresses.empty()) return;
  const Endpoint resolver = JudgedEndpoint(
      match.server, match.wire ? match.wire : answer.wire, context_);
  // An answer by way of elsewhere is not the trusted resolver's.
  const bool trusted = IsTrustedResolver(match.server, context_) &&
                       IsTrustedResolver(resolver, context_);
  switch (names_.Insert(
      {match.cgroup, &message.chain, resolver, trusted, event.time},
      addresses)) {
    case AddressNames::Outcome::kKept:
      break;
    case AddressNames::Outcome::kEvictedBound:
      histories_.MarkFlood(match.cgroup, event.time);
      break;
    case AddressNames::Outcome::kStarved:
      histories_.MarkLost(match.cgroup, event.time);
      break;
  }
}

// All addresses, or those that the cluster's own zone may give: the zone of the
// name that holds them, since a chain may leave it (ExternalName).
std::span<const DnsAddress> Correlator::Admissible(const DnsMessage& message) {
  if (!IsOfZone(message.chain.back(), context_)) return message.addresses;
  admissible_.clear();
  for (const DnsAddress& given : message.addresses)
    if (MayBeInside(given.address, context_)) admissible_.push_back(given);
  refused_of_zone_ += message.addresses.size() - admissible_.size();
  return admissible_;
}

void Correlator::ObserveConnect(const Event& event, ConnectEvent& connect) {
  const uint64_t cgroup = histories_.OwnerOf(event.origin.cgroup_id);
  Evidence& evidence = connect.evidence;
  evidence.judged = JudgedEndpoint(connect.destination, connect.wire, context_);
  evidence.to_resolver = IsTrustedResolver(evidence.judged, context_);
  evidence.resolver_wire_elsewhere =
      IsTrustedResolver(WithoutUnspecified(connect.destination), context_) &&
      evidence.judged != WithoutUnspecified(connect.destination);
  // The stamp says what was lost before this connect: it counts for it.
  histories_.TakeCounters(cgroup, connect, event.time);
  histories_.Describe(cgroup, event.time, context_, evidence);
  // Whoever has no cgroup shares no history with others who have none.
  if (cgroup == 0) evidence.history_complete = evidence.warmup = false;
  Look(cgroup, event.time, evidence);
  evidence.last_asked.clear();
  if (!evidence.own && !evidence.mate) asked_.Read(cgroup, evidence.last_asked);
}

void Correlator::Look(uint64_t cgroup, BootTime now, Evidence& evidence) {
  const auto fill = [](std::optional<Binding>& binding, SpareNames& spare,
                       const auto& find) {
    if (!binding) {
      binding.emplace();
      binding->names.swap(spare);
    }
    if (find(*binding)) return;
    binding->names.swap(spare);
    binding.reset();
  };
  const IpAddress& address = evidence.judged.address;
  const std::span own(&cgroup, 1);
  const auto pod = histories_.PodOf(cgroup);
  mates_.assign(pod.begin(), pod.end());
  std::erase(mates_, cgroup);
  fill(evidence.own, spares_[0], [&](Binding& out) {
    return names_.Find({own, address, true, now}, out);
  });
  fill(evidence.mate, spares_[1], [&](Binding& out) {
    return !evidence.own && names_.Find({mates_, address, true, now}, out);
  });
  fill(evidence.untrusted, spares_[2], [&](Binding& out) {
    return names_.Find({own, address, false, now}, out);
  });
  const bool got = evidence.own || evidence.mate;
  evidence.seen_elsewhere = names_.FindElsewhere(
      {pod.empty() ? own : pod, address, now, got ? 0 : Evidence::kMostHolders},
      evidence.holders);
}

void Correlator::ObserveEncrypted(const Event& event,
                                  const TransportEvent& transport) {
  if (transport.kind == TransportKind::kDnsOtherPort) return;
  const auto& listed = context_.encrypted;
  histories_.MarkEncrypted(histories_.OwnerOf(event.origin.cgroup_id),
                           std::find(listed.begin(), listed.end(),
                                     transport.server.address) != listed.end(),
                           event.time);
}

void Correlator::ObserveLoss(const Event& event, const LossEvent& loss) {
  if (loss.record_class != "answer" && loss.record_class != "query") return;
  if (loss.cgroup_id == 0) {
    ++unattributed_losses_;
    return;
  }
  const uint64_t cgroup = histories_.OwnerOf(loss.cgroup_id);
  if (loss.fate == "quota")
    histories_.MarkFlood(cgroup, event.time);
  else
    histories_.MarkLost(cgroup, event.time);
}

CorrelateStats Correlator::stats() const {
  CorrelateStats stats;
  stats.pending = pending_.stats();
  stats.addresses = names_.stats();
  stats.cgroups = histories_.size();
  stats.cgroups_evicted = histories_.evicted();
  stats.cgroups_refused = histories_.refused();
  stats.refused_of_zone = refused_of_zone_;
  stats.unattributed_losses = unattributed_losses_;
  stats.memory_bytes =
      pending_.MemoryBytes() + names_.MemoryBytes() + asked_.MemoryBytes();
  return stats;
}

}  // namespace nameward
