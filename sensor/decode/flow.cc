// SPDX-License-Identifier: Apache-2.0
#include "decode/flow.h"

#include <utility>

namespace nameward {

Endpoint ToEndpoint(const nw_endpoint& raw) {
  return {IpAddress(raw.addr), raw.port};
}

bool Flows::Fill(const nw_flow& raw, FlowEvent& flow) {
  const BootTime time = BootTimeFromNanoseconds(raw.h.time);
  flow = FlowEvent{};
  flow.protocol = static_cast<uint8_t>(raw.proto);
  flow.source = ToEndpoint(raw.local);
  flow.destination = ToEndpoint(raw.remote);
  flow.error = static_cast<int>(raw.error);
  switch (raw.what) {
    case NW_FLOW_ESTABLISHED:
      flow.what = FlowWhat::kConnect;
      Remember(raw.h.cookie, {time, false});
      return true;
    case NW_FLOW_FAILED:
      flow.what = FlowWhat::kFailed;
      return true;
    case NW_FLOW_ACCEPTED:
      flow.what = FlowWhat::kAccept;
      std::swap(flow.source, flow.destination);
      Remember(raw.h.cookie, {time, true});
      return true;
    case NW_FLOW_CLOSED:
      Close(raw, flow);
      return true;
    default:
      return false;
  }
}

void Flows::Remember(uint64_t cookie, Begun begun) {
  if (cookie == 0) return;
  Begun* known = begun_.Find(cookie);
  if (known == nullptr)
    known = &begun_.Insert(cookie, [this](Begun&) { ++evicted_; });
  *known = begun;
}

void Flows::Close(const nw_flow& raw, FlowEvent& flow) {
  flow.what = FlowWhat::kClose;
  flow.sent = raw.sent;
  flow.received = raw.received;
  const Begun* begun = begun_.Find(raw.h.cookie);
  if (begun == nullptr) return;
  flow.duration = BootTimeFromNanoseconds(raw.h.time) - begun->time;
  if (begun->accepted) std::swap(flow.source, flow.destination);
  begun_.Erase(raw.h.cookie);
}

}  // namespace nameward
