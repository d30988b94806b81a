// SPDX-License-Identifier: Apache-2.0
// The configuration (docs/operations.md): every key has a default, so no file
// is needed.
//
// Order of precedence: flag, NAMEWARD_…_FILE (flags.h), file, the pod's
// environment (surroundings.h), default; each value knows where it came from,
// which --print-config shows. Parsed once, before anything privileged; passed
// on as plain values.
#ifndef NAMEWARD_APP_SETTINGS_H_
#define NAMEWARD_APP_SETTINGS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "alert/render.h"
#include "base/clock.h"
#include "base/result.h"
#include "deliver/kafka_options.h"
#include "deliver/telemetry.h"  // TelemetryTopics
#include "deliver/webhook_options.h"
#include "kube/kubelet_client.h"  // KubeletTls
#include "model/context.h"

namespace nameward {

enum class PodsFrom : uint8_t { kNone, kKubelet, kFile };

// kubelet.*: how the pods of this node are asked for.
struct KubeletSettings {
  std::vector<IpAddress> address;  // tried in order; empty: the loopback
  uint32_t port = 10250;
  std::string server_name;  // whose certificate it must be; empty: the address
  KubeletTls tls = KubeletTls::kVerify;
  std::string ca_file =  // or, to pin, the kubelet's own certificate
      "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
  std::string token_file =
      "/var/run/secrets/kubernetes.io/serviceaccount/token";
  std::string cert_file;  // a client certificate instead of the token
  std::string key_file;
  bool read_only_port = false;  // plain HTTP without any proof
  Nanoseconds poll = 10s;
  Nanoseconds timeout = 10s;
  uint32_t max_body = 32U << 20;
};

struct Settings {
  std::string node_name;                  // node.name; default: the host's name
  std::vector<IpAddress> node_addresses;  // empty: those of the interfaces
  bool flows = false;               // node.flows: report established and closed
  std::string cluster_name;         // cluster.name; empty: not known
  std::vector<Network> internal;    // cluster.internal: pod and node ranges
  std::vector<Network> services;    // cluster.services
  std::vector<DomainName> zones;    // cluster.zones; empty: cluster.local
  std::vector<DomainName> search;   // cluster.search, beside the node's own
  PodsFrom pods = PodsFrom::kNone;  // pods, or pods.source
  std::string pods_file;            // pods.file: a kubelet's /pods answer
  KubeletSettings kubelet;
  std::vector<std::string> rules;  // rules.paths: files and directories
  AlertFormat alert_format = AlertFormat::kOcsf;  // alerts.format
  std::string alert_file;                         // alerts.file; empty: stdout
  uint32_t file_megabytes = 64;                   // alerts.file_megabytes
  uint32_t file_kept = 4;                         // alerts.file_kept
  std::vector<std::string> alert_sinks;  // alerts.sinks; empty: as files say
  std::string spool;                     // alerts.spool: a folder; empty: none
  uint32_t spool_megabytes = 2048;       // alerts.spool_megabytes
  KafkaOptions kafka;
  WebhookOptions webhook;
  TelemetryTopics telemetry;
  std::vector<Endpoint> resolvers;   // correlate.resolvers; empty: resolv.conf
  std::vector<IpAddress> encrypted;  // correlate.encrypted_resolvers
  std::vector<Redirect> redirects;   // correlate.redirects: a mesh's
  Nanoseconds warmup = 10min;        // correlate.warmup
  uint32_t ring_bytes = 4U << 20;    // limits.ring_bytes, a power of two
  uint32_t quota_rate = 2000;        // limits.dns_per_second, of one cgroup
  uint32_t quota_burst = 3000;       // limits.dns_burst
  // metrics.listen; "" is off, "pod:9464" the pod's own address.
  std::string metrics_listen = "127.0.0.1:9464";

  std::string pod_ip;  // POD_IP, POD_UID of the sensor's own pod; no keys
  std::string pod_uid;
  std::optional<IpAddress> api_address;  // KUBERNETES_SERVICE_HOST; no key

  // Where each key's value came from: "default", "flag" or file:line.
  std::map<std::string, std::string> origins;
};

// Sets one key from its words (a scalar has one); unknown keys and bad values
// are errors that say what is allowed.
Status SetKey(Settings& settings, std::string_view key,
              const std::vector<std::string>& words, std::string_view origin);

// Reads a configuration file's text; `name` is for messages.
Status ReadConfigFile(Settings& settings, std::string_view name,
                      std::string_view text);

// Every key's full name, in the order of --print-config.
std::vector<std::string_view> SettingNames();

// metrics.listen as address:port, with the pod's own address filled in.
Result<std::string> MetricsAddress(const Settings& settings);

// "key: value  # origin" for every key, a YAML file that gives the same
// settings.
std::string PrintConfig(const Settings& settings);

}  // namespace nameward

#endif  // NAMEWARD_APP_SETTINGS_H_
