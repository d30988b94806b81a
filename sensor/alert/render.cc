// SPDX-License-Identifier: Apache-2.0
#include "alert/render.h"

#include "alert/facts.h"
#include "alert/human.h"
#include "alert/ocsf.h"

namespace nameward {

void RenderAlert(const Alert& alert, AlertFormat format, RenderedAlert& out) {
  out.uid = alert.uid;
  out.key = WorkloadKey(alert);
  out.severity = SeverityOf(alert);
  out.dry_run = alert.finding.rule->mode == RuleMode::kDryRun;
  out.text.clear();
  if (format == AlertFormat::kOcsf) return AppendOcsf(alert, out.text);
  const bool colour = format == AlertFormat::kHumanColour;
  AppendHuman(alert, colour ? Colour::kYes : Colour::kNo, out.text);
}

}  // namespace nameward
