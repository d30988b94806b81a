// SPDX-License-Identifier: Apache-2.0
// An alert made ready for the sinks in the chosen format.  Any thread.
#ifndef NAMEWARD_ALERT_RENDER_H_
#define NAMEWARD_ALERT_RENDER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/alert.h"

namespace nameward {

enum class AlertFormat : uint8_t { kOcsf, kEcs, kFalco, kHuman, kHumanColour };

// "ocsf", "ecs", "falco", "human"; for messages: kAlertFormats.
inline constexpr std::string_view kAlertFormats = "ocsf, ecs, falco or human";
std::string_view ToString(AlertFormat format);
std::optional<AlertFormat> ParseAlertFormat(std::string_view text);

// Fills `out`, reusing its capacity.
void RenderAlert(const Alert& alert, AlertFormat format, RenderedAlert& out);

// Kafka's topics, in whose order alerts are numbered; empty: not to be named.
struct AlertLogs {
  std::string alerts;
  std::string dry_runs;
};

// Writes metadata.log_name into an alert that was rendered as OCSF.  A topic
// needs no escaping.
void NameLog(const AlertLogs& logs, RenderedAlert& alert);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_RENDER_H_
