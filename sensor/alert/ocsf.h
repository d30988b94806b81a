// SPDX-License-Identifier: Apache-2.0
// An alert as an OCSF 1.5.0 Detection Finding (class 2004), one JSON object on
// one line; docs/alert-schema.md has the mapping.
//
// Guarantees: valid JSON and UTF-8 whatever the event holds; at most
// kMaxAlertLine bytes: an alert that would be longer is rendered again with
// shorter strings and lists and says "truncated": true in `unmapped`.  Any
// thread.
#ifndef NAMEWARD_ALERT_OCSF_H_
#define NAMEWARD_ALERT_OCSF_H_

#include <string>

#include "model/alert.h"

namespace nameward {

void AppendOcsf(const Alert& alert, std::string& out);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_OCSF_H_
