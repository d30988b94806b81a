// SPDX-License-Identifier: Apache-2.0
#include "alert/alerter.h"

#include <algorithm>
#include <utility>

#include "alert/facts.h"
#include "alert/uuid.h"

namespace nameward {
namespace {

constexpr size_t kDnsHeader = 12;  // RFC 1035 4.1.1
constexpr char kUnit = '\x1f';     // as in Finding::dedup_key

void AppendPart(std::string_view part, std::string& key) {
  if (!key.empty()) key += kUnit;
  key += part;
}

// Length first: no key that an attacker makes reaches into the rule's id.
std::string WindowKey(const Finding& finding) {
  return std::to_string(finding.rule->id.size()) + kUnit + finding.rule->id +
         kUnit + finding.dedup_key;
}

std::string PodOf(const Event& event) {
  const Workload& workload = WorkloadOf(event);
  if (workload.pod)
    return workload.pod->namespace_name + "/" + workload.pod->name;
  if (!workload.pod_uid.empty()) return "pod/" + workload.pod_uid;
  return workload.DisplayName();
}

std::string RateScope(const Event& event, const std::string& per) {
  const Workload& workload = WorkloadOf(event);
  if (per == "node" || per == "rule") return {};
  if (per == "pod") return PodOf(event);
  if (per == "namespace" && workload.pod) return workload.pod->namespace_name;
  return workload.DisplayName();
}

// What a window keeps of its first event: what an update shows, without the
// bytes of the message, which an attacker may make 64 KiB long.
void DropBulk(Event& event) {
  if (auto* dns = std::get_if<DnsEvent>(&event.body)) {
    auto& wire = dns->message.wire;
    wire.resize(std::min(wire.size(), kDnsHeader));  // it counts the answers
    wire.shrink_to_fit();
    dns->message.records = {};
    dns->message.addresses = {};
  } else if (auto* connect = std::get_if<ConnectEvent>(&event.body)) {
    connect->evidence = {};
    connect->verdict.last_asked = {};
  }
}

}  // namespace

Alerter::Alerter(AlerterOptions options) : options_(std::move(options)) {}

void Alerter::OnFinding(const Event& event, Finding finding,
                        AlertReceiver& out) {
  AdvanceTo(event.time, out);
  ++stats_.matched;
  if (finding.rule->mode == RuleMode::kOff) {
    ++stats_.suppressed_off;
    return;
  }
  key_ = WindowKey(finding);
  if (CountHit(event) || !Admit(event, finding, out)) return;
  const bool dry_run = finding.rule->mode == RuleMode::kDryRun;
  ++(dry_run ? stats_.suppressed_dry_run : stats_.alerts);
  Alert alert = MakeAlert(event, std::move(finding));
  Emit(alert, out);
  if (alert.finding.rule->dedup_window > Nanoseconds(0))
    OpenWindow(std::move(alert), out);
}

// A hit of the window key_, if it is open.
bool Alerter::CountHit(const Event& event) {
  const auto found = windows_.find(key_);
  if (found == windows_.end()) return false;
  Alert& alert = found->second;
  ++alert.count;
  alert.time = offset_.ToWall(event.time);
  alert.last_seen = std::max(alert.last_seen, alert.time);
  ++stats_.suppressed_dedup;
  return true;
}

// Whether the rule's rate limit lets one more alert pass; counts it if not.
bool Alerter::Admit(const Event& event, const Finding& finding,
                    AlertReceiver& out) {
  const RateLimit& stated = finding.rule->rate_limit;
  const bool unlimited = stated.burst == 0 || stated.every <= Nanoseconds(0);
  const RateLimit& limit = unlimited ? AlerterOptions::kStormLimit : stated;
  const std::string scope = RateScope(event, limit.per);
  std::string key = std::to_string(finding.rule->id.size());
  AppendPart(finding.rule->id, key);
  AppendPart(scope, key);
  auto found = intervals_.find(key);
  if (found == intervals_.end()) {
    OpenInterval(key, event.time + limit.every, out);
    found = intervals_.find(key);
  }
  if (Pass(found->second, limit, event)) return true;
  HoldBack(found->second, event, finding, scope);
  return false;
}

// The limit's alerts first come, first served; and each pod's share.
bool Alerter::Pass(Interval& interval, const RateLimit& limit,
                   const Event& event) {
  const bool room = interval.passed < limit.burst;
  if (limit.per == "pod") {  // the limit is the pod's own: no shares in it
    interval.passed += room;
    return room;
  }
  const uint32_t share =
      std::max<uint32_t>(1, limit.burst / AlerterOptions::kShare);
  const std::string pod = PodOf(event);
  auto of_pod = interval.passed_of.find(pod);
  if (of_pod == interval.passed_of.end() &&
      interval.passed_of.size() < AlerterOptions::kMaxPods)
    of_pod = interval.passed_of.emplace(pod, 0).first;
  const bool known = of_pod != interval.passed_of.end();
  if (!room && !(known && of_pod->second < share)) return false;
  if (known) ++of_pod->second;
  ++interval.passed;
  return true;
}

void Alerter::HoldBack(Interval& interval, const Event& event,
                       const Finding& finding, const std::string& scope) {
  ++stats_.suppressed_rate;
  Alert& summary = interval.summary;
  if (summary.count == 0) {
    summary = MakeAlert(event, finding);
    summary.count = 0;
    summary.update = true;
    summary.finding.reason = " more alerts of this rule for " +
                             (scope.empty() ? options_.node.name : scope) +
                             " were held back by its rate limit";
    DropBulk(summary.event);
  }
  ++summary.count;
  summary.time = offset_.ToWall(event.time);
  summary.last_seen = std::max(summary.last_seen, summary.time);
}

Alert Alerter::MakeAlert(const Event& event, Finding finding) const {
  Alert alert;
  alert.event = event;
  alert.first_seen = alert.last_seen = alert.time = offset_.ToWall(event.time);
  alert.node = options_.node;
  std::string name = options_.node.name;
  AppendPart(options_.boot_id, name);
  AppendPart(WindowKey(finding), name);
  AppendPart(std::to_string(event.seq), name);
  // A sensor that starts again in the same boot counts from the beginning.
  AppendPart(std::to_string(event.time.time_since_epoch().count()), name);
  alert.finding_uid = UuidV5(name);
  alert.finding = std::move(finding);
  return alert;
}

void Alerter::Emit(Alert& alert, AlertReceiver& out) {
  // The finding's id already stands for node, boot, rule and first event.
  alert.uid =
      UuidV5(alert.finding_uid + kUnit + std::to_string(alert.update_number));
  alert.losses_since_last = losses_;
  // A dry-run alert does not reach those who must hear of the losses.
  if (alert.finding.rule->mode != RuleMode::kDryRun) losses_ = 0;
  out.OnAlert(alert);
}

void Alerter::OpenWindow(Alert alert, AlertReceiver& out) {
  const size_t share =
      std::max<size_t>(1, options_.max_windows / AlerterOptions::kShare);
  const std::string pod = PodOf(alert.event);
  const auto of_pod = window_ends_of_.find(pod);
  const bool flooding =
      of_pod != window_ends_of_.end() && of_pod->second.size() >= share;
  if (windows_.size() >= options_.max_windows || flooding) {
    ++stats_.windows_closed_early;
    Deadlines& from = flooding ? of_pod->second : window_ends_;
    CloseWindow(from.extract(from.begin()), out);
  }
  DropBulk(alert.event);
  const BootTime ends = alert.event.time + alert.finding.rule->dedup_window;
  window_ends_.emplace(ends, key_);
  window_ends_of_[pod].emplace(ends, key_);
  windows_.emplace(key_, std::move(alert));
  UpdateNextDue();
}

// `due` is out of one of the two sets of deadlines, and leaves the other here.
void Alerter::CloseWindow(Deadlines::node_type due, AlertReceiver& out) {
  auto node = windows_.extract(due.value().second);
  Alert& alert = node.mapped();
  window_ends_.erase(due.value());
  const auto of_pod = window_ends_of_.find(PodOf(alert.event));
  of_pod->second.erase(due.value());
  if (of_pod->second.empty()) window_ends_of_.erase(of_pod);
  if (alert.count == 1) return;  // told when the window opened
  alert.update = true;
  ++alert.update_number;
  ++stats_.updates;
  Emit(alert, out);
}

void Alerter::OpenInterval(const std::string& key, BootTime ends,
                           AlertReceiver& out) {
  if (intervals_.size() >= options_.max_intervals) {
    ++stats_.intervals_closed_early;
    CloseInterval(out);
  }
  Interval& interval = intervals_[key];
  interval.summary.count = 0;
  interval_ends_.emplace(ends, key);
  UpdateNextDue();
}

void Alerter::CloseInterval(AlertReceiver& out) {
  auto node = intervals_.extract(
      interval_ends_.extract(interval_ends_.begin()).value().second);
  Alert& summary = node.mapped().summary;
  if (summary.count == 0) return;
  summary.finding.reason.insert(0, std::to_string(summary.count));
  ++summary.update_number;
  ++stats_.summaries;
  Emit(summary, out);
}

void Alerter::AdvanceTo(BootTime now, AlertReceiver& out) {
  while (next_due_ <= now && CloseNext(out)) {
  }
}

void Alerter::Finish(AlertReceiver& out) { AdvanceTo(BootTime::max(), out); }

// Ends what is due first; false if nothing is open.
bool Alerter::CloseNext(AlertReceiver& out) {
  if (window_ends_.empty() && interval_ends_.empty()) return false;
  const bool window =
      interval_ends_.empty() ||
      (!window_ends_.empty() &&
       window_ends_.begin()->first <= interval_ends_.begin()->first);
  if (window)
    CloseWindow(window_ends_.extract(window_ends_.begin()), out);
  else
    CloseInterval(out);
  UpdateNextDue();
  return true;
}

void Alerter::UpdateNextDue() {
  next_due_ = BootTime::max();
  if (!window_ends_.empty()) next_due_ = window_ends_.begin()->first;
  if (!interval_ends_.empty())
    next_due_ = std::min(next_due_, interval_ends_.begin()->first);
}

}  // namespace nameward
