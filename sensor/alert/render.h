// SPDX-License-Identifier: Apache-2.0
// An alert made ready for the sinks in the chosen format.  Any thread.
#ifndef NAMEWARD_ALERT_RENDER_H_
#define NAMEWARD_ALERT_RENDER_H_

#include "model/alert.h"

namespace nameward {

enum class AlertFormat { kOcsf, kHuman, kHumanColour };

// Fills `out`, reusing its capacity.
void RenderAlert(const Alert& alert, AlertFormat format, RenderedAlert& out);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_RENDER_H_
