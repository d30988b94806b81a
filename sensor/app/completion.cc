// SPDX-License-Identifier: Apache-2.0
// Shell completion, drawn from the parser itself, so it can't fall behind it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "app/verbs.h"

namespace nameward {
namespace {

// What may follow a verb: its own verbs and its long flags.
std::string WordsAfter(const CLI::App& verb) {
  std::string words;
  for (const CLI::App* next : verb.get_subcommands(nullptr))
    words += next->get_name() + " ";
  for (const CLI::Option* option : verb.get_options())
    for (const std::string& name : option->get_lnames())
      words += "--" + name + " ";
  if (!words.empty()) words.pop_back();
  return words;
}

void PrintBash(const CLI::App& app, bool zsh) {
  if (zsh)
    std::puts("#compdef nameward\nautoload -U +X bashcompinit && bashcompinit");
  std::puts("_nameward() {\n  local words\n  case \"${COMP_WORDS[1]}\" in");
  for (const CLI::App* verb : app.get_subcommands(nullptr))
    std::printf("    %s) words=\"%s\" ;;\n", verb->get_name().c_str(),
                WordsAfter(*verb).c_str());
  std::printf("    *) words=\"%s\" ;;\n  esac\n", WordsAfter(app).c_str());
  std::puts(
      "  COMPREPLY=($(compgen -W \"$words\" -- "
      "\"${COMP_WORDS[COMP_CWORD]}\"))\n"
      "}\ncomplete -o default -F _nameward nameward");
}

void PrintFish(const CLI::App& app) {
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    const char* name = verb->get_name().c_str();
    std::printf("complete -c nameward -n __fish_use_subcommand -a %s -d '%s'\n",
                name, verb->get_description().c_str());
    for (const CLI::Option* option : verb->get_options())
      for (const std::string& flag : option->get_lnames())
        std::printf(
            "complete -c nameward -n '__fish_seen_subcommand_from %s' -l %s\n",
            name, flag.c_str());
  }
}

int PrintCompletion(const CLI::App& app, const std::string& shell) {
  if (shell == "fish")
    PrintFish(app);
  else
    PrintBash(app, shell == "zsh");
  return kExitFine;
}

}  // namespace

void AddCompletionVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "completion", "print a completion script for bash, zsh or fish");
  auto shell = std::make_shared<std::string>();
  verb->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->callback([&app, &chosen, shell] {
    chosen = [&app, shell] { return PrintCompletion(app, *shell); };
  });
}

}  // namespace nameward
