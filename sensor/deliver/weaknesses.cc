// SPDX-License-Identifier: Apache-2.0
#include "deliver/weaknesses.h"

#include <string>

namespace nameward {
namespace {

std::string WhatIsInClear(const std::string& mechanism) {
  if (mechanism == "PLAIN") return "SASL PLAIN sends the password in clear";
  if (mechanism == "OAUTHBEARER") return "the token is sent in clear";
  return "who listens can try passwords against what SASL sends";
}

}  // namespace

std::vector<Error> WeaknessesOf(const KafkaOptions& options) {
  if (options.tls || options.sasl_mechanism.empty()) return {};
  return {Error{"kafka.tls",
                "not set, so " + WhatIsInClear(options.sasl_mechanism),
                "set kafka.tls and use the brokers' SASL_SSL listener"}};
}

// A server on the node itself (a sidecar) has no way to it.
std::vector<Error> WeaknessesOf(const WebhookOptions& options) {
  const auto target = TargetOf(options);
  if (!target || target->tls || target->host == "localhost" ||
      target->host == "::1" || target->host.starts_with("127."))
    return {};
  return {Error{"webhook.url",
                "http://: who is on the way reads alerts and takes them away",
                "https://"}};
}

}  // namespace nameward
