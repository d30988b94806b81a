// SPDX-License-Identifier: Apache-2.0
// Where rendered alerts go.  One thread, the deliverer.
//
// A sink never stops the sensor: an error is returned and counted, and the next
// alert is tried again.  Every alert offered is delivered, failed or pending:
// the stats close.
#ifndef NAMEWARD_DELIVER_SINK_H_
#define NAMEWARD_DELIVER_SINK_H_

#include <cstdint>

#include "base/result.h"
#include "model/alert.h"

namespace nameward {

struct SinkStats {
  uint64_t offered = 0;
  uint64_t delivered = 0;  // whole lines that the other side took
  uint64_t failed = 0;     // given up: never half a line without a count
  uint64_t pending = 0;    // taken, but not yet given to the other side
  uint64_t bytes = 0;      // of delivered lines, with their newlines
  uint64_t errors = 0;     // calls that the kernel refused
};

class AlertSink {
 public:
  virtual ~AlertSink() = default;
  virtual Status Offer(const RenderedAlert& alert) = 0;
  virtual Status Flush() = 0;
  virtual SinkStats stats() const { return stats_; }

 protected:
  SinkStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SINK_H_
