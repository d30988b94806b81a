// SPDX-License-Identifier: Apache-2.0
// The flags that run, record and doctor share, and how they become Settings.
#ifndef NAMEWARD_APP_FLAGS_H_
#define NAMEWARD_APP_FLAGS_H_

#include <string>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace nameward {

struct SettingFlags {
  std::string config;                 // --config
  std::vector<std::string> assigned;  // --set KEY=VALUE[,VALUE]
  std::vector<std::string> policy;
  std::vector<std::string> resolvers;
  std::string alert_format;
  std::string metrics_listen;
  bool has_metrics_listen = false;
  bool flows = false;
};

void AddSettingFlags(CLI::App& verb, SettingFlags& flags);

// Defaults, then a pod's environment, the file, NAMEWARD_…_FILE variables, the
// flags.
Result<Settings> LoadSettings(const SettingFlags& flags);

}  // namespace nameward

#endif  // NAMEWARD_APP_FLAGS_H_
