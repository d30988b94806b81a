// SPDX-License-Identifier: Apache-2.0
// What eats records: the pipeline, a recording.  Called from one thread.
#ifndef NAMEWARD_APP_CONSUMER_H_
#define NAMEWARD_APP_CONSUMER_H_

#include "app/ledger.h"
#include "base/result.h"
#include "model/record.h"

namespace nameward {

class RecordConsumer {
 public:
  virtual ~RecordConsumer() = default;
  // An error ends the run: the caller drains and reports it.
  virtual Status Consume(const RecordBatch& batch) = 0;
  // No record follows: what is held back goes out.
  virtual Status Finish() = 0;
  virtual void AddTo(Ledger& ledger) const = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_CONSUMER_H_
