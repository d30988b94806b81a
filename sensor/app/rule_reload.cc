// SPDX-License-Identifier: Apache-2.0
#include "app/rule_reload.h"

#include <malloc.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "app/gauge.h"
#include "app/policy_files.h"

namespace nameward {
namespace {

// A save is a handful of system calls, a checkout some hundred: read once it is
// over.  Whoever writes without end is read all the same.
constexpr int kQuietMs = 100;
constexpr int kMostWaits = 20;
constexpr int kRetryMs = 10'000;         // while the files can't be read
constexpr size_t kMostDiagnostics = 10;  // in the log, of one reading
constexpr std::array<std::string_view, 4> kOutcomes = {"applied", "unchanged",
                                                       "unreadable", "invalid"};

std::vector<std::string> Errors(const Diagnostics& diagnostics) {
  std::vector<std::string> errors;
  for (const Diagnostic& one : diagnostics)
    if (one.level == Diagnostic::Level::kError)
      errors.push_back(one.ToString());
  return errors;
}

}  // namespace

RuleReloader::RuleReloader(InForce now, RuleSlot& slot, Log& log, Clock& clock)
    : paths_(std::move(now.paths)),
      slot_(slot),
      log_(log),
      clock_(clock),
      watch_(paths_),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      state_{std::move(now.set_id), now.rules, clock.Now(), ""} {}

RuleReloader::~RuleReloader() { Stop(); }

void RuleReloader::Start(std::function<bool(RecordBatch)> inject) {
  if (paths_.empty()) return;
  inject_ = std::move(inject);
  thread_ = std::thread([this] { Run(); });
}

void RuleReloader::Stop() {
  stopping_ = true;
  Force();
  if (thread_.joinable()) thread_.join();
}

void RuleReloader::Force() { (void)eventfd_write(wake_.get(), 1); }

void RuleReloader::Run() {
  const auto arm = [this] {
    if (const Status armed = watch_.Arm(); !armed)
      log_.Warn("policy-watch", armed.error().ToString());
  };
  // What changed between the first reading and the first watch is read now; it
  // is unchanged in all but one case.
  for (arm(), Force(); AwaitChange();) {
    arm();
    Reload();
  }
}

// False: the end.  True once there was a change and then none for a moment.
bool RuleReloader::AwaitChange() {
  pollfd both[] = {{wake_.get(), POLLIN, 0}, {watch_.fd(), POLLIN, 0}};
  (void)poll(both, 2, retry_ ? kRetryMs : -1);
  for (int i = 0; i < kMostWaits && !stopping_; ++i) {
    watch_.Drain();
    if (poll(&both[1], 1, kQuietMs) == 0) break;
  }
  eventfd_t forced;
  (void)eventfd_read(wake_.get(), &forced);
  return !stopping_;
}

void RuleReloader::Reload() {
  const Outcome outcome = LoadAndSwap();
  retry_ = outcome == Outcome::kUnreadable;
  ++outcomes_[static_cast<size_t>(outcome)];
  // A compiler leaves holes behind.
  malloc_trim(0);
}

RuleReloader::Outcome RuleReloader::LoadAndSwap() {
  Result<Policy> policy = ReadPolicy(paths_);
  if (!policy) return Refuse(Outcome::kUnreadable, policy.error().ToString());
  const RuleLoad load =
      LoadRules(policy->files, {.commit = "", .read_list = policy->read_list});
  if (load.set == nullptr) {
    const auto errors = Errors(load.diagnostics);
    for (size_t i = 1; i < errors.size() && i < kMostDiagnostics; ++i)
      log_.Tell(LogLevel::kError, "policy: " + errors[i]);
    const size_t more = errors.size() - 1;
    return Refuse(Outcome::kInvalid,
                  errors[0] + (more == 0 ? ""
                                         : ", and " + std::to_string(more) +
                                               " more errors"));
  }
  {
    const std::lock_guard lock(mutex_);
    state_.note.clear();
    if (load.set->set_id() == state_.set_id) return Outcome::kUnchanged;
  }
  return HandOver(load.set) ? Outcome::kApplied : Outcome::kUnchanged;
}

RuleReloader::Outcome RuleReloader::Refuse(Outcome outcome,
                                           const std::string& why) {
  std::string note;
  {
    const std::lock_guard lock(mutex_);
    note = "policy: " + why + "; set " + state_.set_id + " stays in force";
    state_.note = note;
  }
  // While files are missing this comes every few seconds.
  if (outcome == Outcome::kUnreadable)
    log_.Fail("policy", note);
  else
    log_.Tell(LogLevel::kError, note);
  return outcome;
}

// False: the run ends first.
bool RuleReloader::HandOver(const std::shared_ptr<const RuleSet>& set) {
  const std::string id = set->set_id();
  const size_t rules = set->rule_count();
  slot_.Offer(set);
  RecordBatch batch;
  batch.AppendText(RecordType::kPolicy, id);
  if (!inject_(std::move(batch))) return false;
  std::shared_ptr<const RuleSet> old;
  while (!slot_.AwaitTaken(100ms, old))
    if (stopping_) return false;
  {
    const std::lock_guard lock(mutex_);
    state_ = {id, rules, clock_.Now(), ""};
  }
  log_.Tell(LogLevel::kInfo,
            "policy: " + std::to_string(rules) + " rules in force, set " + id);
  return true;
}

std::string RuleReloader::Note() const {
  const std::lock_guard lock(mutex_);
  return state_.note.empty() ? "" : state_.note + "\n";
}

void RuleReloader::AddTo(Ledger& ledger) const {
  for (size_t i = 0; i < kOutcomes.size(); ++i)
    ledger.Add("rules_reload", "outcome", kOutcomes[i], outcomes_[i]);
}

std::string RuleReloader::Gauges() const {
  const std::lock_guard lock(mutex_);
  return Gauge("rules", state_.rules) +
         Gauge("rules_set", "{set=\"" + state_.set_id + "\"}", "1") +
         Gauge("rules_age_seconds", "", Seconds(clock_.Now() - state_.loaded)) +
         Gauge("rules_refused", state_.note.empty() ? 0 : 1);
}

}  // namespace nameward
