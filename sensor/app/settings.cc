// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <optional>

#include "app/setting_key.h"

namespace nameward {
namespace {

using setting::Choice;
using setting::Duration;
using setting::Field;
using setting::Key;
using setting::Number;
using setting::Words;

constexpr uint32_t kLeastRing = 64 * 1024;

bool IsRingSize(uint32_t bytes) {
  return bytes >= kLeastRing && std::has_single_bit(bytes);
}
// What stands in a URI and between slashes as it is; 100 is Amazon EKS's bound,
// the longest of the large providers'.
bool IsClusterName(const std::string& name) {
  const auto is_letter = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
  };
  return name.empty() || (name.size() <= 100 && is_letter(name[0]) &&
                          std::all_of(name.begin(), name.end(), [&](char c) {
                            return is_letter(c) || c == '.' || c == '_' ||
                                   c == '-';
                          }));
}
// The root would make every name the cluster's own.
using Domains = std::vector<DomainName>;
bool AreDomains(const Domains& names) {
  return std::none_of(names.begin(), names.end(),
                      [](const DomainName& name) { return name.IsRoot(); });
}

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
  constexpr char kName[] =
      "up to 100 letters, digits, . _ -, of which the first is none of . _ -";
  return {
      Field<Settings, std::string>("node.name", "a name", &Settings::node_name,
                                   [](const auto& n) { return !n.empty(); }),
      Field("node.addresses", "IP addresses", &Settings::node_addresses),
      Field("node.flows", "true or false", &Settings::flows),
      Field<Settings, std::string>("cluster.name", kName,
                                   &Settings::cluster_name, IsClusterName),
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
      Duration("kubelet.poll", &K::poll),
      Duration("kubelet.timeout", &K::timeout),
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

std::vector<Key> StageKeys() {
  return {
      Field("rules.paths", "files or directories", &Settings::rules),
      Choice("alerts.format", &Settings::alert_format,
             {"ocsf", "ecs", "falco", "human"}),
      Field("alerts.file", "a path, or nothing for stdout",
            &Settings::alert_file),
      Number("alerts.file_megabytes", &Settings::file_megabytes, 1, 1U << 20),
      Number("alerts.file_kept", &Settings::file_kept, 1, 999),
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
    for (auto* part : {NodeKeys, PodKeys, StageKeys, setting::DeliveryKeys})
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

Error BadValue(const Key& key, const Words& words, std::string_view origin) {
  const Status reason = key.check ? key.check(words) : Ok();
  if (!reason) return reason.error().Wrap(origin);
  return {std::string(origin),
          "bad value for " + std::string(key.name) + BadWord(key, words),
          "expected " + key.expects};
}

}  // namespace

Status SetKey(Settings& settings, std::string_view name, const Words& words,
              std::string_view origin) {
  name = FullName(name);
  for (const Key& key : Keys()) {
    if (key.name != name) continue;
    const bool counted = key.is_list || words.size() == 1;
    if (!counted || !key.read(settings, words))
      return BadValue(key, words, origin);
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
