// SPDX-License-Identifier: Apache-2.0
#include "deliver/kafka_options.h"

#include <array>
#include <string_view>

namespace nameward {
namespace {

std::string Join(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words)
    text.append(text.empty() ? "" : ",").append(word);
  return text;
}

// A secret stands in a file, so that it is in no configuration, no command line
// and no log.
constexpr std::array<std::string_view, 5> kSecret = {
    "password", "secret", ".pem", "oauthbearer.config", "jaas"};
// What the sensor's promises rest on, by librdkafka's names and aliases
// (CONFIGURATION.md of 2.8), and why no property changes it.
struct Fixed {
  std::string_view name;
  std::string_view why;
};
constexpr char kNoLoss[] = "no alert may be lost or overtaken";
constexpr char kBrokers[] = "name them in kafka.brokers";
constexpr char kTls[] = "kafka.tls decides, and always checks who answers";
constexpr char kSasl[] = "kafka.sasl_mechanism decides";
constexpr char kNoCode[] = "it would run another's code";
constexpr Fixed kFixed[] = {
    {"acks", kNoLoss},
    {"request.required.acks", kNoLoss},
    {"enable.idempotence", kNoLoss},
    {"enable.gapless.guarantee", kNoLoss},
    {"transactional.id", kNoLoss},
    {"message.timeout.ms", kNoLoss},
    {"delivery.timeout.ms", kNoLoss},
    {"partitioner", kNoLoss},
    {"queuing.strategy", kNoLoss},
    {"bootstrap.servers", kBrokers},
    {"metadata.broker.list", kBrokers},
    {"security.protocol", kTls},
    {"enable.ssl.certificate.verification", kTls},
    {"ssl.endpoint.identification.algorithm", kTls},
    {"sasl.mechanism", kSasl},
    {"sasl.mechanisms", kSasl},
    {"sasl.kerberos.kinit.cmd", kNoCode},
    {"plugin.library.paths", kNoCode},
    {"ssl.engine.location", kNoCode},
};

Status AddProperty(const std::string& text, KafkaProperties& properties) {
  const size_t equals = text.find('=');
  const std::string name = text.substr(0, equals);
  if (equals == std::string::npos || equals == 0)
    return Error{"kafka.properties", "\"" + name + "\" is no name=value"};
  for (const std::string_view word : kSecret)
    if (name.find(word) != std::string::npos)
      return Error{"kafka.properties", name + " would carry a secret",
                   "name a file, as kafka.sasl_password_file"};
  for (const Fixed& fixed : kFixed)
    if (name == fixed.name)
      return Error{"kafka.properties", name + " can't be changed",
                   std::string(fixed.why)};
  properties.emplace_back(name, text.substr(equals + 1));
  return Ok();
}

std::string Protocol(const KafkaOptions& options) {
  const bool sasl = !options.sasl_mechanism.empty();
  if (options.tls) return sasl ? "sasl_ssl" : "ssl";
  return sasl ? "sasl_plaintext" : "plaintext";
}

void AddSecurity(const KafkaOptions& options, KafkaProperties& properties) {
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) properties.emplace_back(name, value);
  };
  add("security.protocol", Protocol(options));
  add("sasl.mechanisms", options.sasl_mechanism);
  add("sasl.username", options.sasl_username);
  if (!options.tls) return;
  add("ssl.ca.location", options.ca_file);
  add("ssl.certificate.location", options.cert_file);
  add("ssl.key.location", options.key_file);
  // Suites that no older version has: OpenSSL 3.0 takes TLS 1.0 where the
  // broker's certificate signs nothing (RSA key exchange), and librdkafka
  // has no property for a least version.  TLS 1.3's are always there.
  add("ssl.cipher.suites", "TLSv1.2:!aNULL:!eNULL");
  // The library's defaults, named so that no other default can come.
  add("enable.ssl.certificate.verification", "true");
  add("ssl.endpoint.identification.algorithm", "https");
}

}  // namespace

Result<KafkaProperties> PropertiesOf(const KafkaOptions& options) {
  KafkaProperties properties = {
      {"bootstrap.servers", Join(options.brokers)},
      {"client.id", options.client_id},
      // One session never duplicates or reorders; it forces acks=all.
      {"enable.idempotence", "true"},
      {"acks", "all"},
      // Java's, so that consumers that join by key find theirs.
      {"partitioner", "murmur2_random"},
      {"compression.type", "zstd"},
      // 20 ms gave a median of 14 ms from connect to ack, 5 gave 8, 2 gives 6;
      // a backlog fills batches without it.
      {"linger.ms", "2"},
      // The spool is the queue; this only has to hide a round trip.
      {"queue.buffering.max.kbytes", "4096"},
      {"queue.buffering.max.messages", "10000"},
      {"batch.size", "262144"},
      // Never gives up an alert: a timeout would let a later one overtake it.
      {"message.timeout.ms", "0"},
      {"topic.metadata.propagation.max.ms", "3000"},
      {"topic.metadata.refresh.interval.ms", "30000"},
      {"reconnect.backoff.ms", "100"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.keepalive.enable", "true"},
  };
  AddSecurity(options, properties);
  for (const std::string& text : options.properties)
    NW_RETURN_IF_ERROR(AddProperty(text, properties));
  return properties;
}

std::vector<std::string> SecretFiles(const KafkaOptions& options) {
  std::vector<std::string> files;
  for (const std::string* file :
       {&options.ca_file, &options.cert_file, &options.key_file,
        &options.sasl_password_file, &options.sasl_token_file})
    if (!file->empty()) files.push_back(*file);
  return files;
}

}  // namespace nameward
