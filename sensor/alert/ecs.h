// SPDX-License-Identifier: Apache-2.0
// An alert as a document of the Elastic Common Schema 8.17 (event.kind alert,
// event.category network), one JSON object on one line; docs/alert-schema.md
// has the mapping.  What ECS has no word for stands under `nameward`.
//
// The same guarantees as ocsf.h.  Any thread.
#ifndef NAMEWARD_ALERT_ECS_H_
#define NAMEWARD_ALERT_ECS_H_

#include <string>

#include "model/alert.h"

namespace nameward {

void AppendEcs(const Alert& alert, std::string& out);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_ECS_H_
