// SPDX-License-Identifier: Apache-2.0
// What somebody on the way to the SOC could use, as the options have it: what,
// why and the mend.  Pure; any thread.
#ifndef NAMEWARD_DELIVER_WEAKNESSES_H_
#define NAMEWARD_DELIVER_WEAKNESSES_H_

#include <vector>

#include "base/result.h"
#include "deliver/kafka_options.h"
#include "deliver/webhook_options.h"

namespace nameward {

std::vector<Error> WeaknessesOf(const KafkaOptions& options);
std::vector<Error> WeaknessesOf(const WebhookOptions& options);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_WEAKNESSES_H_
