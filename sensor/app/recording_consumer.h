// SPDX-License-Identifier: Apache-2.0
// Writes every record that the worker gets, before it is explained.
#ifndef NAMEWARD_APP_RECORDING_CONSUMER_H_
#define NAMEWARD_APP_RECORDING_CONSUMER_H_

#include "app/consumer.h"
#include "source/recording.h"

namespace nameward {

class RecordingConsumer final : public RecordConsumer {
 public:
  explicit RecordingConsumer(RecordingWriter writer)
      : writer_(std::move(writer)) {}

  Status Consume(const RecordBatch& batch) override {
    return writer_.AppendBatch(batch);
  }
  Status Finish() override { return writer_.Flush(); }
  void AddTo(Ledger& ledger) const override {
    ledger.Add("recording_records", writer_.stats().records);
    ledger.Add("recording_refused",
               writer_.stats().refused_full + writer_.stats().refused_long);
  }

 private:
  RecordingWriter writer_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_RECORDING_CONSUMER_H_
