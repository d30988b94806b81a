// SPDX-License-Identifier: Apache-2.0
#include "correlate/correlate.h"

#include <utility>

#include "correlate/judge.h"

namespace nameward {

Correlator::Correlator(CorrelateOptions options)
    : options_(std::move(options)) {}

void Correlator::SetContext(const Context& context) { context_ = context; }

void Correlator::OnCgroup(const CgroupChange&, uint64_t) {}

void Correlator::AdvanceTo(BootTime) {}

void Correlator::Observe(Event& event) {
  if (auto* connect = std::get_if<ConnectEvent>(&event.body))
    ObserveConnect(*connect);
}

void Correlator::ObserveConnect(ConnectEvent& connect) {
  Evidence& evidence = connect.evidence;
  evidence.judged = JudgedEndpoint(connect.destination, connect.wire, context_,
                                   options_.redirects);
  evidence.to_resolver = IsTrustedResolver(evidence.judged, context_);
}

}  // namespace nameward
