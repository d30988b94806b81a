// SPDX-License-Identifier: Apache-2.0
#include "source/replay_source.h"

namespace nameward {

Result<ReplaySource> ReplaySource::Open(const std::string& path) {
  auto reader = RecordingReader::Open(path);
  if (!reader) return reader.error();
  return ReplaySource(std::move(*reader));
}

Result<PollOutcome> ReplaySource::Poll(RecordBatch& batch, Nanoseconds) {
  while (!batch.Full()) {
    const auto record = reader_.Next();
    if (!record) return record.error();
    if (!record->has_value()) return PollOutcome::kEnd;
    batch.Append((*record)->type, (*record)->payload);
  }
  return PollOutcome::kMore;
}

}  // namespace nameward
