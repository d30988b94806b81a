// SPDX-License-Identifier: Apache-2.0
#include "app/pipeline.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "alert/event_json.h"
#include "alert/human.h"
#include "app/stage_counters.h"
#include "correlate/judge.h"
#include "kube/pod_list_json.h"

namespace nameward {
namespace {

// As Event::Kind says, by the body's index.
constexpr std::array<std::string_view,
                     std::variant_size_v<decltype(Event::body)>>
    kKinds = {"dns", "connect", "flow", "transport", "malformed", "loss"};

std::string_view TextOf(const RecordView& record) {
  return {reinterpret_cast<const char*>(record.payload.data()),
          record.payload.size()};
}

uint64_t LossOf(const Event& event) {
  const auto* loss = std::get_if<LossEvent>(&event.body);
  return loss == nullptr ? 0 : loss->count;
}

}  // namespace

Pipeline::Pipeline(std::shared_ptr<const RuleSet> rules,
                   PipelineOutputs outputs)
    : rules_(std::move(rules)), outputs_(std::move(outputs)) {}

Status Pipeline::Consume(const RecordBatch& batch) {
  batch.ForEach([this](const RecordView& record) { OnRecord(record); });
  if (outputs_.events != nullptr) KeepError(outputs_.events->Flush());
  if (outputs_.alerts != nullptr) KeepError(outputs_.alerts->Flush());
  if (failed_) return *failed_;
  return Ok();
}

Status Pipeline::Finish() {
  waiting_.ReleaseAll(*this);
  alerter_.Finish(*this);
  if (outputs_.events != nullptr) KeepError(outputs_.events->Flush());
  if (outputs_.alerts != nullptr) KeepError(outputs_.alerts->Flush());
  if (failed_) return *failed_;
  return Ok();
}

void Pipeline::OnRecord(const RecordView& record) {
  switch (record.type) {
    case RecordType::kKernel:
    case RecordType::kLoss:
      return decoder_.Decode(record, *this);
    case RecordType::kClock:
      return OnClock(record);
    case RecordType::kContext:
      return OnContext(record);
    case RecordType::kTimer:
      return OnTimer(record);
    case RecordType::kPolicy:
      return OnPolicy(record);
    case RecordType::kPods:
      return OnPods(record);
  }
}

void Pipeline::OnEvent(Event& event) {
  ++observed_;
  AdvanceTo(event.time);
  enricher_.Attribute(event);
  correlator_.Observe(event);
  const bool named = enricher_.Enrich(event);
  if (named && !waiting_.Holds(event.origin.cgroup_id)) return Conclude(event);
  waiting_.Push(event, now_, *this);
  ask_for_pods_();
}

// Its names came, or never will.
void Pipeline::OnReleased(Event& event, Release) {
  (void)enricher_.Enrich(event);
  Conclude(event);
}

void Pipeline::Conclude(Event& event) {
  Judge(event, context_, enricher_);
  enricher_.Count(event);
  ++events_[event.body.index()];
  if (outputs_.events != nullptr) WriteEvent(event);
  if (outputs_.telemetry != nullptr)
    outputs_.telemetry->OnEvent(event, context_, match_context_.offset);
  alerter_.AddLosses(LossOf(event));
  findings_.clear();
  rules_->Match(event, match_context_, findings_);
  for (Finding& finding : findings_)
    alerter_.OnFinding(event, std::move(finding), *this);
}

void Pipeline::OnCgroup(const CgroupChange& change) {
  now_ = std::max(now_, change.time);
  enricher_.OnCgroup(change);
  correlator_.OnCgroup(change, enricher_.OwnerOf(change.id),
                       enricher_.PodKeyOf(change.id));
  if (enricher_.TakeWish()) ask_for_pods_();
  if (waiting_.Holds(change.id)) waiting_.ReleaseNamed(*this);
}

void Pipeline::ExpectPods() {
  match_context_.kubernetes = true;
  enricher_.ExpectPods();
}

// Empty: the source was asked again, and nothing has changed.
void Pipeline::OnPods(const RecordView& record) {
  if (record.payload.empty()) {
    enricher_.OnSamePods(now_);
    waiting_.ReleaseNamed(*this);
    return AskWhileWaiting();
  }
  const auto pods = ParsePodList(TextOf(record));
  if (!pods) {
    ++pods_unreadable_;
    return;
  }
  ExpectPods();
  enricher_.OnPods(*pods, now_);
  waiting_.ReleaseNamed(*this);
  AskWhileWaiting();
}

// A list may come before the one that names what waits; who waits may say
// nothing more.
void Pipeline::AskWhileWaiting() {
  if (!waiting_.empty()) ask_for_pods_();
}

void Pipeline::OnClock(const RecordView& record) {
  ByteReader reader(record.payload);
  const auto clock = reader.Copy<ClockRecord>();
  if (!clock) return;
  match_context_.offset = ClockOffset{Nanoseconds(clock->wall_minus_boot_ns)};
  alerter_.SetClock(match_context_.offset);
}

void Pipeline::OnContext(const RecordView& record) {
  context_ = Context::FromText(TextOf(record));
  match_context_.node = context_.node.name;
  if (context_.pods) ExpectPods();
  correlator_.SetContext(context_);
  alerter_.SetNode(context_.node, context_.boot_id);
}

void Pipeline::OnTimer(const RecordView& record) {
  ByteReader reader(record.payload);
  const auto timer = reader.Copy<TimerRecord>();
  if (!timer) return;
  const BootTime now = BootTimeFromNanoseconds(timer->time_ns);
  AdvanceTo(now);
  AskWhileWaiting();
  correlator_.AdvanceTo(now);
  alerter_.AdvanceTo(now, *this);
}

void Pipeline::OnPolicy(const RecordView& record) {
  const Bytes id = record.payload;
  const std::string text(reinterpret_cast<const char*>(id.data()), id.size());
  if (!policy_id_.empty() && policy_id_ != text) ++policy_changes_;
  policy_id_ = text;
  const MatchStats before = rules_->stats();
  if (next_rules_ != nullptr && next_rules_->Take(rules_))
    past_matches_ += before;
}

void Pipeline::AdvanceTo(BootTime now) {
  now_ = std::max(now_, now);
  waiting_.ReleaseDue(now_, *this);
}

void Pipeline::OnAlert(const Alert& alert) {
  if (outputs_.alerts == nullptr) return;
  RenderAlert(alert, outputs_.alert_format, rendered_);
  NameLog(outputs_.alert_logs, rendered_);
  KeepError(outputs_.alerts->Offer(rendered_));
}

void Pipeline::WriteEvent(const Event& event) {
  rendered_.text.clear();
  if (outputs_.human_events)
    AppendHumanEvent(event, match_context_.offset, rendered_.text);
  else
    AppendEventJson(event, {context_.node.name, match_context_.offset},
                    rendered_.text);
  KeepError(outputs_.events->Offer(rendered_));
}

// A sink counts its errors and tries again; only a reader that is gone for good
// ends the run.
void Pipeline::KeepError(const Status& status) {
  if (!status && status.error().code == EPIPE) failed_ = status.error();
}

void Pipeline::AddTo(Ledger& ledger) const {
  AddCounters(decoder_.stats(), ledger);
  AddCounters(correlator_.stats(), ledger);
  AddCounters(enricher_.stats(), ledger);
  AddCounters(enricher_.pods().stats(), ledger);
  AddCounters(waiting_.stats(), ledger);
  ledger.Add("pods_unreadable", pods_unreadable_);
  MatchStats matches = past_matches_;
  matches += rules_->stats();
  AddCounters(matches, ledger);
  AddCounters(alerter_.stats(), ledger);
  ledger.Add("events_observed", observed_);
  for (size_t i = 0; i < events_.size(); ++i)
    ledger.Add("events", "kind", kKinds[i], events_[i]);
  if (outputs_.alerts != nullptr) AddCounters(outputs_.alerts->stats(), ledger);
}

uint64_t Pipeline::alerts() const { return alerter_.stats().alerts; }

}  // namespace nameward
