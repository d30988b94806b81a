// SPDX-License-Identifier: Apache-2.0
// Alerts to a web server, one POST each, in the order of the spool, over one
// kept connection: the alert is the body, application/json, and its CloudEvents
// 1.0 attributes are headers (binary mode; docs/operations.md).
//
// An answer 2xx acknowledges.  No answer, 408, 429, 5xx and what concerns not
// the alert but who sends it and where to (3xx, 401, 403, 404, 407) mean: the
// same again, after a pause that doubles from half a second to half a minute,
// with jitter, or as long as Retry-After asks.  Any other answer refuses the
// alert, which is counted.
//
// The token's file is read for each request; a changed certificate means a new
// connection.  No redirect is followed and no proxy used.  While it waits for
// an answer nothing else of the sensor does: each sink has a thread.
#ifndef NAMEWARD_DELIVER_WEBHOOK_SINK_H_
#define NAMEWARD_DELIVER_WEBHOOK_SINK_H_

#include <memory>
#include <string>

#include "base/result.h"
#include "deliver/spooled_sink.h"
#include "deliver/webhook_options.h"

namespace nameward {

// Checks the options; connects to nothing before the first alert.  `spool_id`
// goes into each request, for a sequence counts within one spool.
Result<std::unique_ptr<SpooledSink>> MakeWebhookSink(
    const WebhookOptions& options, const std::string& spool_id, Clock& clock);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_WEBHOOK_SINK_H_
