// SPDX-License-Identifier: Apache-2.0
// TCP segments of a capture, as records: each SYN a connect, and the bytes of
// the directions that speak DNS, for decode to reassemble.
//
// A direction speaks DNS if the server's port is 53, or if its first
// kStreamHead bytes look like it, however they are cut into segments; until
// they are there its segments are held.  A retransmitted or twice captured SYN
// (same sequence number) is one connect.  Who is the client: who sent the SYN;
// of a connection begun before the capture the port 53 says it, or a segment
// that looks like the beginning of a message.
//
// Bounded: kMaxConnections, kMaxHeld bytes of a direction and kMaxHeldInAll (a
// direction that needs more is let go and counted).  One thread.
#ifndef NAMEWARD_SOURCE_TCP_CAPTURE_H_
#define NAMEWARD_SOURCE_TCP_CAPTURE_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "source/flow_table.h"
#include "source/ip_packet.h"
#include "source/kernel_records.h"
#include "source/stream_head.h"
#include "source/tcp_segment.h"

namespace nameward {

struct TcpCaptureStats {
  uint64_t segments = 0;
  uint64_t connects = 0;  // NW_CONNECT records
  uint64_t repeated_syns = 0;
  uint64_t dns_segments = 0;  // with bytes of a stream that speaks DNS
  uint64_t dns_streams = 0;   // connections found to speak DNS
  uint64_t undecided = 0;     // streams let go before their first bytes came
  uint64_t older = 0;    // segments of connections begun before the capture
  uint64_t damaged = 0;  // a header cut off or of impossible length
};

class TcpCapture {
 public:
  static constexpr size_t kMaxConnections = 65536;
  // A head comes in at most 19 segments, unless the first of them is lost and a
  // window of others overtakes it.
  static constexpr size_t kMaxHeld = 16 * 1024;
  static constexpr size_t kMaxHeldInAll = 16 * 1024 * 1024;

  TcpCapture(KernelRecords& records, bool emit_flows)
      : records_(records),
        emit_flows_(emit_flows),
        connections_(kMaxConnections) {}

  void OnPacket(const IpPacket& packet);

  const TcpCaptureStats& stats() const { return stats_; }
  uint64_t evicted() const { return connections_.evicted(); }

 private:
  enum class Speaks : uint8_t { kUnknown, kDns, kOther };
  // Part of a direction.
  struct Piece {
    uint32_t begin;  // sequence number
    bool fin;        // the direction ends behind it
    Bytes bytes;
  };
  struct Held {
    uint32_t begin;
    bool fin;
    std::vector<uint8_t> bytes;
  };
  // One direction.
  struct Side {
    std::optional<uint32_t> begin;  // sequence number of its first byte
    bool saw_syn = false;           // else `begin` is where the capture began
    bool told_begin = false;        // the record with the SYN is out
    bool ended = false;             // FIN
    Speaks speaks = Speaks::kUnknown;
    StreamHead head;
    std::vector<Held> held;
    size_t held_bytes = 0;
    uint32_t last_acknowledged = 0;  // by the other side; a sequence number
    uint64_t acknowledged = 0;       // bytes
  };
  struct Connection {
    Conversation who;
    Side from_client;
    Side from_server;
    bool established = false;
    bool over = false;
  };

  Connection* FindOrMake(const CapturedSegment& segment);
  Connection* Make(const Endpoint& client, const Endpoint& server);
  Connection* Connect(const CapturedSegment& segment);
  Connection* Join(const CapturedSegment& segment);
  void OnPayload(Connection& connection, bool ingress,
                 const CapturedSegment& segment);
  void Hold(Side& side, const CapturedSegment& segment);
  void LetGo(Side& side);
  void Release(Connection& connection, bool ingress);
  void Ship(Connection& connection, bool ingress, const Piece& piece);
  void FollowState(Connection& connection, bool ingress,
                   const CapturedSegment& segment);

  KernelRecords& records_;
  const bool emit_flows_;
  FlowTable<Connection> connections_;
  uint64_t last_cookie_ = 0;
  size_t held_in_all_ = 0;
  TcpCaptureStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_TCP_CAPTURE_H_
