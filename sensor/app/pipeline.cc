// SPDX-License-Identifier: Apache-2.0
#include "app/pipeline.h"

#include <array>
#include <cerrno>
#include <string>
#include <utility>

#include "alert/event_json.h"
#include "alert/human.h"
#include "app/stage_counters.h"
#include "correlate/judge.h"

namespace nameward {
namespace {

// As Event::Kind says, by the body's index.
constexpr std::array<std::string_view,
                     std::variant_size_v<decltype(Event::body)>>
    kKinds = {"dns", "connect", "flow", "transport", "malformed", "loss"};

uint64_t LossOf(const Event& event) {
  const auto* loss = std::get_if<LossEvent>(&event.body);
  return loss == nullptr ? 0 : loss->count;
}

}  // namespace

Pipeline::Pipeline(std::shared_ptr<const RuleSet> rules,
                   PipelineOutputs outputs)
    : rules_(std::move(rules)), outputs_(outputs) {}

Status Pipeline::Consume(const RecordBatch& batch) {
  batch.ForEach([this](const RecordView& record) { OnRecord(record); });
  if (outputs_.events != nullptr) KeepError(outputs_.events->Flush());
  if (outputs_.alerts != nullptr) KeepError(outputs_.alerts->Flush());
  if (failed_) return *failed_;
  return Ok();
}

Status Pipeline::Finish() {
  alerter_.Finish(*this);
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
      return;  // the reserved number of a later version
  }
}

void Pipeline::OnEvent(Event& event) {
  correlator_.Observe(event);
  enricher_.Enrich(event);
  Judge(event, context_, NoPods());
  ++events_[event.body.index()];
  if (outputs_.events != nullptr) WriteEvent(event);
  alerter_.AddLosses(LossOf(event));
  findings_.clear();
  rules_->Match(event, match_context_, findings_);
  for (Finding& finding : findings_)
    alerter_.OnFinding(event, std::move(finding), *this);
}

void Pipeline::OnCgroup(const CgroupChange& change) {
  enricher_.OnCgroup(change);
  correlator_.OnCgroup(change, enricher_.OwnerOf(change.id));
}

void Pipeline::OnClock(const RecordView& record) {
  ByteReader reader(record.payload);
  const auto clock = reader.Copy<ClockRecord>();
  if (!clock) return;
  match_context_.offset = ClockOffset{Nanoseconds(clock->wall_minus_boot_ns)};
  alerter_.SetClock(match_context_.offset);
}

void Pipeline::OnContext(const RecordView& record) {
  const Bytes text = record.payload;
  context_ = Context::FromText(
      {reinterpret_cast<const char*>(text.data()), text.size()});
  match_context_.node = context_.node;
  correlator_.SetContext(context_);
  alerter_.SetNode(context_.node, context_.boot_id);
}

void Pipeline::OnTimer(const RecordView& record) {
  ByteReader reader(record.payload);
  const auto timer = reader.Copy<TimerRecord>();
  if (!timer) return;
  const BootTime now = BootTimeFromNanoseconds(timer->time_ns);
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

void Pipeline::OnAlert(const Alert& alert) {
  if (outputs_.alerts == nullptr) return;
  RenderAlert(alert, outputs_.alert_format, rendered_);
  KeepError(outputs_.alerts->Offer(rendered_));
}

void Pipeline::WriteEvent(const Event& event) {
  rendered_.text.clear();
  if (outputs_.human_events)
    AppendHumanEvent(event, match_context_.offset, rendered_.text);
  else
    AppendEventJson(event, {context_.node, match_context_.offset},
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
  MatchStats matches = past_matches_;
  matches += rules_->stats();
  AddCounters(matches, ledger);
  AddCounters(alerter_.stats(), ledger);
  for (size_t i = 0; i < events_.size(); ++i)
    ledger.Add("events", "kind", kKinds[i], events_[i]);
  if (outputs_.alerts != nullptr) AddCounters(outputs_.alerts->stats(), ledger);
}

uint64_t Pipeline::alerts() const { return alerter_.stats().alerts; }

}  // namespace nameward
