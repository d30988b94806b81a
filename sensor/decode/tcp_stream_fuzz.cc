// SPDX-License-Identifier: Apache-2.0
// A stream in one piece and the same stream cut, doubled and shuffled as the
// input says: the same messages.
#include <cstdlib>
#include <vector>

#include "decode/tcp_stream.h"

namespace {

using nameward::Bytes;

struct Received : nameward::TcpStreamSink {
  bool OnStreamMessage(Bytes message) override {
    messages.emplace_back(message.begin(), message.end());
    return true;
  }
  void OnStreamFault(nameward::MalformedReason, size_t) override { ++faults; }
  std::vector<std::vector<uint8_t>> messages;
  int faults = 0;
};

void Send(nameward::TcpStreams& streams, uint32_t first, size_t at, Bytes bytes,
          Received& out) {
  nameward::TcpSegment segment;
  segment.cookie = 1;
  segment.seq = first + static_cast<uint32_t>(at);
  segment.payload = bytes;
  streams.Add(segment, out);
}

// Wild segments: nothing to compare, only to survive.
void AddWild(Bytes script) {
  nameward::TcpStreams streams;
  Received out;
  nameward::ByteReader reader(script);
  while (const auto flags = reader.U8()) {
    const auto seq = reader.U16();
    const auto size = reader.U8();
    if (!seq || !size) return;
    nameward::TcpSegment segment;
    segment.cookie = *flags >> 6;
    segment.ingress = (*flags & 1) != 0;
    segment.syn = (*flags & 2) != 0;
    segment.fin = (*flags & 4) != 0;
    segment.midstream = (*flags & 8) != 0;
    segment.seq = *seq - 0x8000U;
    segment.payload = reader.Take(*size).value_or(Bytes());
    streams.Add(segment, out);
    if ((*flags & 0x30) == 0x30) streams.Close(segment.cookie);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 1) return 0;
  const size_t cuts = bytes[0] % 60;
  AddWild({bytes + 1, size - 1});
  if (size < 1 + 2 * cuts + 1) return 0;
  const Bytes script(bytes + 1, 2 * cuts);
  const Bytes stream(bytes + 1 + 2 * cuts, size - 1 - 2 * cuts);
  const uint32_t first = 0U - static_cast<uint32_t>(stream.size() / 2);

  nameward::TcpStreams whole;
  Received expected;
  Send(whole, first, 0, stream, expected);
  if (stream.size() > 4096) return 0;  // else cut pieces pass the bounds

  nameward::TcpStreams cut;
  Received got;
  Send(cut, first, 0, stream.first(1), got);
  for (size_t i = 0; i < cuts; ++i) {
    const size_t at = script[2 * i] * stream.size() / 256;
    const size_t length = script[2 * i + 1];
    Send(cut, first, at,
         stream.subspan(at).first(std::min(length, stream.size() - at)), got);
  }
  Send(cut, first, 0, stream, got);
  if (got.messages != expected.messages || got.faults != expected.faults)
    std::abort();
  return 0;
}
