// SPDX-License-Identifier: Apache-2.0
// The parts of an OCSF finding that show what happened, to whom and where.
// Any thread.
#ifndef NAMEWARD_ALERT_OCSF_EVIDENCE_H_
#define NAMEWARD_ALERT_OCSF_EVIDENCE_H_

#include "alert/detail.h"
#include "alert/json_writer.h"
#include "model/alert.h"

namespace nameward {

void AppendOcsfEvidence(const Alert& alert, const AlertDetail& detail,
                        JsonWriter& json);
void AppendOcsfResources(const Alert& alert, const AlertDetail& detail,
                         JsonWriter& json);
void AppendOcsfObservables(const Alert& alert, const AlertDetail& detail,
                           JsonWriter& json);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_OCSF_EVIDENCE_H_
