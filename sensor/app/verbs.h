// SPDX-License-Identifier: Apache-2.0
// The verbs of the one binary (README.md); each lives in the file of its name.
//
// A verb adds its flags to the parser and, if it was chosen, puts what it does
// into `chosen`; the value that this returns is the exit status.
#ifndef NAMEWARD_APP_VERBS_H_
#define NAMEWARD_APP_VERBS_H_

#include <functional>

#include "base/result.h"

namespace CLI {  // NOLINT(readability-identifier-naming): theirs
class App;
}

namespace nameward {

inline constexpr int kExitFine = 0;
inline constexpr int kExitFindings = 1;    // a lint, a test, --fail-on-alert
inline constexpr int kExitUsage = 2;       // wrong use, input or policy
inline constexpr int kExitNodeUnable = 3;  // this node can't run the sensor

using ChosenVerb = std::function<int()>;

void AddRunVerb(CLI::App& app, ChosenVerb& chosen);
void AddRecordVerb(CLI::App& app, ChosenVerb& chosen);
void AddReplayVerb(CLI::App& app, ChosenVerb& chosen);
void AddRulesVerb(CLI::App& app, ChosenVerb& chosen);
void AddSpoolVerb(CLI::App& app, ChosenVerb& chosen);
void AddDoctorVerb(CLI::App& app, ChosenVerb& chosen);
void AddVersionVerb(CLI::App& app, ChosenVerb& chosen);
void AddCompletionVerb(CLI::App& app, ChosenVerb& chosen);

// Parses the line, runs the verb, returns the exit status.
int RunCommandLine(int argc, char** argv);

// "nameward: what: why (what to do)" on stderr; returns `status`.
int Complain(const Error& error, int status);

// --format human|json; without it human on a terminal, JSON lines in a pipe.
enum class OutputFormat { kAuto, kHuman, kJson };
void AddFormatFlag(CLI::App& verb, OutputFormat& format);
bool WantsHuman(OutputFormat format);

}  // namespace nameward

#endif  // NAMEWARD_APP_VERBS_H_
