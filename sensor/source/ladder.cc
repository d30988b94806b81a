// SPDX-License-Identifier: Apache-2.0
#include "source/ladder.h"

#include <algorithm>
#include <map>
#include <optional>

namespace nameward {
namespace {

// The tiers of one base name that the object has; empty strings: left out.
struct Rungs {
  std::string program[std::size(kTiers)];
};

std::optional<ProgramTier> TierOf(std::string_view program) {
  for (const ProgramTier tier : kTiers) {
    const std::string suffix = "_" + std::string(TierName(tier));
    if (program.ends_with(suffix)) return tier;
  }
  return std::nullopt;
}

std::map<std::string, Rungs> GroupByBase(
    const std::vector<std::string>& programs) {
  std::map<std::string, Rungs> rungs;
  for (const std::string& program : programs) {
    // A name without a suffix has one tier only, and asks for nothing special.
    const auto tier = TierOf(program);
    const size_t suffix = tier ? TierName(*tier).size() + 1 : 0;
    const std::string base = program.substr(0, program.size() - suffix);
    const auto index = static_cast<size_t>(tier.value_or(ProgramTier::kPlain));
    rungs[base].program[index] = program;
  }
  return rungs;
}

LoadedProgram BestOf(const std::string& base, const Rungs& rungs) {
  for (const ProgramTier tier : kTiers) {
    const std::string& program = rungs.program[static_cast<size_t>(tier)];
    if (!program.empty()) return {base, program, tier, ""};
  }
  return {base, "", ProgramTier::kMissing, ""};
}

LoadedProgram TryEachTier(const std::string& base, const Rungs& rungs,
                          const TryLoad& try_load) {
  LoadedProgram best{base, "", ProgramTier::kMissing, ""};
  for (const ProgramTier tier : kTiers) {
    const std::string& program = rungs.program[static_cast<size_t>(tier)];
    if (program.empty()) continue;
    const Status loaded = try_load({program});
    if (loaded) {
      best.program = program;
      best.tier = tier;
      return best;
    }
    if (best.why.empty()) best.why = loaded.error().ToString();
  }
  return best;
}

std::vector<std::string> Chosen(const std::vector<LoadedProgram>& programs) {
  std::vector<std::string> names;
  for (const LoadedProgram& program : programs) {
    if (!program.program.empty()) names.push_back(program.program);
  }
  return names;
}

}  // namespace

std::string_view TierName(ProgramTier tier) {
  switch (tier) {
    case ProgramTier::kTyped:
      return "typed";
    case ProgramTier::kProbe:
      return "probe";
    case ProgramTier::kPlain:
      return "plain";
    case ProgramTier::kMissing:
      break;
  }
  return "missing";
}

Result<std::vector<LoadedProgram>> ClimbLadder(
    const std::vector<std::string>& programs, const TryLoad& try_load) {
  const auto rungs = GroupByBase(programs);
  std::vector<LoadedProgram> loaded;
  for (const auto& [base, tiers] : rungs) loaded.push_back(BestOf(base, tiers));
  if (try_load(Chosen(loaded))) return loaded;

  for (LoadedProgram& program : loaded) {
    program = TryEachTier(program.base, rungs.at(program.base), try_load);
  }
  NW_RETURN_IF_ERROR(try_load(Chosen(loaded)));
  return loaded;
}

const LoadedProgram* FindLoaded(const std::vector<LoadedProgram>& loaded,
                                std::string_view base) {
  const auto found =
      std::find_if(loaded.begin(), loaded.end(), [&](const LoadedProgram& p) {
        return p.base == base && p.tier != ProgramTier::kMissing;
      });
  return found == loaded.end() ? nullptr : &*found;
}

}  // namespace nameward
