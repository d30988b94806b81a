// SPDX-License-Identifier: Apache-2.0
#include "model/record.h"

#include <cstring>

namespace nameward {

void RecordBatch::Append(RecordType type, Bytes payload) {
  const Frame frame{static_cast<uint32_t>(payload.size()), type, 0};
  const size_t at = buffer_.size();
  const size_t padded = (payload.size() + 7) & ~size_t{7};
  buffer_.resize(at + sizeof frame + padded);
  std::memcpy(buffer_.data() + at, &frame, sizeof frame);
  if (!payload.empty())
    std::memcpy(buffer_.data() + at + sizeof frame, payload.data(),
                payload.size());
  ++count_;
}

void RecordBatch::AppendText(RecordType type, std::string_view text) {
  std::vector<uint8_t> bytes(text.begin(), text.end());
  Append(type, bytes);
}

}  // namespace nameward
