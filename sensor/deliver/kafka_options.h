// SPDX-License-Identifier: Apache-2.0
// What the Kafka sink is told, as librdkafka's properties.  Pure; any thread.
#ifndef NAMEWARD_DELIVER_KAFKA_OPTIONS_H_
#define NAMEWARD_DELIVER_KAFKA_OPTIONS_H_

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace nameward {

struct KafkaOptions {
  std::vector<std::string> brokers;  // host:port
  std::vector<std::string> ports;    // others that the brokers advertise
  std::string topic = "nameward.alerts";
  std::string dry_run_topic = "nameward.dry-runs";
  std::string client_id = "nameward";
  std::string source;       // ce_source, a path: who speaks
  std::string data_schema;  // ce_dataschema
  bool tls = false;
  std::string ca_file;    // empty: the system's
  std::string cert_file;  // ours, for mutual TLS
  std::string key_file;
  std::string sasl_mechanism;  // PLAIN, SCRAM-SHA-256, …; empty: none
  std::string sasl_username;
  std::string sasl_password_file;
  std::string sasl_token_file;          // for OAUTHBEARER
  std::vector<std::string> properties;  // further ones, "name=value"; these win
};

using KafkaProperties = std::vector<std::pair<std::string, std::string>>;

// Of everything but the secrets themselves.  A property that would carry a
// secret, or take away what delivery rests on, is an error.
Result<KafkaProperties> PropertiesOf(const KafkaOptions& options);

// The files whose change means a new connection.
std::vector<std::string> SecretFiles(const KafkaOptions& options);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_KAFKA_OPTIONS_H_
