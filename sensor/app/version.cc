// SPDX-License-Identifier: Apache-2.0
#include "app/version.h"

#include <CLI/CLI.hpp>
#include <cstdio>

#include "app/verbs.h"

namespace nameward {

void AddVersionVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb = app.add_subcommand("version", "print the version");
  verb->callback([&chosen] {
    chosen = [] {
      std::printf("nameward %s\n", kVersion);
      return kExitFine;
    };
  });
}

}  // namespace nameward
