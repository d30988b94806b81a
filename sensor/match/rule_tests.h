// SPDX-License-Identifier: Apache-2.0
// Tests that stand in a rule (`tests:`) or beside it (*.test.yaml): events at
// virtual times, and exactly the findings that they must yield.
//
//   for (const RuleTestResult& result :
//        RunRuleTests(*load.set, load.tests, {}))
//     if (!result.passed) Show(result.diff);
//
// The engine is the one of the sensor.  What correlation adds to an event
// (match may not include it) comes through `prepare`.
#ifndef NAMEWARD_MATCH_RULE_TESTS_H_
#define NAMEWARD_MATCH_RULE_TESTS_H_

#include <functional>
#include <string>
#include <vector>

#include "match/match.h"
#include "model/event.h"

namespace nameward {

struct RuleTestEvent {
  Event event;
  // A connect whose test gives `dns:` itself: prepare must not judge it.
  bool verdict_given = false;
};

struct ExpectedFinding {
  std::string rule;
  Nanoseconds at{0};
  std::vector<std::pair<std::string, std::string>> fields;
};

struct RuleTest {
  std::string name;
  std::string path;
  uint32_t line = 0;
  std::string rule;  // the one it stands in; empty: of a *.test.yaml
  std::vector<DomainName> search;  // search domains of the node
  std::vector<RuleTestEvent> events;
  std::vector<ExpectedFinding> expect;
};

struct RuleTestResult {
  std::string name;
  std::string path;
  uint32_t line = 0;
  bool passed = false;
  std::string diff;  // "- expected …" and "+ got …" lines; empty if passed
};

// Called for each test before its first event; returns what is called with each
// event before it is matched (app: correlate and judge with a fresh
// correlator).
using PrepareEvent = std::function<void(Event&)>;
using PrepareFactory = std::function<PrepareEvent(const RuleTest&)>;

std::vector<RuleTestResult> RunRuleTests(const RuleSet& rules,
                                         const std::vector<RuleTest>& tests,
                                         const PrepareFactory& factory);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_RULE_TESTS_H_
