// SPDX-License-Identifier: Apache-2.0
// Alerts to Apache Kafka by librdkafka: idempotent, acks=all, keyed by
// workload, with CloudEvents 1.0 headers in binary mode (docs/soc.md).
//
// An alert is acknowledged when the brokers have it on all in-sync replicas. An
// outage only fills the library's queue (4 MiB) and then the spool.  After an
// error that the library can't mend, and when a secret's file has changed, the
// producer is made anew and everything unacknowledged comes again, oldest
// first: so the order of a key holds, and a duplicate carries the same ce_id.
//
// A message that the broker refuses for itself (too large, invalid) is sent
// once more alone, and then given up and counted.  Trouble says in words what
// keeps alerts back: unknown topic, missing rights, TLS, wrong password.
#ifndef NAMEWARD_DELIVER_KAFKA_SINK_H_
#define NAMEWARD_DELIVER_KAFKA_SINK_H_

#include <memory>
#include <string>

#include "base/result.h"
#include "deliver/kafka_options.h"
#include "deliver/spooled_sink.h"

namespace nameward {

// Checks the options; connects to nothing before Start.  `spool_id` goes into
// each message, for a sequence counts within one spool.
Result<std::unique_ptr<SpooledSink>> MakeKafkaSink(const KafkaOptions& options,
                                                   const std::string& spool_id,
                                                   Clock& clock);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_KAFKA_SINK_H_
