// SPDX-License-Identifier: Apache-2.0
// A live run from start to ledger, in the one order that its rights allow:
// open what needs rights, fork the keeper, drop the rights, start threads.
#ifndef NAMEWARD_APP_LIVE_H_
#define NAMEWARD_APP_LIVE_H_

#include <memory>
#include <string>

#include "app/settings.h"
#include "match/match.h"
#include "source/bpf_source.h"

namespace nameward {

struct LiveOptions {
  Settings settings;
  std::shared_ptr<const RuleSet> rules;  // null: record only
  std::string recording;                 // empty: none
  bool events = false;
  bool human_events = false;
};

BpfOptions KernelOptions(const Settings& settings);

// SIGHUP reads the policy again.
// Until SIGINT or SIGTERM, or a failure; prints the ledger; the exit status.
int RunLive(LiveOptions options);

}  // namespace nameward

#endif  // NAMEWARD_APP_LIVE_H_
