// SPDX-License-Identifier: Apache-2.0
// What became of a TCP connection: established, accepted, failed, closed, with
// the time between, joined by socket cookie.
//
// Bounded by kMaxFlows; a forgotten one closes without a duration, counted.  No
// allocation.  One thread.
#ifndef NAMEWARD_DECODE_FLOW_H_
#define NAMEWARD_DECODE_FLOW_H_

#include "bpf/event.h"
#include "decode/recent_table.h"
#include "model/event.h"

namespace nameward {

Endpoint ToEndpoint(const nw_endpoint& raw);

class Flows {
 public:
  // Open connections of a node: tens of thousands would be many; 24 bytes each.
  static constexpr size_t kMaxFlows = 16384;

  // False: a kind of change that this version does not know.
  bool Fill(const nw_flow& raw, FlowEvent& flow);
  uint64_t evicted() const { return evicted_; }

 private:
  struct Begun {
    BootTime time;
    bool accepted = false;
  };

  void Remember(uint64_t cookie, Begun begun);
  void Close(const nw_flow& raw, FlowEvent& flow);

  RecentTable<Begun> begun_{kMaxFlows};
  uint64_t evicted_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DECODE_FLOW_H_
