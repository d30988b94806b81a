// SPDX-License-Identifier: Apache-2.0
// `nameward run`: the sensor.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/flags.h"
#include "app/live.h"
#include "app/policy_files.h"
#include "app/verbs.h"

namespace nameward {
namespace {

struct RunFlags {
  SettingFlags settings;
  OutputFormat format = OutputFormat::kAuto;
  std::string recording;
  bool events = false;
  bool print_config = false;
};

int Run(const RunFlags& flags) {
  Result<Settings> settings = LoadSettings(flags.settings);
  if (!settings) return Complain(settings.error(), kExitUsage);
  if (flags.settings.alert_format.empty() && WantsHuman(flags.format))
    settings->alert_format = AlertFormat::kHuman;
  if (flags.print_config) {
    std::fputs(PrintConfig(*settings).c_str(), stdout);
    return kExitFine;
  }
  LiveOptions options;
  {
    const Result<Policy> policy = PolicyOrDefault(settings->rules);
    if (!policy) return Complain(policy.error(), kExitUsage);
    options.rules = LoadOrComplain(*policy);
    if (options.rules == nullptr) return kExitUsage;
  }
  options.settings = *settings;
  options.recording = flags.recording;
  options.events = flags.events;
  options.human_events = WantsHuman(flags.format);
  return RunLive(std::move(options));
}

}  // namespace

void AddRunVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb =
      app.add_subcommand("run", "the sensor: live events, rules, alerts");
  auto flags = std::make_shared<RunFlags>();
  AddSettingFlags(*verb, flags->settings);
  AddFormatFlag(*verb, flags->format);
  verb->add_flag("--events", flags->events,
                 "print every event beside the alerts");
  verb->add_option("--record", flags->recording,
                   "write a recording of what the run sees");
  verb->add_flag("--print-config", flags->print_config,
                 "print the configuration and where each value comes from");
  verb->callback(
      [&chosen, flags] { chosen = [flags] { return Run(*flags); }; });
}

}  // namespace nameward
