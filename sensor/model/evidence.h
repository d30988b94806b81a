// SPDX-License-Identifier: Apache-2.0
// What correlation knew about the destination of a connect at the moment it was
// made, and the state that follows from it (docs/states.md).  Evidence is
// gathered in kernel order without any name of a pod; the state is drawn from
// it later, by a pure function (correlate/judge.h), when what can be known of
// the pod is known.
#ifndef NAMEWARD_MODEL_EVIDENCE_H_
#define NAMEWARD_MODEL_EVIDENCE_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "model/address.h"
#include "model/domain_name.h"

namespace nameward {

// In the order of docs/states.md: the first that holds wins.
enum class ConnectState : uint8_t {
  kInternal,
  kService,
  kResolver,
  kBound,
  kStale,
  kOtherContainer,
  kHostsFile,
  kEnvLiteral,
  kPrivate,
  kUntrustedResolver,
  kOtherPod,
  kEncrypted,
  kWarmup,
  kNone,
};
std::string_view ToString(ConnectState state);  // "internal" … "none"

// An answer that gave the address.
struct Binding {
  std::vector<DomainName>
      names;  // question first, then its chain; deduplicated
  Nanoseconds age{0};
  uint32_t ttl_s = 0;
  Endpoint resolver;
  bool trusted = false;
};

struct Evidence {
  // What is judged: the addressed endpoint or, where the packet left for one
  // outside the cluster, that one (docs/states.md); set by correlate.
  Endpoint judged;
  bool to_resolver = false;  // `judged` is a trusted resolver, at its port
  // A trusted resolver was addressed, but the packet left for elsewhere.
  bool resolver_wire_elsewhere = false;
  std::optional<Binding> own;   // this container got it, trusted
  std::optional<Binding> mate;  // another container of its pod did, trusted
  std::optional<Binding> untrusted;  // this one did, but from another server
  // Cgroups outside the pod that got it from a trusted resolver, newest first;
  // drawn only where the pod itself did not get it.
  static constexpr size_t kMostHolders = 16;
  std::vector<uint64_t> holders;
  bool seen_elsewhere = false;  // somebody outside the pod got it, of anyone
  bool encrypted_listed =
      false;               // spoke DoT, DoQ or DoH with a listed resolver
  bool encrypted = false;  // … with any
  bool warmup = false;     // the history can't say
  bool history_complete = true;
  // What the container asked for last, newest first; not of the cluster's own
  // zones.
  std::vector<DomainName> last_asked;
};

struct ConnectVerdict {
  ConnectState state = ConnectState::kNone;
  // Of the binding that decided; empty or zero where none did.
  std::vector<DomainName> names;
  std::optional<Nanoseconds> age;
  std::optional<uint32_t> ttl_s;
  std::optional<Endpoint> resolver;
  bool encrypted = false;
  bool history_complete = true;
  bool seen_elsewhere = false;
  std::vector<DomainName> last_asked;  // of kNone and kUntrustedResolver
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_EVIDENCE_H_
