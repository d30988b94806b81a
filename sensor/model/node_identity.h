// SPDX-License-Identifier: Apache-2.0
// Who speaks: what every alert and every telemetry record says of its sensor.
#ifndef NAMEWARD_MODEL_NODE_IDENTITY_H_
#define NAMEWARD_MODEL_NODE_IDENTITY_H_

#include <string>

namespace nameward {

// Empty: not known.
struct NodeIdentity {
  std::string name;
  std::string cluster;     // cluster.name: tells nodes of one name apart
  std::string machine_id;  // machine-id(5) of the host, 32 hex digits
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_NODE_IDENTITY_H_
