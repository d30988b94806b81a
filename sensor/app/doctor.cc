// SPDX-License-Identifier: Apache-2.0
// `nameward doctor`: what this node offers, line by line, with the mend.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "alert/json_writer.h"
#include "app/delivery_facts.h"
#include "app/doctor_facts.h"
#include "app/flags.h"
#include "app/live.h"
#include "app/surroundings.h"
#include "app/verbs.h"
#include "source/node_probe.h"

namespace nameward {
namespace {

struct DoctorFlags {
  SettingFlags settings;
  OutputFormat format = OutputFormat::kAuto;
};

void PrintHuman(const NodeFact& fact) {
  std::printf("%-9s %-19s %s%s\n",
              std::string(FactStateName(fact.state)).c_str(), fact.name.c_str(),
              fact.text.c_str(),
              fact.mend.empty() ? "" : (" (" + fact.mend + ")").c_str());
}

void PrintJson(const NodeFact& fact) {
  std::string line;
  JsonWriter json(line);
  json.BeginObject();
  json.Key("name").String(fact.name);
  json.Key("state").String(FactStateName(fact.state));
  json.Key("text").String(fact.text);
  json.Key("mend").String(fact.mend);
  json.EndObject();
  std::printf("%s\n", line.c_str());
}

int Doctor(const DoctorFlags& flags) {
  const Result<Settings> settings = LoadSettings(flags.settings);
  if (!settings) return Complain(settings.error(), kExitUsage);
  const bool in_pod = InPod();
  bool missing = false;
  for (const auto& facts :
       {ProbeNode(KernelOptions(*settings)), ConfinementFacts(),
        PodEnvironmentFacts(ReadPodEnvironment(), in_pod),
        SettingFacts(*settings), PodFacts(*settings, in_pod),
        DeliveryFacts(*settings)}) {
    for (const NodeFact& fact : facts) {
      WantsHuman(flags.format) ? PrintHuman(fact) : PrintJson(fact);
      missing = missing || fact.state == FactState::kMissing;
    }
  }
  return missing ? kExitFindings : kExitFine;
}

}  // namespace

void AddDoctorVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "doctor", "what this node offers, and how to mend what is missing");
  auto flags = std::make_shared<DoctorFlags>();
  AddSettingFlags(*verb, flags->settings);
  AddFormatFlag(*verb, flags->format);
  verb->callback(
      [&chosen, flags] { chosen = [flags] { return Doctor(*flags); }; });
}

}  // namespace nameward
