// SPDX-License-Identifier: Apache-2.0
// The policy engine: rule files in, findings out.  docs/rules.md is the
// language; the format is `apiVersion: egress.rules/v1`.
//
//   RuleLoad load = LoadRules(files, {.commit = "4f2a", .read_list = Read});
//   if (load.set == nullptr) return Show(load.diagnostics);
//   load.set->Match(event, context, findings);
//
// Guarantees: every rule of the event's kind is evaluated, none shadows
// another.  A leaf on an absent field is unknown, `not` of unknown is unknown,
// and a rule fires only on true; unknowns are counted.  Loading reports every
// error of every file at once and yields no set if there is one.  No name is
// ever resolved.  Nothing is allocated when nothing fires, but for a name that
// a regex hits (RE2::Set allocates its result).
//
// A RuleSet is immutable but for its counters and scratch space: one thread at
// a time.  Cost: 1,000 rules and 100,000 list items ~ 1 us per event.
#ifndef NAMEWARD_MATCH_MATCH_H_
#define NAMEWARD_MATCH_MATCH_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "match/diagnostic.h"
#include "model/event.h"
#include "model/finding.h"

namespace nameward {

struct RuleSource {
  std::string path;     // as shown in errors; lists' files are beside it
  std::string content;  // the whole text
};

// Reads a list's file; refuses one longer than `max_bytes`.
using ReadListFile = std::function<Result<std::string>(const std::string& path,
                                                       size_t max_bytes)>;

struct RuleLoadOptions {
  std::string commit;      // of the rules' repository; may be empty
  ReadListFile read_list;  // null: a list with `file:` is an error
};

struct MatchContext {
  std::string node;
  ClockOffset offset;  // for exceptions that expire
  // Whether names of pods are to be had: without, a process outside a pod is
  // known to be in none; with, it may be that its pod is not known yet.
  bool kubernetes = false;
};

struct RuleCounters {
  std::string id;
  uint64_t fired = 0;
  uint64_t excepted = 0;  // an exception took it
  uint64_t unknown = 0;   // neither true nor false
};

struct MatchStats {
  uint64_t events = 0;
  uint64_t findings = 0;
  uint64_t expired_exceptions = 0;     // would have taken it, but for its date
  uint64_t pattern_out_of_memory = 0;  // RE2::Set gave up; tried one by one

  MatchStats& operator+=(const MatchStats& other) {
    events += other.events;
    findings += other.findings;
    expired_exceptions += other.expired_exceptions;
    pattern_out_of_memory += other.pattern_out_of_memory;
    return *this;
  }
};

class CompiledRules;

class RuleSet {
 public:
  explicit RuleSet(std::unique_ptr<CompiledRules> rules);
  ~RuleSet();
  RuleSet(const RuleSet&) = delete;
  RuleSet& operator=(const RuleSet&) = delete;

  // Appends one finding for each rule that fires.
  void Match(const Event& event, const MatchContext& context,
             std::vector<Finding>& out) const;

  // Commit and content hash: "4f2a+9c1d…".
  const std::string& set_id() const;
  size_t rule_count() const;
  MatchStats stats() const;
  std::vector<RuleCounters> counters() const;

 private:
  std::unique_ptr<CompiledRules> rules_;
};

struct RuleTest;  // match/rule_tests.h

struct RuleLoad {
  std::shared_ptr<const RuleSet> set;  // null if any diagnostic is an error
  Diagnostics diagnostics;             // sorted by place
  std::vector<RuleTest> tests;         // those in rules and in *.test.yaml
  RuleLoad();
  ~RuleLoad();
  RuleLoad(RuleLoad&&) noexcept;
  RuleLoad& operator=(RuleLoad&&) noexcept;
};

// `files`: each *.yaml of the policy; those named *.test.yaml hold tests only.
RuleLoad LoadRules(const std::vector<RuleSource>& files,
                   const RuleLoadOptions& options);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_MATCH_H_
