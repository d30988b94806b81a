// SPDX-License-Identifier: Apache-2.0
// The OCSF 1.5.0 objects that findings and telemetry share: who, to whom, and
// about which name.  Each writes its key and its object, or nothing where the
// event does not know it.  Pure functions; any thread.
#ifndef NAMEWARD_ALERT_OCSF_OBJECTS_H_
#define NAMEWARD_ALERT_OCSF_OBJECTS_H_

#include <cstddef>
#include <string_view>

#include "alert/json_writer.h"
#include "base/clock.h"
#include "model/event.h"
#include "model/node_identity.h"

namespace nameward {

inline constexpr std::string_view kOcsfVersion = "1.5.0";

// `cap` bounds each string that has no bound of its own (facts.h).
struct OcsfObjects {
  const Event& event;
  ClockOffset clock;
  size_t cap;
  JsonWriter& json;

  void Product() const;
  // In metadata: tenant_uid.
  void Tenant(const NodeIdentity& node) const;
  void Device(const NodeIdentity& node) const;
  // Of a DNS message: hostname, type, class, opcode_id.
  void Query(const DnsMessage& message) const;
  // src_endpoint, dst_endpoint and connection_info.
  void Endpoints() const;
  void Process() const;
  // With its image only where its id is known, which OCSF requires.
  void Container() const;
};

}  // namespace nameward

#endif  // NAMEWARD_ALERT_OCSF_OBJECTS_H_
