// SPDX-License-Identifier: Apache-2.0
// A recording as a source: its records in order, as fast as they can be read.
//
// Never waits.  Damage does not end it: reader().Warning() tells of it.  One
// thread; one copy per record, no allocation in the steady state.
#ifndef NAMEWARD_SOURCE_REPLAY_SOURCE_H_
#define NAMEWARD_SOURCE_REPLAY_SOURCE_H_

#include <optional>
#include <string>
#include <utility>

#include "source/recording.h"
#include "source/source.h"

namespace nameward {

class ReplaySource final : public RecordSource {
 public:
  explicit ReplaySource(RecordingReader reader) : reader_(std::move(reader)) {}
  static Result<ReplaySource> Open(const std::string& path);

  Result<PollOutcome> Poll(RecordBatch& batch, Nanoseconds wait) override;

  std::optional<Error> Warning() const override { return reader_.Warning(); }
  const RecordingReader& reader() const { return reader_; }

 private:
  RecordingReader reader_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_REPLAY_SOURCE_H_
