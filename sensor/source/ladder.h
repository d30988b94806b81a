// SPDX-License-Identifier: Apache-2.0
// The load ladder: for each program the best tier that this kernel's verifier
// takes, found by trial loads and never by the kernel's version.
//
//   _typed  typed BTF pointers (5.15+, works under lockdown=confidentiality)
//   _probe  bpf_probe_read_kernel (5.10+)
//   _plain  helpers only: no mount namespace
//
// The common case costs one load: the best tier of everything at once.  Only if
// that is refused each program is tried alone, then exactly the chosen ones
// together, so that the last load that succeeded is the one to keep.  Pure: the
// loader is given.  A program that no tier loads is missing, not an error; what
// the sensor can't do without is the caller's to say.
#ifndef NAMEWARD_SOURCE_LADDER_H_
#define NAMEWARD_SOURCE_LADDER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nameward {

enum class ProgramTier : uint8_t { kTyped, kProbe, kPlain, kMissing };
inline constexpr ProgramTier kTiers[] = {
    ProgramTier::kTyped, ProgramTier::kProbe, ProgramTier::kPlain};
std::string_view TierName(ProgramTier tier);  // "typed", …, "missing"

struct LoadedProgram {
  std::string base;     // on_connect4
  std::string program;  // on_connect4_typed; empty: missing
  ProgramTier tier = ProgramTier::kMissing;
  std::string why;  // of a lower tier: what the better one's refusal said
};

// Loads exactly these programs, together; an error is the verifier's refusal.
using TryLoad = std::function<Status(const std::vector<std::string>&)>;

// `programs`: every program name of the object, in any order.  Fails only if
// programs that load alone do not load together.
Result<std::vector<LoadedProgram>> ClimbLadder(
    const std::vector<std::string>& programs, const TryLoad& try_load);

const LoadedProgram* FindLoaded(const std::vector<LoadedProgram>& loaded,
                                std::string_view base);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_LADDER_H_
