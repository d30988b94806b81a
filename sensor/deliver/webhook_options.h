// SPDX-License-Identifier: Apache-2.0
// What the webhook sink is told.  Pure; any thread.
#ifndef NAMEWARD_DELIVER_WEBHOOK_OPTIONS_H_
#define NAMEWARD_DELIVER_WEBHOOK_OPTIONS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace nameward {

struct WebhookOptions {
  std::string url;         // https://host[:port]/path
  std::string token_file;  // sent as a bearer token
  std::string ca_file;     // empty: the system's
  std::string cert_file;   // ours, for mutual TLS
  std::string key_file;
  Nanoseconds timeout = 5s;  // of a whole request, from connecting to its end
  std::string source;        // ce-source, a path: who speaks
  std::string data_schema;   // ce-dataschema
};

struct WebhookTarget {
  bool tls = true;
  std::string host;  // an IPv6 address without its brackets
  uint16_t port = 0;
  std::string path;  // and query
};

// The parts of the url; an error if options contradict each other.
Result<WebhookTarget> TargetOf(const WebhookOptions& options);

// The files whose change means a new connection.
std::vector<std::string> TlsFiles(const WebhookOptions& options);

// A header's value: what is no printable ASCII, the space, the quote and the
// percent sign as %XX (CloudEvents 1.0, HTTP protocol binding, 3.1.3.2).
std::string PercentEncoded(std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_WEBHOOK_OPTIONS_H_
