// SPDX-License-Identifier: Apache-2.0
// What `nameward doctor` says of the way that alerts take: the sinks, the
// spool's folder, the brokers and their topics.  Looked at and asked, nothing
// is made or sent; a running sensor's spool is not disturbed.
#ifndef NAMEWARD_APP_DELIVERY_FACTS_H_
#define NAMEWARD_APP_DELIVERY_FACTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "app/settings.h"
#include "deliver/kafka_producer.h"
#include "source/node_probe.h"

namespace nameward {

// alerts, spool, kafka, and lines for what the library can't do and for what
// travels in clear; asks brokers for some seconds at most.
std::vector<NodeFact> DeliveryFacts(const Settings& settings);

// The parts, pure: of what was found.
struct FolderRoom {
  uint64_t free = 0;       // bytes that the file system has left for us
  uint64_t used = 0;       // by the spool itself
  bool in_memory = false;  // a tmpfs
};
NodeFact RoomFact(const std::string& folder, uint64_t quota,
                  const FolderRoom& room);
NodeFact ClusterFact(const KafkaCluster& cluster);

}  // namespace nameward

#endif  // NAMEWARD_APP_DELIVERY_FACTS_H_
