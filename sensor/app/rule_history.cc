// SPDX-License-Identifier: Apache-2.0
#include "app/rule_history.h"

#include <memory>

#include "correlate/correlate.h"
#include "correlate/judge.h"

namespace nameward {

PrepareEvent FreshHistory(const RuleTest& test) {
  struct History {
    Context context;
    Correlator correlator{CorrelateOptions{}};
  };
  auto history = std::make_shared<History>();
  history->context.live = false;
  history->context.trust_any_on_port = {53};
  history->context.zones = {*DomainName::Parse("cluster.local")};
  history->context.searches = test.search;
  history->correlator.SetContext(history->context);
  return [history](Event& event) {
    history->correlator.Observe(event);
    Judge(event, history->context, NoPods());
  };
}

}  // namespace nameward
