// SPDX-License-Identifier: Apache-2.0
#include "decode/tcp_stream.h"

#include <algorithm>

#include "model/dns_wire.h"

namespace nameward {
namespace {

constexpr size_t kLengthSize = 2;
// Capacity that a stream's buffers keep for the next one: a usual message.
constexpr size_t kKeptCapacity = 2048;

size_t LengthAt(Bytes bytes) {
  return static_cast<size_t>(bytes[0] << 8 | bytes[1]);
}

// How far `to` is ahead of `from`; sequence numbers wrap (RFC 9293 3.4).
int32_t Distance(uint32_t from, uint32_t to) {
  return static_cast<int32_t>(to - from);
}

// Nothing but whole messages: then a stream whose beginning is not known can be
// taken up here.
bool IsWholeMessages(Bytes bytes) {
  if (bytes.empty()) return false;
  while (bytes.size() >= kLengthSize) {
    const size_t whole = kLengthSize + LengthAt(bytes);
    if (whole < kLengthSize + kDnsHeaderSize || whole > bytes.size())
      return false;
    bytes = bytes.subspan(whole);
  }
  return bytes.empty();
}

void Empty(std::vector<uint8_t>& bytes) {
  if (bytes.capacity() > kKeptCapacity)
    std::vector<uint8_t>().swap(bytes);
  else
    bytes.clear();
}

}  // namespace

void TcpStreams::Add(const TcpSegment& segment, TcpStreamSink& sink) {
  Stream& stream = StreamOf(segment);
  const auto size_of = [](const Stream& s) {
    return s.partial.size() + s.held_bytes.size();
  };
  buffered_ -= size_of(stream);
  Take(stream, segment, sink);
  if (buffered_ + size_of(stream) > kMaxBufferedInAll)
    Fault(stream, MalformedReason::kStreamTooLong, sink);
  buffered_ += size_of(stream);
}

TcpStreams::Stream& TcpStreams::StreamOf(const TcpSegment& segment) {
  const uint64_t key = KeyOf(segment.cookie, segment.ingress);
  const uint32_t first = segment.seq + (segment.syn ? 1 : 0);
  Stream* known = streams_.Find(key);
  const bool repeated_syn = known != nullptr && segment.syn &&
                            known->state == State::kInOrder &&
                            known->start == first;
  if (known != nullptr && (!segment.syn || repeated_syn)) return *known;
  const auto forget = [this](Stream& old) {
    if (old.state == State::kInOrder || old.state == State::kSearching)
      ++stats_.evicted;
    buffered_ -= old.partial.size() + old.held_bytes.size();
    Stop(old, State::kEnded);
  };
  if (known != nullptr) forget(*known);
  Stream& stream = known != nullptr ? *known : streams_.Insert(key, forget);
  const bool searches = segment.midstream && !segment.syn;
  stream.state = searches ? State::kSearching : State::kInOrder;
  stream.start = stream.next = first;
  stream.has_fin = false;
  return stream;
}

void TcpStreams::Take(Stream& stream, const TcpSegment& segment,
                      TcpStreamSink& sink) {
  const uint32_t first = segment.seq + (segment.syn ? 1 : 0);
  const Bytes bytes = segment.payload;
  if (stream.state == State::kSearching) {
    if (!IsWholeMessages(bytes)) {
      ++stats_.unsynced;
      return;
    }
    stream.state = State::kInOrder;
    stream.start = stream.next = first;
  }
  if (stream.state != State::kInOrder) return;
  const int32_t ahead = Distance(stream.next, first);
  const auto size = static_cast<int32_t>(bytes.size());
  if (ahead > kMaxAhead || ahead < -kMaxAhead) {
    ++stats_.too_far;
    return;
  }
  if (segment.fin && ahead + size >= 0) {
    stream.has_fin = true;
    stream.fin_at = first + static_cast<uint32_t>(size);
  }
  if (ahead + size > 0) {
    if (ahead <= 0 && stream.held.empty())
      Deliver(stream, bytes.subspan(static_cast<size_t>(-ahead)), sink);
    else
      Hold(stream, first, bytes, sink);
  }
  EndAtFin(stream, sink);
}

void TcpStreams::Hold(Stream& stream, uint32_t seq, Bytes bytes,
                      TcpStreamSink& sink) {
  if (stream.held.size() == kMaxHeld ||
      stream.held_bytes.size() + bytes.size() > kMaxBuffered) {
    Fault(stream, MalformedReason::kStreamGap, sink);
    return;
  }
  stream.held.push_back({seq, static_cast<uint32_t>(bytes.size())});
  stream.held_bytes.insert(stream.held_bytes.end(), bytes.begin(), bytes.end());
  Drain(stream, sink);
}

// Delivers what has become contiguous.  A segment yields only the bytes that no
// segment that came before it has too.
void TcpStreams::Drain(Stream& stream, TcpStreamSink& sink) {
  size_t offset = 0;
  for (size_t i = 0; i < stream.held.size();) {
    const Held held = stream.held[i];
    const int32_t skip = Distance(held.seq, stream.next);
    if (skip < 0) {
      offset += held.size;
      ++i;
      continue;
    }
    auto size = static_cast<int32_t>(held.size);
    for (size_t earlier = 0; earlier < i; ++earlier)
      size = std::min(size, Distance(held.seq, stream.held[earlier].seq));
    if (skip < size) {
      const Bytes bytes(stream.held_bytes);
      Deliver(stream,
              bytes.subspan(offset + static_cast<size_t>(skip),
                            static_cast<size_t>(size - skip)),
              sink);
      if (stream.state != State::kInOrder) return;
    }
    if (Distance(held.seq, stream.next) >= static_cast<int32_t>(held.size)) {
      const auto begin =
          stream.held_bytes.begin() + static_cast<std::ptrdiff_t>(offset);
      stream.held_bytes.erase(begin, begin + held.size);
      stream.held.erase(stream.held.begin() + static_cast<std::ptrdiff_t>(i));
    }
    i = 0;
    offset = 0;
  }
}

// `bytes` stand at stream.next.
void TcpStreams::Deliver(Stream& stream, Bytes bytes, TcpStreamSink& sink) {
  stream.next += static_cast<uint32_t>(bytes.size());
  if (!FinishPartial(stream, bytes, sink)) return;
  while (bytes.size() >= kLengthSize) {
    const size_t length = LengthAt(bytes);
    if (length < kDnsHeaderSize)
      return Fault(stream, MalformedReason::kStreamLength, sink);
    if (bytes.size() < kLengthSize + length) break;
    if (!Accept(stream, bytes.subspan(kLengthSize, length), sink)) return;
    bytes = bytes.subspan(kLengthSize + length);
  }
  stream.partial.insert(stream.partial.end(), bytes.begin(), bytes.end());
}

// Completes the message that began in an earlier segment.  False: `bytes` did
// not suffice, or the stream was given up.
bool TcpStreams::FinishPartial(Stream& stream, Bytes& bytes,
                               TcpStreamSink& sink) {
  auto& partial = stream.partial;
  while (!partial.empty()) {
    const bool has_length = partial.size() >= kLengthSize;
    const size_t length = has_length ? LengthAt(partial) : 0;
    if (has_length && length < kDnsHeaderSize) {
      Fault(stream, MalformedReason::kStreamLength, sink);
      return false;
    }
    const size_t missing = kLengthSize + length - partial.size();
    if (missing == 0) {
      const bool go_on =
          Accept(stream, Bytes(partial).subspan(kLengthSize), sink);
      partial.clear();
      return go_on;
    }
    const Bytes part = bytes.first(std::min(missing, bytes.size()));
    if (part.empty()) return false;
    partial.insert(partial.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
  }
  return true;
}

bool TcpStreams::Accept(Stream& stream, Bytes message, TcpStreamSink& sink) {
  if (sink.OnStreamMessage(message)) return true;
  Stop(stream, State::kGivenUp);
  return false;
}

void TcpStreams::EndAtFin(Stream& stream, TcpStreamSink& sink) {
  if (stream.state != State::kInOrder || !stream.has_fin) return;
  if (Distance(stream.next, stream.fin_at) > 0) return;  // still a hole
  if (!stream.partial.empty())
    return Fault(stream, MalformedReason::kStreamGap, sink);
  Stop(stream, State::kEnded);
}

void TcpStreams::Fault(Stream& stream, MalformedReason reason,
                       TcpStreamSink& sink) {
  const size_t size = stream.partial.size() + stream.held_bytes.size();
  Stop(stream, State::kGivenUp);
  sink.OnStreamFault(reason, size);
}

void TcpStreams::Stop(Stream& stream, State state) {
  if (state == State::kEnded && stream.state == State::kInOrder &&
      !(stream.partial.empty() && stream.held.empty()))
    ++stats_.cut;
  stream.state = state;
  Empty(stream.partial);
  Empty(stream.held_bytes);
  stream.held.clear();
}

void TcpStreams::Close(uint64_t cookie) {
  for (const bool ingress : {false, true}) {
    Stream* stream = streams_.Find(KeyOf(cookie, ingress));
    if (stream == nullptr) continue;
    buffered_ -= stream->partial.size() + stream->held_bytes.size();
    Stop(*stream, State::kEnded);
  }
}

}  // namespace nameward
