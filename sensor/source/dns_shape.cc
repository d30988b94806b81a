// SPDX-License-Identifier: Apache-2.0
#include "source/dns_shape.h"

namespace nameward {
namespace {

constexpr uint16_t kQr = 0x8000;
constexpr uint16_t kOpcode = 0x7800;
constexpr uint16_t kZ = 0x0040;
constexpr uint16_t kMaxQueryAdditional = 3;  // OPT, TSIG, SIG(0)
constexpr uint16_t kMaxAnswerRecords = 64;   // of a section
constexpr uint8_t kMaxLabel = 63;
constexpr size_t kHeader = 12;
constexpr size_t kLeastRecord = 2;  // even a compressed name has that many

}  // namespace

DnsShape ShapeOfMessage(Bytes bytes, size_t size) {
  if (size < kShortestDns || bytes.size() < kShortestDns)
    return DnsShape::kNone;
  ByteReader reader(bytes);
  reader.Skip(2);
  const uint16_t flags = *reader.U16();
  const uint16_t questions = *reader.U16();
  const uint16_t answers = *reader.U16();
  const uint16_t authorities = *reader.U16();
  const uint16_t additional = *reader.U16();
  const uint8_t first_label = *reader.U8();
  if ((flags & (kOpcode | kZ)) != 0 || questions != 1 ||
      first_label > kMaxLabel)
    return DnsShape::kNone;
  if ((flags & kQr) == 0) {
    const bool query =
        answers == 0 && authorities == 0 && additional <= kMaxQueryAdditional;
    return query ? DnsShape::kQuery : DnsShape::kNone;
  }
  const auto records = static_cast<size_t>(answers + authorities + additional);
  const bool answer = answers <= kMaxAnswerRecords &&
                      authorities <= kMaxAnswerRecords &&
                      additional <= kMaxAnswerRecords &&
                      kHeader + kLeastRecord * records <= size;
  return answer ? DnsShape::kAnswer : DnsShape::kNone;
}

DnsShape ShapeOfStream(Bytes head) {
  ByteReader reader(head);
  const auto length = reader.U16();
  if (!length) return DnsShape::kNone;
  return ShapeOfMessage(*reader.Take(reader.remaining()), *length);
}

}  // namespace nameward
