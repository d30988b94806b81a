// SPDX-License-Identifier: Apache-2.0
// The keys that say where alerts go: kafka.*, webhook.*, telemetry.*.
#include <cctype>

#include "app/setting_key.h"
#include "deliver/kafka_options.h"
#include "deliver/webhook_options.h"

namespace nameward::setting {
namespace {

// host:port; a name, an IPv4 or a bracketed IPv6 address.
bool AreBrokers(const Words& brokers) {
  return std::all_of(brokers.begin(), brokers.end(), [](const auto& broker) {
    const size_t colon = broker.rfind(':');
    return colon != std::string::npos && colon > 0 &&
           Endpoint::Parse("0.0.0.0" + broker.substr(colon));
  });
}

bool ArePorts(const Words& ports) {
  return std::all_of(ports.begin(), ports.end(), [](const auto& port) {
    return Endpoint::Parse("0.0.0.0:" + port).has_value();
  });
}

Status CheckProperties(const Words& properties) {
  KafkaOptions options;
  options.properties = properties;
  const auto all = PropertiesOf(options);
  return all ? Ok() : Status(all.error());
}

// Kafka's own rule, org.apache.kafka.common.internals.Topic.
bool IsTopic(const std::string& name) {
  return !name.empty() && name.size() <= 249 && name != "." && name != ".." &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) {
           return std::isalnum(c) || c == '.' || c == '_' || c == '-';
         });
}

bool IsMechanism(const std::string& name) {
  return name.empty() || name == "PLAIN" || name == "SCRAM-SHA-256" ||
         name == "SCRAM-SHA-512" || name == "OAUTHBEARER";
}

std::vector<Key> KafkaKeys() {
  using K = KafkaOptions;
  constexpr char kPath[] = "a path";
  constexpr char kTopic[] = "a topic: up to 249 letters, digits, . _ -";
  return {
      Field<K, Words>("kafka.brokers", "HOST:PORT, one or more", &K::brokers,
                      AreBrokers),
      Field<K, Words>("kafka.ports", "ports that the brokers advertise besides",
                      &K::ports, ArePorts),
      Field<K, std::string>("kafka.topic", kTopic, &K::topic, IsTopic),
      Field<K, std::string>("kafka.dry_run_topic", kTopic, &K::dry_run_topic,
                            IsTopic),
      Field("kafka.client_id", "a name", &K::client_id),
      Field("kafka.tls", "true or false", &K::tls),
      Field("kafka.ca_file", kPath, &K::ca_file),
      Field("kafka.cert_file", kPath, &K::cert_file),
      Field("kafka.key_file", kPath, &K::key_file),
      Field<K, std::string>(
          "kafka.sasl_mechanism",
          "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER",
          &K::sasl_mechanism, IsMechanism),
      Field("kafka.sasl_username", "a name", &K::sasl_username),
      Field("kafka.sasl_password_file", kPath, &K::sasl_password_file),
      Field("kafka.sasl_token_file", kPath, &K::sasl_token_file),
      Checked<K, Words>("kafka.properties", "NAME=VALUE of librdkafka",
                        &K::properties, CheckProperties),
  };
}

bool IsTopicOrNone(const std::string& name) {
  return name.empty() || IsTopic(name);
}

Status CheckWebhook(const std::string& url) {
  if (url.empty()) return Ok();
  WebhookOptions options;
  options.url = url;
  const auto target = TargetOf(options);
  return target ? Ok() : Status(target.error());
}

std::vector<Key> FurtherKeys() {
  using W = WebhookOptions;
  using T = TelemetryTopics;
  constexpr char kPath[] = "a path";
  constexpr char kTopic[] = "a topic, or nothing";
  return {
      Checked<W, std::string>("webhook.url",
                              "https://HOST/PATH, or http:// without a secret",
                              &W::url, CheckWebhook),
      Field("webhook.token_file", kPath, &W::token_file),
      Field("webhook.ca_file", kPath, &W::ca_file),
      Field("webhook.cert_file", kPath, &W::cert_file),
      Field("webhook.key_file", kPath, &W::key_file),
      Duration("webhook.timeout", &W::timeout),
      Field<T, std::string>("telemetry.dns_topic", kTopic, &T::dns,
                            IsTopicOrNone),
      Field<T, std::string>("telemetry.connect_topic", kTopic, &T::connect,
                            IsTopicOrNone),
  };
}

}  // namespace

std::vector<Key> DeliveryKeys() {
  std::vector<Key> keys = KafkaKeys();
  for (Key& key : FurtherKeys()) keys.push_back(std::move(key));
  return keys;
}

}  // namespace nameward::setting
