// SPDX-License-Identifier: Apache-2.0
#include "app/pump.h"

namespace nameward {

Status Pump(RecordSource& source, RecordConsumer& consumer,
            const std::function<void(uint64_t records)>& progress) {
  RecordBatch batch;
  uint64_t records = 0;
  for (;;) {
    batch.Clear();
    const auto outcome = source.Poll(batch, 0ms);
    NW_RETURN_IF_ERROR(consumer.Consume(batch));
    if (!outcome) return outcome.error();
    records += batch.count();
    progress(records);
    if (*outcome == PollOutcome::kEnd) return Ok();
  }
}

}  // namespace nameward
