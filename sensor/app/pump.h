// SPDX-License-Identifier: Apache-2.0
// Offline: one source into consumers on the calling thread, to the end.
#ifndef NAMEWARD_APP_PUMP_H_
#define NAMEWARD_APP_PUMP_H_

#include <functional>

#include "app/consumer.h"
#include "source/source.h"

namespace nameward {

// `progress` is called with the records so far, every few megabytes.
Status Pump(RecordSource& source, RecordConsumer& consumer,
            const std::function<void(uint64_t records)>& progress);

}  // namespace nameward

#endif  // NAMEWARD_APP_PUMP_H_
