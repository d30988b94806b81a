// SPDX-License-Identifier: Apache-2.0
#include "model/event.h"

#include <array>
#include <cstring>

namespace nameward {

std::string_view ToString(ConnectState state) {
  static constexpr std::array<std::string_view, 14> kNames = {
      "internal",   "service",
      "resolver",   "bound",
      "stale",      "other_container",
      "hosts_file", "env_literal",
      "private",    "untrusted_resolver",
      "other_pod",  "encrypted",
      "warmup",     "none"};
  return kNames[static_cast<size_t>(state)];
}

std::string_view ToString(Transport transport) {
  return transport == Transport::kUdp ? "udp" : "tcp";
}

std::string_view ToString(TransportKind kind) {
  static constexpr std::array<std::string_view, 4> kNames = {
      "dns_other_port", "dot", "doq", "doh"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view ToString(MalformedReason reason) {
  static constexpr std::array<std::string_view,
                              static_cast<size_t>(MalformedReason::kCount)>
      kNames = {"short_header",   "bad_name",          "pointer",
                "name_too_long",  "bad_count",         "bad_rdata",
                "trailing_bytes", "no_question",       "too_many_records",
                "stream_gap",     "stream_too_long",   "stream_length",
                "chunk_missing",  "capture_truncated", "bad_opt",
                "short_record",   "unknown_record"};
  return kNames[static_cast<size_t>(reason)];
}

std::string_view Process::Comm() const {
  return {comm, strnlen(comm, sizeof comm)};
}

std::string_view Event::Kind() const {
  static constexpr std::array<std::string_view, 6> kNames = {
      "dns", "connect", "flow", "transport", "malformed", "loss"};
  return kNames[body.index()];
}

}  // namespace nameward
