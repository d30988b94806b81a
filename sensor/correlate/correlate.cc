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
    : options_(std::move(options)),
      histories_(options_.cgroups),
      pending_(options_.pending),
      names_(options_.addresses) {}

void Correlator::SetContext(const Context& context) { context_ = context; }

void Correlator::OnCgroup(const CgroupChange& change, uint64_t owner) {
  histories_.OnCgroup(change, owner);
}

void Correlator::AdvanceTo(BootTime now) {
  pending_.ExpireBefore(now);
  while (const auto gone = histories_.ForgetNext(now)) {
    pending_.Drop(*gone);
    names_.Drop(*gone);
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
    if (histories_.Admit(cgroup) && !pending_.Add(event, dns, cgroup))
      histories_.MarkLost(cgroup, event.time);
    return;
  }
  const auto match = pending_.Take(event, dns, cgroup);
  if (!match) return;
  dns.matched = true;
  dns.case_mismatch = match->case_mismatch;
  Bind(event, dns, *match);
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
  const Endpoint resolver =
      JudgedEndpoint(match.server, match.wire ? match.wire : answer.wire,
                     context_, options_.redirects);
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
  const auto& zones = options_.cluster_zones;
  const DomainName& holder = message.chain.back();
  const bool own_zone = std::any_of(
      zones.begin(), zones.end(),
      [&holder](const DomainName& zone) { return holder.IsAtOrUnder(zone); });
  if (!own_zone || RangesUnknown(context_)) return message.addresses;
  admissible_.clear();
  for (const DnsAddress& given : message.addresses)
    if (PlaceOf(given.address, context_)) admissible_.push_back(given);
  refused_cluster_zone_ += message.addresses.size() - admissible_.size();
  return admissible_;
}

void Correlator::ObserveConnect(const Event& event, ConnectEvent& connect) {
  const uint64_t cgroup = histories_.OwnerOf(event.origin.cgroup_id);
  Evidence& evidence = connect.evidence;
  evidence.judged = JudgedEndpoint(connect.destination, connect.wire, context_,
                                   options_.redirects);
  evidence.to_resolver = IsTrustedResolver(evidence.judged, context_);
  evidence.resolver_wire_elsewhere =
      IsTrustedResolver(WithoutUnspecified(connect.destination), context_) &&
      evidence.judged != WithoutUnspecified(connect.destination);
  // The stamp says what was lost before this connect: it counts for it.
  histories_.TakeCounters(cgroup, connect, event.time);
  histories_.Describe(cgroup, event.time, context_, evidence);
  // Whoever has no cgroup shares no history with others who have none.
  if (cgroup == 0) evidence.history_complete = evidence.warmup = false;
  Look({cgroup, evidence.judged.address, true, event.time}, evidence);
}

void Correlator::Look(const AddressNames::Wanted& wanted, Evidence& evidence) {
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
  AddressNames::Wanted untrusted = wanted;
  untrusted.trusted = false;
  fill(evidence.own, spares_[0],
       [&](Binding& out) { return names_.Find(wanted, out); });
  fill(evidence.untrusted, spares_[1],
       [&](Binding& out) { return names_.Find(untrusted, out); });
  fill(evidence.elsewhere, spares_[2],
       [&](Binding& out) { return names_.FindElsewhere(wanted, out); });
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
  stats.refused_cluster_zone = refused_cluster_zone_;
  stats.unattributed_losses = unattributed_losses_;
  stats.memory_bytes = pending_.MemoryBytes() + names_.MemoryBytes();
  return stats;
}

}  // namespace nameward
