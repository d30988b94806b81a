// SPDX-License-Identifier: Apache-2.0
// `nameward record -o FILE`: live events into a recording, without a policy.
#include <CLI/CLI.hpp>
#include <memory>

#include "app/flags.h"
#include "app/live.h"
#include "app/verbs.h"

namespace nameward {
namespace {

struct RecordFlags {
  SettingFlags settings;
  std::string file;
};

int Record(const RecordFlags& flags) {
  const Result<Settings> settings = LoadSettings(flags.settings);
  if (!settings) return Complain(settings.error(), kExitUsage);
  LiveOptions options;
  options.settings = *settings;
  options.recording = flags.file;
  return RunLive(options);
}

}  // namespace

void AddRecordVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "record", "write what the kernel says into a recording, for replay");
  auto flags = std::make_shared<RecordFlags>();
  verb->add_option("-o,--output", flags->file, "the file to write")->required();
  AddSettingFlags(*verb, flags->settings);
  verb->callback(
      [&chosen, flags] { chosen = [flags] { return Record(*flags); }; });
}

}  // namespace nameward
