// SPDX-License-Identifier: Apache-2.0
#include "app/loss_alert.h"

#include <memory>

#include "alert/uuid.h"

namespace nameward {
namespace {

std::string Fate(LostAlerts::Reason reason) {
  switch (reason) {
    case LostAlerts::Reason::kPowerCut:
      return " were lost to a power cut";
    case LostAlerts::Reason::kKilled:
      return " were lost when the sensor was killed";
    case LostAlerts::Reason::kDamaged:
      return " were lost to a disk that did not give them back";
    default:
      return " were given up (" + std::string(ToString(reason)) + ")";
  }
}

std::string Reason(const LostAlerts& loss) {
  std::string text = loss.IsAtMost() ? "at most " : "";
  text += std::to_string(loss.count) +
          (loss.stream == 1 ? " dry-run alerts" : " alerts");
  if (loss.severity > 0)
    text += " of severity " +
            std::string(ToString(static_cast<Severity>(loss.severity)));
  text += Fate(loss.reason);
  return text + ": metadata.sequence " + std::to_string(loss.first_sequence) +
         " to " + std::to_string(loss.last_sequence);
}

struct OwnAlert {
  const char* rule;
  const char* title;
  std::string reason;
  LossEvent event;
};

RenderedAlert Render(OwnAlert own, const LossTeller& teller, Clock& clock) {
  auto rule = std::make_shared<RuleInfo>();
  rule->id = own.rule;
  rule->title = own.title;
  rule->severity = Severity::kHigh;
  Alert alert;
  alert.finding.rule = std::move(rule);
  alert.finding.reason = std::move(own.reason);
  alert.node = teller.node;
  alert.losses_since_last = own.event.count;
  const BootTime now = clock.Now();
  alert.time = clock.Offset().ToWall(now);
  alert.first_seen = alert.last_seen = alert.time;
  alert.event.time = own.event.since = now;
  alert.event.body = std::move(own.event);
  alert.uid = UuidV5(std::string(own.rule) + "\x1f" + teller.spool_id + "\x1f" +
                     FormatRfc3339(alert.time) + alert.finding.reason);
  alert.finding_uid = alert.uid;
  RenderedAlert rendered;
  RenderAlert(alert, teller.format, rendered);
  NameLog(teller.logs, rendered);
  return rendered;
}

LossEvent EventOf(std::string_view fate, uint64_t count) {
  LossEvent event;
  event.record_class = "alert";
  event.fate = fate;
  event.count = count;
  return event;
}

}  // namespace

RenderedAlert RenderLoss(const LostAlerts& loss, const LossTeller& teller,
                         Clock& clock) {
  return Render({kAlertsLostRule, "Alerts of this sensor are lost",
                 Reason(loss), EventOf(ToString(loss.reason), loss.count)},
                teller, clock);
}

RenderedAlert RenderTrouble(const std::string& trouble,
                            const LossTeller& teller, Clock& clock) {
  return Render(
      {kSpoolTroubleRule, "The spool's disk refuses",
       "alerts that no sink has taken may be in memory only, or wait to be "
       "read: " +
           trouble,
       EventOf("kept in memory", 0)},
      teller, clock);
}

}  // namespace nameward
