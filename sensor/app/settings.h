// SPDX-License-Identifier: Apache-2.0
// The configuration (docs/operations.md): every key has a default, so no file
// is needed.
//
// Order of precedence: flag, file, default; each value knows where it came
// from, which --print-config shows.  Parsed once, before anything privileged;
// passed on as plain values.
#ifndef NAMEWARD_APP_SETTINGS_H_
#define NAMEWARD_APP_SETTINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "alert/render.h"
#include "base/clock.h"
#include "base/result.h"
#include "model/context.h"

namespace nameward {

struct Settings {
  std::string node_name;           // node.name; default: the host's name
  bool flows = false;              // node.flows: report established and closed
  std::vector<Network> internal;   // cluster.internal: pod and node ranges
  std::vector<Network> services;   // cluster.services
  std::vector<std::string> rules;  // rules.paths: files and directories
  AlertFormat alert_format = AlertFormat::kOcsf;  // alerts.format
  std::string alert_file;                         // alerts.file; empty: stdout
  std::vector<Endpoint> resolvers;   // correlate.resolvers; empty: resolv.conf
  std::vector<IpAddress> encrypted;  // correlate.encrypted_resolvers
  Nanoseconds warmup = 10min;        // correlate.warmup
  uint32_t ring_bytes = 4U << 20;    // limits.ring_bytes, a power of two
  uint32_t quota_rate = 2000;        // limits.dns_per_second, of one cgroup
  uint32_t quota_burst = 3000;       // limits.dns_burst
  std::string metrics_listen = "127.0.0.1:9464";  // metrics.listen; "" is off

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

// "key: value  # origin" for every key, a YAML file that gives the same
// settings.
std::string PrintConfig(const Settings& settings);

}  // namespace nameward

#endif  // NAMEWARD_APP_SETTINGS_H_
