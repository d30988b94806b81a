// SPDX-License-Identifier: Apache-2.0
// An event as one JSON object on one line: what `replay --events` and `trace
// --format json` print.  docs/events.md lists every key with an example.
//
// Guarantees: valid JSON and UTF-8 whatever the event holds, no newline,
// independent of locale and time zone; an answer list longer than kMaxEventList
// stops and `answers_omitted` says how many are missing.  Allocates nothing but
// the growth of `out` and of one record's text.  Any thread.
#ifndef NAMEWARD_ALERT_EVENT_JSON_H_
#define NAMEWARD_ALERT_EVENT_JSON_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "alert/json_writer.h"
#include "base/clock.h"
#include "model/event.h"

namespace nameward {

// Compression lets 64 KiB of wire name some MiB of text; an ordinary message of
// that size (4,000 addresses) stays below this.
inline constexpr size_t kMaxEventList = size_t{512} * 1024;

struct EventJsonContext {
  std::string_view node;
  ClockOffset clock;
};

void AppendEventJson(const Event& event, const EventJsonContext& context,
                     std::string& out);

// "cgroup":{…} and, where names are missing, "enrichment":"…".
void AppendCgroupMembers(const Event& event, size_t text_cap, JsonWriter& json);

// "dns":{"state":"none",…}: what the history says of a connect.
void AppendVerdictJson(const ConnectVerdict& verdict, size_t list_bytes,
                       JsonWriter& json);

// Only the object of the event's kind ({"qname":…}): the evidence that an alert
// carries.  Each list stops before `list_bytes`.
void AppendBodyJson(const Event& event, ClockOffset clock, size_t list_bytes,
                    JsonWriter& json);

}  // namespace nameward

#endif  // NAMEWARD_ALERT_EVENT_JSON_H_
