// SPDX-License-Identifier: Apache-2.0
#include "app/verbs.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

namespace nameward {
namespace {

// In the form of every other error, and on one line.
std::string UsageError(const CLI::App* app, const CLI::Error& error) {
  std::string command = app->get_name();
  for (auto verbs = app->get_subcommands(); !verbs.empty();
       verbs = verbs.front()->get_subcommands())
    command += " " + verbs.front()->get_name();
  std::string what = error.what();
  std::replace(what.begin(), what.end(), '\n', ' ');
  return "nameward: " + what + " (see " + command + " --help)\n";
}

}  // namespace

int Complain(const Error& error, int status) {
  std::fprintf(stderr, "nameward: %s\n", error.ToString().c_str());
  return status;
}

void AddFormatFlag(CLI::App& verb, OutputFormat& format) {
  static const std::map<std::string, OutputFormat> kFormats = {
      {"human", OutputFormat::kHuman}, {"json", OutputFormat::kJson}};
  verb.add_option("--format", format,
                  "human or json; default: human on a terminal, else json")
      ->transform(CLI::CheckedTransformer(kFormats).description(""))
      ->option_text("human|json");
}

bool WantsHuman(OutputFormat format) {
  if (format != OutputFormat::kAuto) return format == OutputFormat::kHuman;
  return isatty(STDOUT_FILENO) == 1;
}

int RunCommandLine(int argc, char** argv) {
  CLI::App app(
      "Every connection needs a name first: sees every DNS message and every "
      "connect of every pod, and alerts where the policy does not allow one.",
      "nameward");
  app.require_subcommand(1);
  app.footer(
      "Exit status: 0 fine, 1 findings, 2 wrong use or unreadable "
      "input, 3 this node can't run the sensor.");
  app.failure_message(UsageError);
  ChosenVerb chosen;
  AddRunVerb(app, chosen);
  AddRecordVerb(app, chosen);
  AddReplayVerb(app, chosen);
  AddRulesVerb(app, chosen);
  AddSpoolVerb(app, chosen);
  AddDoctorVerb(app, chosen);
  AddVersionVerb(app, chosen);
  AddCompletionVerb(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kExitFine : kExitUsage;
  }
  return chosen ? chosen() : kExitUsage;
}

}  // namespace nameward
