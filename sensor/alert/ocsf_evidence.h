// SPDX-License-Identifier: Apache-2.0
// The parts of an OCSF finding that show what happened, to whom and where.
// Any thread.
#ifndef NAMEWARD_ALERT_OCSF_EVIDENCE_H_
#define NAMEWARD_ALERT_OCSF_EVIDENCE_H_

#include <cstddef>

#include "alert/json_writer.h"
#include "model/alert.h"

namespace nameward {

// How much an alert shows: whole, or short enough for its bound.
struct OcsfDetail {
  size_t text;        // bytes of one string
  size_t list_bytes;  // of one list
  bool extras;        // resources, observables, ATT&CK
};

void AppendOcsfEvidence(const Alert& alert, const OcsfDetail& detail,
                        JsonWriter& json);
void AppendOcsfResources(const Alert& alert, const OcsfDetail& detail,
                         JsonWriter& json);
void AppendOcsfObservables(const Alert& alert, const OcsfDetail& detail,
                           JsonWriter& json);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_OCSF_EVIDENCE_H_
