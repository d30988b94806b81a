// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <functional>
#include <optional>

namespace nameward {
namespace {

using Words = std::vector<std::string>;

// How one key is read and shown; `expects` completes "expected …".
struct Key {
  std::string_view name;
  std::string expects;
  bool is_list;
  std::function<bool(Settings&, const Words&)> read;
  std::function<Words(const Settings&)> show;
};

// What each type of value reads, and shows so that it reads back.
bool Read(const Words& words, std::string& out) {
  out = words[0];
  return true;
}
Words Show(const std::string& value) { return {value}; }

bool Read(const Words& words, bool& out) {
  out = words[0] == "true";
  return out || words[0] == "false";
}
Words Show(bool value) { return {value ? "true" : "false"}; }

bool Read(const Words& words, uint32_t& out) {
  const std::string& text = words[0];
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end;
}
Words Show(uint32_t value) { return {std::to_string(value)}; }

// 90s, 10m, 2h, 500ms.
bool Read(const Words& words, Nanoseconds& out) {
  const std::string& text = words[0];
  uint32_t number = 0;
  const auto [unit, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  const std::string_view suffix(unit, text.data() + text.size());
  if (suffix == "ms") return out = number * 1ms, true;
  if (suffix == "s") return out = number * 1s, true;
  if (suffix == "m") return out = number * 1min, true;
  if (suffix == "h") return out = number * 1h, true;
  return false;
}
Words Show(Nanoseconds value) {
  if (value % 1h == 0s) return {std::to_string(value / 1h) + "h"};
  if (value % 1min == 0s) return {std::to_string(value / 1min) + "m"};
  if (value % 1s == 0s) return {std::to_string(value / 1s) + "s"};
  return {std::to_string(value / 1ms) + "ms"};
}

bool Read(const Words& words, Words& out) { return out = words, true; }
Words Show(const Words& value) { return value; }

template <typename T>
bool Read(const Words& words, std::vector<T>& out) {
  std::vector<T> read;
  for (const std::string& word : words) {
    const std::optional<T> value = T::Parse(word);
    if (!value) return false;
    read.push_back(*value);
  }
  out = std::move(read);
  return true;
}
template <typename T>
Words Show(const std::vector<T>& values) {
  Words words;
  for (const T& value : values) words.push_back(value.ToString());
  return words;
}

template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<std::vector<T>> = true;

KafkaOptions& Group(Settings& s, const KafkaOptions*) { return s.kafka; }
const KafkaOptions& Group(const Settings& s, const KafkaOptions*) {
  return s.kafka;
}
WebhookOptions& Group(Settings& s, const WebhookOptions*) { return s.webhook; }
const WebhookOptions& Group(const Settings& s, const WebhookOptions*) {
  return s.webhook;
}
TelemetryTopics& Group(Settings& s, const TelemetryTopics*) {
  return s.telemetry;
}
const TelemetryTopics& Group(const Settings& s, const TelemetryTopics*) {
  return s.telemetry;
}
KubeletSettings& Group(Settings& s, const KubeletSettings*) {
  return s.kubelet;
}
Settings& Group(Settings& s, const Settings*) { return s; }
const KubeletSettings& Group(const Settings& s, const KubeletSettings*) {
  return s.kubelet;
}
const Settings& Group(const Settings& s, const Settings*) { return s; }

// A key that is one field, and takes what `valid` says.
template <typename G, typename T>
Key Field(
    std::string_view name, std::string expects, T G::*field,
    std::function<bool(const T&)> valid = [](const T&) { return true; }) {
  constexpr const G* kGroup = nullptr;
  return {name, std::move(expects), kIsList<T>,
          [=](Settings& settings, const Words& words) {
            T value{};
            if (!Read(words, value) || !valid(value)) return false;
            Group(settings, kGroup).*field = std::move(value);
            return true;
          },
          [=](const Settings& settings) {
            return Show(Group(settings, kGroup).*field);
          }};
}

// A number between two bounds, both allowed.
template <typename G>
Key Number(std::string_view name, uint32_t G::*field, uint32_t least,
           uint32_t most = UINT32_MAX) {
  std::string expects = "a number from " + std::to_string(least);
  if (most != UINT32_MAX) expects += " to " + std::to_string(most);
  return Field<G, uint32_t>(
      name, std::move(expects), field,
      [=](uint32_t value) { return value >= least && value <= most; });
}

// An enum whose values have the given words, in order.
template <typename G, typename T>
Key Choice(std::string_view name, T G::*field, Words words) {
  constexpr const G* kGroup = nullptr;
  std::string expects;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) expects += i + 1 == words.size() ? " or " : ", ";
    expects += words[i];
  }
  return {name, std::move(expects), false,
          [=](Settings& settings, const Words& given) {
            const auto at = std::find(words.begin(), words.end(), given[0]);
            if (at == words.end()) return false;
            Group(settings, kGroup).*field = static_cast<T>(at - words.begin());
            return true;
          },
          [=](const Settings& settings) {
            const auto at = static_cast<size_t>(Group(settings, kGroup).*field);
            return Words{words[std::min(at, words.size() - 1)]};
          }};
}

constexpr uint32_t kLeastRing = 64 * 1024;

bool IsRingSize(uint32_t bytes) {
  return bytes >= kLeastRing && std::has_single_bit(bytes);
}
// The root would make every name the cluster's own.
using Domains = std::vector<DomainName>;
bool AreDomains(const Domains& names) {
  return std::none_of(names.begin(), names.end(),
                      [](const DomainName& name) { return name.IsRoot(); });
}
bool IsPositive(Nanoseconds duration) { return duration > 0s; }

// The port of "pod:9464".
std::optional<std::string> PodPort(const std::string& listen) {
  constexpr std::string_view kPod = "pod:";
  if (!listen.starts_with(kPod)) return std::nullopt;
  return listen.substr(kPod.size());
}
bool IsListen(const std::string& listen) {
  const auto port = PodPort(listen);
  return listen.empty() || Endpoint::Parse(port ? "0.0.0.0:" + *port : listen);
}

std::vector<Key> NodeKeys() {
  constexpr char kNetworks[] = "CIDR ranges without host bits, as 10.0.0.0/8";
  constexpr char kNames[] = "domains, as cluster.local";
  return {
      Field<Settings, std::string>("node.name", "a name", &Settings::node_name,
                                   [](const auto& n) { return !n.empty(); }),
      Field("node.addresses", "IP addresses", &Settings::node_addresses),
      Field("node.flows", "true or false", &Settings::flows),
      Field("cluster.internal", kNetworks, &Settings::internal),
      Field("cluster.services", kNetworks, &Settings::services),
      Field<Settings, Domains>("cluster.zones", kNames, &Settings::zones,
                               AreDomains),
      Field<Settings, Domains>("cluster.search", kNames, &Settings::search,
                               AreDomains),
  };
}

std::vector<Key> PodKeys() {
  using K = KubeletSettings;
  constexpr char kPath[] = "a path";
  return {
      Choice("pods.source", &Settings::pods, {"none", "kubelet", "file"}),
      Field("pods.file", kPath, &Settings::pods_file),
      Field("kubelet.address", "IP addresses, tried in order", &K::address),
      Number("kubelet.port", &K::port, 1, UINT16_MAX),
      Field("kubelet.server_name", "a name", &K::server_name),
      Choice("kubelet.tls", &K::tls, {"verify", "pin", "insecure"}),
      Field("kubelet.ca_file", kPath, &K::ca_file),
      Field("kubelet.token_file", kPath, &K::token_file),
      Field("kubelet.cert_file", kPath, &K::cert_file),
      Field("kubelet.key_file", kPath, &K::key_file),
      Field("kubelet.read_only_port", "true or false", &K::read_only_port),
      Field<K, Nanoseconds>("kubelet.poll", "a duration, as 10s", &K::poll,
                            IsPositive),
      Field<K, Nanoseconds>("kubelet.timeout", "a duration, as 10s",
                            &K::timeout, IsPositive),
      Number("kubelet.max_body", &K::max_body, 1U << 20,
             KubeletOptions::kMaxAnswer),
  };
}

constexpr std::string_view kSinks[] = {"stdout", "file", "kafka", "webhook"};

bool AreSinks(const Words& sinks) {
  for (size_t i = 0; i < sinks.size(); ++i) {
    if (std::find(std::begin(kSinks), std::end(kSinks), sinks[i]) ==
        std::end(kSinks))
      return false;
    if (std::find(sinks.begin(), sinks.begin() + static_cast<ptrdiff_t>(i),
                  sinks[i]) != sinks.begin() + static_cast<ptrdiff_t>(i))
      return false;
  }
  return true;
}

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

bool AreProperties(const Words& properties) {
  KafkaOptions options;
  options.properties = properties;
  return PropertiesOf(options).has_value();
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
      Field<K, Words>("kafka.properties",
                      "NAME=VALUE of librdkafka, no secret in it, and none of "
                      "those that order and acknowledgement rest on",
                      &K::properties, AreProperties),
  };
}

bool IsTopicOrNone(const std::string& name) {
  return name.empty() || IsTopic(name);
}

bool IsWebhook(const std::string& url) {
  WebhookOptions options;
  options.url = url;
  return url.empty() || TargetOf(options).has_value();
}

std::vector<Key> FurtherSinkKeys() {
  using W = WebhookOptions;
  using T = TelemetryTopics;
  constexpr char kPath[] = "a path";
  constexpr char kTopic[] = "a topic, or nothing";
  return {
      Field<W, std::string>("webhook.url",
                            "https://HOST/PATH, or http:// without a secret",
                            &W::url, IsWebhook),
      Field("webhook.token_file", kPath, &W::token_file),
      Field("webhook.ca_file", kPath, &W::ca_file),
      Field("webhook.cert_file", kPath, &W::cert_file),
      Field("webhook.key_file", kPath, &W::key_file),
      Field<W, Nanoseconds>("webhook.timeout", "a duration, as 5s", &W::timeout,
                            IsPositive),
      Field<T, std::string>("telemetry.dns_topic", kTopic, &T::dns,
                            IsTopicOrNone),
      Field<T, std::string>("telemetry.connect_topic", kTopic, &T::connect,
                            IsTopicOrNone),
  };
}

std::vector<Key> StageKeys() {
  return {
      Field("rules.paths", "files or directories", &Settings::rules),
      Choice("alerts.format", &Settings::alert_format,
             {"ocsf", "ecs", "falco", "human"}),
      Field("alerts.file", "a path, or nothing for stdout",
            &Settings::alert_file),
      Field<Settings, Words>("alerts.sinks",
                             "stdout, file, kafka or webhook, each once",
                             &Settings::alert_sinks, AreSinks),
      Field("alerts.spool", "a folder of its own, or nothing",
            &Settings::spool),
      Number("alerts.spool_megabytes", &Settings::spool_megabytes, 1, 1U << 20),
      Field("correlate.resolvers", "addresses with port, as 10.96.0.10:53",
            &Settings::resolvers),
      Field("correlate.encrypted_resolvers", "IP addresses",
            &Settings::encrypted),
      Field("correlate.redirects",
            "networks, or addresses with port, as 198.51.100.1:15001",
            &Settings::redirects),
      Field("correlate.warmup", "a duration, as 10m", &Settings::warmup),
      Field<Settings, uint32_t>("limits.ring_bytes",
                                "a power of two from 65536",
                                &Settings::ring_bytes, IsRingSize),
      Number("limits.dns_per_second", &Settings::quota_rate, 1),
      Number("limits.dns_burst", &Settings::quota_burst, 1),
      Field<Settings, std::string>("metrics.listen",
                                   "an address with port, pod:PORT, or nothing",
                                   &Settings::metrics_listen, IsListen),
  };
}

const std::vector<Key>& Keys() {
  static const std::vector<Key> keys = [] {
    std::vector<Key> all;
    for (auto* part :
         {NodeKeys, PodKeys, StageKeys, KafkaKeys, FurtherSinkKeys})
      for (Key& key : part()) all.push_back(std::move(key));
    return all;
  }();
  return keys;
}

// `pods: kubelet` is short for its source.
std::string_view FullName(std::string_view name) {
  return name == "pods" ? "pods.source" : name;
}

std::string AllKeys() {
  std::string names;
  for (const Key& key : Keys())
    names.append(names.empty() ? "" : ", ").append(key.name);
  return names;
}

// As YAML reads it back.
std::string ShowValue(const Key& key, const Settings& settings) {
  std::string value(key.is_list ? "[" : "");
  const Words words = key.show(settings);
  for (size_t i = 0; i < words.size(); ++i)
    value.append(i == 0 ? "\"" : ", \"").append(words[i]).append("\"");
  return value.append(key.is_list ? "]" : "");
}

// Which item of a list it is, quoted.
std::string BadWord(const Key& key, const Words& words) {
  if (!key.is_list) return {};
  for (const std::string& word : words) {
    Settings probe;
    if (!key.read(probe, {word})) return ": \"" + word + "\"";
  }
  return {};
}

}  // namespace

Status SetKey(Settings& settings, std::string_view name, const Words& words,
              std::string_view origin) {
  name = FullName(name);
  for (const Key& key : Keys()) {
    if (key.name != name) continue;
    const bool counted = key.is_list || words.size() == 1;
    if (!counted || !key.read(settings, words))
      return Error{std::string(origin),
                   "bad value for " + std::string(name) + BadWord(key, words),
                   "expected " + std::string(key.expects)};
    settings.origins[std::string(name)] = origin;
    return Ok();
  }
  return Error{std::string(origin), "unknown key " + std::string(name),
               "known keys: " + AllKeys()};
}

std::vector<std::string_view> SettingNames() {
  std::vector<std::string_view> names;
  for (const Key& key : Keys()) names.push_back(key.name);
  return names;
}

Result<std::string> MetricsAddress(const Settings& settings) {
  const auto port = PodPort(settings.metrics_listen);
  if (!port) return settings.metrics_listen;
  const auto address = IpAddress::Parse(settings.pod_ip);
  if (!address)
    return Error{"metrics.listen " + settings.metrics_listen,
                 "POD_IP is not this pod's address",
                 "set it from status.podIP, or write an address"};
  Endpoint listen = *Endpoint::Parse("0.0.0.0:" + *port);
  listen.address = *address;
  return listen.ToString();
}

std::string PrintConfig(const Settings& settings) {
  std::string text;
  std::string group;
  for (const Key& key : Keys()) {
    const size_t dot = key.name.find('.');
    const bool grouped = dot != std::string_view::npos;
    const std::string head(grouped ? key.name.substr(0, dot) : "");
    if (grouped && head != group) text += head + ":\n";
    group = head;
    const auto origin = settings.origins.find(std::string(key.name));
    text.append(grouped ? "  " : "")
        .append(key.name.substr(grouped ? dot + 1 : 0))
        .append(": ")
        .append(ShowValue(key, settings))
        .append("  # ")
        .append(origin == settings.origins.end() ? "default" : origin->second)
        .append("\n");
  }
  return text;
}

}  // namespace nameward
