// SPDX-License-Identifier: Apache-2.0
// DNS over TCP (RFC 1035 4.2.2, RFC 7766): segments as the kernel saw them
// become whole messages, per socket and direction.
//
// Guarantees: bytes count once, in order of their sequence numbers modulo 2^32;
// of two copies the first that came wins, as in the kernel; however a stream is
// cut into segments, the same messages come out.  A message that lies whole in
// a segment is handed over where it is, without a copy.  After a fault the
// stream is given up until its next SYN: what follows a gap is not guessed at.
//
// Bounds: see the constants; what is over them is a fault or an eviction, both
// counted.  No allocation in the steady state.  One thread.
#ifndef NAMEWARD_DECODE_TCP_STREAM_H_
#define NAMEWARD_DECODE_TCP_STREAM_H_

#include <cstdint>
#include <vector>

#include "base/byte_reader.h"
#include "decode/recent_table.h"
#include "model/event.h"

namespace nameward {

struct TcpSegment {
  uint64_t cookie = 0;
  bool ingress = false;
  uint32_t seq = 0;  // of the first byte, or of the SYN
  bool syn = false;
  bool fin = false;
  bool midstream = false;  // the stream's beginning was not seen
  Bytes payload;
};

class TcpStreamSink {
 public:
  virtual ~TcpStreamSink() = default;
  // A message without its length; valid during the call.  False: the stream
  // isn't DNS after all, give it up.
  virtual bool OnStreamMessage(Bytes message) = 0;
  virtual void OnStreamFault(MalformedReason reason, size_t buffered) = 0;
};

struct TcpStreamStats {
  uint64_t evicted = 0;   // streams that were still in use
  uint64_t unsynced = 0;  // segments of streams whose beginning is not known
  uint64_t too_far = 0;   // segments outside any window
  uint64_t cut = 0;       // closed or evicted inside a message
};

class TcpStreams {
 public:
  // A node's concurrent DNS connections, two streams each.
  static constexpr size_t kMaxStreams = 2048;
  // One message with its length.
  static constexpr size_t kMaxBuffered = 65535 + 2;
  // Segments that wait for an earlier one: 64 of 1 KiB are a whole message.
  static constexpr size_t kMaxHeld = 64;
  // Of all streams together: 128 of the longest messages at once.
  static constexpr size_t kMaxBufferedInAll = 8 * 1024 * 1024;
  // Linux' default tcp_rmem maximum, 6 MiB, rounded up: no peer sends further
  // ahead.
  static constexpr int32_t kMaxAhead = 8 * 1024 * 1024;

  void Add(const TcpSegment& segment, TcpStreamSink& sink);
  // The socket is gone, by FIN or RST.
  void Close(uint64_t cookie);

  const TcpStreamStats& stats() const { return stats_; }
  size_t buffered() const { return buffered_; }

 private:
  enum class State : uint8_t { kSearching, kInOrder, kGivenUp, kEnded };
  struct Held {
    uint32_t seq;
    uint32_t size;
  };
  struct Stream {
    State state = State::kEnded;
    bool has_fin = false;
    uint32_t start = 0;  // sequence number of the first byte
    uint32_t next = 0;   // … of the byte that comes next
    uint32_t fin_at = 0;
    std::vector<uint8_t> partial;     // a message's beginning, with its length
    std::vector<Held> held;           // in order of arrival
    std::vector<uint8_t> held_bytes;  // of all held, back to back
  };

  static uint64_t KeyOf(uint64_t cookie, bool ingress) {
    return cookie * 2 + (ingress ? 1 : 0);
  }
  Stream& StreamOf(const TcpSegment& segment);
  void Take(Stream& stream, const TcpSegment& segment, TcpStreamSink& sink);
  void Hold(Stream& stream, uint32_t seq, Bytes bytes, TcpStreamSink& sink);
  void Drain(Stream& stream, TcpStreamSink& sink);
  void Deliver(Stream& stream, Bytes bytes, TcpStreamSink& sink);
  bool FinishPartial(Stream& stream, Bytes& bytes, TcpStreamSink& sink);
  bool Accept(Stream& stream, Bytes message, TcpStreamSink& sink);
  void EndAtFin(Stream& stream, TcpStreamSink& sink);
  void Fault(Stream& stream, MalformedReason reason, TcpStreamSink& sink);
  void Stop(Stream& stream, State state);

  RecentTable<Stream> streams_{kMaxStreams};
  size_t buffered_ = 0;
  TcpStreamStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_TCP_STREAM_H_
