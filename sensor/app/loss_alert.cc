// SPDX-License-Identifier: Apache-2.0
#include "app/loss_alert.h"

#include <memory>

#include "alert/uuid.h"

namespace nameward {
namespace {

std::string Reason(const LostAlerts& loss) {
  const bool power_cut = loss.reason == LostAlerts::Reason::kPowerCut;
  std::string text = power_cut ? "at most " : "";
  text += std::to_string(loss.count) +
          (loss.stream == 1 ? " dry-run alerts" : " alerts");
  if (loss.severity > 0)
    text += " of severity " +
            std::string(ToString(static_cast<Severity>(loss.severity)));
  text += power_cut ? " were lost to a power cut" : " were given up";
  if (!power_cut) text += " (" + std::string(ToString(loss.reason)) + ")";
  return text + ": metadata.sequence " + std::to_string(loss.first_sequence) +
         " to " + std::to_string(loss.last_sequence);
}

}  // namespace

RenderedAlert RenderLoss(const LostAlerts& loss, const LossTeller& teller,
                         Clock& clock) {
  auto rule = std::make_shared<RuleInfo>();
  rule->id = kAlertsLostRule;
  rule->title = "Alerts of this sensor are lost";
  rule->severity = Severity::kHigh;
  Alert alert;
  alert.finding.rule = std::move(rule);
  alert.finding.reason = Reason(loss);
  alert.node = teller.node;
  alert.losses_since_last = loss.count;
  const BootTime now = clock.Now();
  alert.time = clock.Offset().ToWall(now);
  alert.first_seen = alert.last_seen = alert.time;
  alert.uid = UuidV5("alerts-lost\x1f" + teller.spool_id + "\x1f" +
                     alert.finding.reason);
  alert.finding_uid = alert.uid;
  alert.event.time = now;
  LossEvent event;
  event.record_class = "alert";
  event.fate = ToString(loss.reason);
  event.count = loss.count;
  event.since = now;
  alert.event.body = std::move(event);
  RenderedAlert rendered;
  RenderAlert(alert, teller.format, rendered);
  return rendered;
}

}  // namespace nameward
