// SPDX-License-Identifier: Apache-2.0
// For tests of match/: events and policies in one line.
#ifndef NAMEWARD_MATCH_TESTING_H_
#define NAMEWARD_MATCH_TESTING_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "match/match.h"
#include "match/rule_tests.h"
#include "match/values.h"

namespace nameward {

inline WorkloadRef TestWorkload(std::string path = "/app") {
  auto workload = std::make_shared<Workload>();
  workload->cgroup_id = 7;
  workload->cgroup_path = std::move(path);
  return workload;
}

inline Event Query(std::string_view name) {
  DnsEvent dns;
  dns.server = *Endpoint::Parse("10.96.0.10:53");
  dns.message.question_count = 1;
  dns.message.question.name = *DomainName::Parse(name);
  dns.message.question.type = kTypeA;
  dns.message.question.klass = 1;
  Event event;
  event.origin.workload = TestWorkload();
  event.body = std::move(dns);
  return event;
}

inline Event Connect(std::string_view destination) {
  ConnectEvent connect;
  connect.destination = *Endpoint::Parse(destination);
  Event event;
  event.origin.workload = TestWorkload();
  event.body = std::move(connect);
  return event;
}

// A policy of one file with these rules; null if it doesn't load.
inline std::shared_ptr<const RuleSet> LoadOne(const std::string& rules,
                                              const std::string& head = "") {
  return LoadRules({{"a.yaml", "apiVersion: egress.rules/v1\n" + head +
                                   "rules:\n" + rules}},
                   {})
      .set;
}

inline std::string ErrorsOf(const std::vector<RuleSource>& files,
                            const RuleLoadOptions& options = {}) {
  std::string errors;
  for (const Diagnostic& one : LoadRules(files, options).diagnostics)
    errors += one.ToString() + "\n";
  return errors;
}

inline std::vector<std::string> Fired(const RuleSet& set, const Event& event,
                                      const MatchContext& context = {}) {
  std::vector<Finding> findings;
  set.Match(event, context, findings);
  std::vector<std::string> ids;
  for (const Finding& finding : findings) ids.push_back(finding.rule->id);
  return ids;
}

}  // namespace nameward

#endif  // NAMEWARD_MATCH_TESTING_H_
