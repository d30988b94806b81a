// SPDX-License-Identifier: Apache-2.0
// An alert on its way out: what the formats of alert/ render and the sinks of
// deliver/ carry.
#ifndef NAMEWARD_MODEL_ALERT_H_
#define NAMEWARD_MODEL_ALERT_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "model/event.h"
#include "model/finding.h"
#include "model/node_identity.h"

namespace nameward {

// One emission: the first of a dedup window, or an update that counts it.
struct Alert {
  Finding finding;
  Event event;          // the first of the window
  bool update = false;  // OCSF activity 2; else 1
  uint32_t update_number = 0;
  uint64_t count = 1;  // hits in the window so far
  WallTime first_seen;
  WallTime last_seen;
  WallTime time;            // of this emission's newest event
  std::string uid;          // UUIDv5 of node, boot id, seq, rule, update number
  std::string finding_uid;  // stable over one dedup window
  NodeIdentity node;
  uint64_t losses_since_last = 0;  // the ledger's losses since the last alert
};

// What a sink gets.
struct RenderedAlert {
  std::string uid;
  std::string key;  // PartitionKey: keeps order in Kafka
  Severity severity = Severity::kMedium;
  bool dry_run = false;
  std::string finding_uid;
  std::string rule;
  WallTime time;
  std::string text;  // one line, without its newline
  // Where in `text` the spool writes `"sequence":N,`; 0: nowhere.
  size_t sequence_at = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_ALERT_H_
