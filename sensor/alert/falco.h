// SPDX-License-Identifier: Apache-2.0
// An alert in the shape of Falco's JSON output, for pipelines that read it
// (falcosidekick and its like): time, rule, priority, output, tags and flat
// output_fields; docs/alert-schema.md has the mapping.
//
// The same guarantees as ocsf.h.  Any thread.
#ifndef NAMEWARD_ALERT_FALCO_H_
#define NAMEWARD_ALERT_FALCO_H_

#include <string>

#include "model/alert.h"

namespace nameward {

void AppendFalco(const Alert& alert, std::string& out);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_FALCO_H_
