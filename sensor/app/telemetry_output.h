// SPDX-License-Identifier: Apache-2.0
// From finished events to telemetry, where its topics are named
// (docs/telemetry.md).
#ifndef NAMEWARD_APP_TELEMETRY_OUTPUT_H_
#define NAMEWARD_APP_TELEMETRY_OUTPUT_H_

#include <memory>
#include <string>

#include "app/ledger.h"
#include "app/settings.h"
#include "base/clock.h"
#include "deliver/telemetry.h"
#include "model/context.h"
#include "model/event.h"

namespace nameward {

// Start and Stop of the telemetry; what an event becomes.  The worker's thread
// calls OnEvent, any the rest.
class TelemetryOutput {
 public:
  // Null if no topic is named.
  static Result<std::unique_ptr<TelemetryOutput>> Open(const Settings& settings,
                                                       const Context& context,
                                                       Clock& clock);

  void Start() { telemetry_->Start(); }
  void Stop() { telemetry_->Stop(); }
  void OnEvent(const Event& event, const Context& context, ClockOffset clock);

  void AddTo(Ledger& ledger) const;
  // One line; empty: all is well.
  std::string Note() const;

 private:
  explicit TelemetryOutput(std::unique_ptr<Telemetry> telemetry)
      : telemetry_(std::move(telemetry)) {}

  const std::unique_ptr<Telemetry> telemetry_;
  RenderedAlert rendered_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_TELEMETRY_OUTPUT_H_
