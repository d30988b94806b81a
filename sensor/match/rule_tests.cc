// SPDX-License-Identifier: Apache-2.0
#include "match/rule_tests.h"

#include <algorithm>

#include "match/event_fields.h"

namespace nameward {
namespace {

std::string ShowTime(Nanoseconds at) {
  const auto ms = at.count() / 1'000'000;
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s"
                        : std::to_string(ms) + "ms";
}

std::string Show(const ExpectedFinding& expected) {
  std::string text = expected.rule + " at " + ShowTime(expected.at);
  for (const auto& [field, value] : expected.fields)
    text.append(", ").append(field).append(" ").append(value);
  return text;
}

struct Got {
  Finding finding;
  const RuleTestEvent* event = nullptr;
  bool met = false;
};

bool Meets(const Got& got, const ExpectedFinding& expected) {
  if (got.met || got.finding.rule->id != expected.rule) return false;
  if (got.event->event.time != BootTime(expected.at)) return false;
  const MatchContext context;
  EventFields fields;
  fields.Reset(got.event->event, context);
  return std::all_of(
      expected.fields.begin(), expected.fields.end(), [&](const auto& wanted) {
        const Field* field = FindField(wanted.first);
        return field != nullptr && fields.Show(*field) == wanted.second;
      });
}

std::string Compare(const RuleTest& test, std::vector<Got>& all) {
  std::string diff;
  for (const ExpectedFinding& expected : test.expect) {
    const auto found =
        std::find_if(all.begin(), all.end(),
                     [&](const Got& got) { return Meets(got, expected); });
    if (found == all.end())
      diff += "- expected  " + Show(expected) + "\n";
    else
      found->met = true;
  }
  for (const Got& got : all)
    if (!got.met)
      diff += "+ got       " + got.finding.rule->id + " at " +
              ShowTime(got.event->event.time.time_since_epoch()) + ": " +
              got.finding.reason + "\n";
  return diff;
}

}  // namespace

std::vector<RuleTestResult> RunRuleTests(const RuleSet& rules,
                                         const std::vector<RuleTest>& tests,
                                         const PrepareFactory& factory) {
  std::vector<RuleTestResult> results;
  for (const RuleTest& test : tests) {
    const PrepareEvent prepare = factory ? factory(test) : PrepareEvent();
    std::vector<RuleTestEvent> events = test.events;
    std::vector<Got> all;
    for (RuleTestEvent& event : events) {
      if (prepare && !event.verdict_given) prepare(event.event);
      std::vector<Finding> findings;
      rules.Match(event.event, MatchContext{}, findings);
      for (Finding& finding : findings) {
        const bool ours = test.rule.empty() || finding.rule->id == test.rule;
        if (ours) all.push_back({std::move(finding), &event, false});
      }
    }
    std::string diff = Compare(test, all);
    results.push_back(
        {test.name, test.path, test.line, diff.empty(), std::move(diff)});
  }
  return results;
}

}  // namespace nameward
