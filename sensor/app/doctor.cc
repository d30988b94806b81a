// SPDX-License-Identifier: Apache-2.0
// `nameward doctor`: what this node offers, line by line, with the mend.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "alert/json_writer.h"
#include "app/flags.h"
#include "app/live.h"
#include "app/policy_files.h"
#include "app/surroundings.h"
#include "app/verbs.h"
#include "source/node_probe.h"

namespace nameward {
namespace {

struct DoctorFlags {
  SettingFlags settings;
  OutputFormat format = OutputFormat::kAuto;
};

NodeFact PolicyFact(const Settings& settings) {
  const Result<Policy> policy = PolicyOrDefault(settings.rules);
  if (!policy)
    return {"policy", FactState::kMissing, policy.error().ToString(), ""};
  const RuleLoad load =
      LoadRules(policy->files, {.commit = "", .read_list = policy->read_list});
  if (load.set == nullptr)
    return {"policy", FactState::kMissing, load.diagnostics.front().ToString(),
            "run nameward rules check"};
  return {"policy", FactState::kOk,
          std::to_string(load.set->rule_count()) + " rules, set " +
              load.set->set_id(),
          ""};
}

NodeFact ResolverFact(const Settings& settings) {
  const Context context = LiveContext(settings);
  std::string text;
  for (const Endpoint& resolver : context.resolvers)
    text += (text.empty() ? "" : ", ") + resolver.ToString();
  if (!text.empty()) return {"resolvers", FactState::kOk, text, ""};
  return {"resolvers", FactState::kDegraded, "none is trusted",
          "set correlate.resolvers, or every connect is without a name"};
}

NodeFact KubernetesFact() {
  return {"kubelet", FactState::kDegraded,
          "not used: events name cgroup, container id and unit",
          "pods come with a later version"};
}

void PrintHuman(const NodeFact& fact) {
  std::printf("%-9s %-16s %s%s\n",
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
  std::vector<NodeFact> facts = ProbeNode(KernelOptions(*settings));
  facts.push_back(ResolverFact(*settings));
  facts.push_back(PolicyFact(*settings));
  facts.push_back(KubernetesFact());
  bool missing = false;
  for (const NodeFact& fact : facts) {
    WantsHuman(flags.format) ? PrintHuman(fact) : PrintJson(fact);
    missing = missing || fact.state == FactState::kMissing;
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
