// SPDX-License-Identifier: Apache-2.0
// Alerts of the sensor about itself: those that the spool had to give up, so
// that a consumer can tell a gap in metadata.sequence from a lie, and a disk
// that refuses, so that somebody mends it before any is lost.
#ifndef NAMEWARD_APP_LOSS_ALERT_H_
#define NAMEWARD_APP_LOSS_ALERT_H_

#include <string>

#include "alert/render.h"
#include "base/clock.h"
#include "deliver/spool.h"
#include "model/node_identity.h"

namespace nameward {

struct LossTeller {
  NodeIdentity node;
  std::string spool_id;
  AlertFormat format = AlertFormat::kOcsf;
  AlertLogs logs;
};

inline constexpr char kAlertsLostRule[] = "nameward-alerts-lost";
inline constexpr char kSpoolTroubleRule[] = "nameward-spool-trouble";

RenderedAlert RenderLoss(const LostAlerts& loss, const LossTeller& teller,
                         Clock& clock);
RenderedAlert RenderTrouble(const std::string& trouble,
                            const LossTeller& teller, Clock& clock);

}  // namespace nameward

#endif  // NAMEWARD_APP_LOSS_ALERT_H_
