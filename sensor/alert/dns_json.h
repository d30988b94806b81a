// SPDX-License-Identifier: Apache-2.0
// The members of a dns event's object (docs/events.md): the message as text.
// Each list stops before `list_bytes` of text; what is left out is counted in
// `names_omitted` and `answers_omitted`.  Any thread.
#ifndef NAMEWARD_ALERT_DNS_JSON_H_
#define NAMEWARD_ALERT_DNS_JSON_H_

#include <cstddef>
#include <vector>

#include "alert/json_writer.h"
#include "model/event.h"

namespace nameward {

void AppendDnsMembers(const DnsEvent& dns, size_t list_bytes, JsonWriter& json);

// The key "names" and its list.
void AppendNames(const std::vector<DomainName>& names, size_t list_bytes,
                 JsonWriter& json);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_DNS_JSON_H_
