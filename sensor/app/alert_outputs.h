// SPDX-License-Identifier: Apache-2.0
// From the settings to where alerts go: straight to one file or to standard
// output, or through the spool to several sinks at once.
//
// Opened before the rights are dropped, for the spool's folder and the file;
// the threads start after it.
#ifndef NAMEWARD_APP_ALERT_OUTPUTS_H_
#define NAMEWARD_APP_ALERT_OUTPUTS_H_

#include <memory>
#include <string>
#include <vector>

#include "app/ledger.h"
#include "app/rights.h"
#include "app/settings.h"
#include "base/clock.h"
#include "deliver/delivery.h"
#include "deliver/sink.h"
#include "model/context.h"

namespace nameward {

struct AlertOutputs {
  std::unique_ptr<AlertSink> sink;
  Delivery* delivery = nullptr;  // the sink, if it has a spool
  std::vector<std::string> degraded;
};

// What the alerts say of Kafka's topics: nothing where Kafka is no sink, or in
// another format than OCSF.
AlertLogs LogsOf(const Settings& settings);

// alerts.sinks, or what the other keys ask for.
std::vector<std::string> AlertSinkNames(const Settings& settings);

Result<AlertOutputs> OpenAlertOutputs(const Settings& settings,
                                      const Context& context, Clock& clock);

// The folders and ports that they need while they run.
void AddAlertRights(const Settings& settings, RightsOptions& rights);

// spooled = acked + refused + evicted + damaged + pending, for each sink.
void AddCounters(const AlertOutputs& outputs, Ledger& ledger);
// Alerts that some sink never had and no later run will give it; at the end.
uint64_t LostAtTheEnd(const AlertOutputs& outputs);
// What keeps alerts back, one line each; nothing that makes a sensor unready.
std::string DeliveryNotes(const AlertOutputs& outputs);
// Prometheus text of what is no counter.
std::string DeliveryGauges(const AlertOutputs& outputs);

}  // namespace nameward

#endif  // NAMEWARD_APP_ALERT_OUTPUTS_H_
