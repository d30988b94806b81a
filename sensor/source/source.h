// SPDX-License-Identifier: Apache-2.0
// Where records come from: the kernel, a recording, a pcap file.
//
// Poll is called from one thread, the reader.  Records appear in the order in
// which they happened; a source never drops one without saying so in a kLoss
// record or in its stats.
#ifndef NAMEWARD_SOURCE_SOURCE_H_
#define NAMEWARD_SOURCE_SOURCE_H_

#include <optional>

#include "base/clock.h"
#include "base/result.h"
#include "model/record.h"

namespace nameward {

enum class PollOutcome {
  kMore,  // the batch is full, or more waits
  kIdle,  // nothing (more) at the moment
  kEnd,   // there will never be more
};

class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // Appends records to `batch` until it is full or none waits; waits at most
  // `wait` for the first.  An error ends the source.
  virtual Result<PollOutcome> Poll(RecordBatch& batch, Nanoseconds wait) = 0;
  // What the user should hear at the end: input that was damaged and skipped.
  virtual std::optional<Error> Warning() const { return std::nullopt; }
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_SOURCE_H_
