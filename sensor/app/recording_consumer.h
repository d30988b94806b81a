// SPDX-License-Identifier: Apache-2.0
// Writes every record that the worker gets, before it is explained: whatever
// the sensor said is in the recording, even if it was killed right after.
#ifndef NAMEWARD_APP_RECORDING_CONSUMER_H_
#define NAMEWARD_APP_RECORDING_CONSUMER_H_

#include "app/consumer.h"
#include "source/recording.h"

namespace nameward {

class RecordingConsumer final : public RecordConsumer {
 public:
  // `alone`: no pipeline explains the records, so their fate is told here.
  RecordingConsumer(RecordingWriter writer, bool alone)
      : writer_(std::move(writer)), alone_(alone) {}

  Status Consume(const RecordBatch& batch) override {
    if (alone_) CountKernelRecords(batch);
    NW_RETURN_IF_ERROR(writer_.AppendBatch(batch));
    return writer_.Flush();
  }
  Status Finish() override { return writer_.Flush(); }
  void AddTo(Ledger& ledger) const override {
    ledger.Add("recording_records", writer_.stats().records);
    ledger.Add("recording_refused",
               writer_.stats().refused_full + writer_.stats().refused_long);
    if (!alone_) return;
    ledger.Add("records_consumed", kernel_records_);
    ledger.Add("records_passed_over", "why", "not_explained", kernel_records_);
  }

 private:
  void CountKernelRecords(const RecordBatch& batch) {
    batch.ForEach([this](const RecordView& record) {
      if (record.type == RecordType::kKernel) ++kernel_records_;
    });
  }

  RecordingWriter writer_;
  const bool alone_;
  uint64_t kernel_records_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_RECORDING_CONSUMER_H_
