// SPDX-License-Identifier: Apache-2.0
// The order of the stages, and the only place that knows it:
//
//   record → decode → attribute → correlate → enrich → [wait for names]
//          → judge → match → alert → sink
//
// Correlation runs at once, in the kernel's order; an event of a pod that is
// not known yet waits for its names, and nothing else does.
//
// One thread, no locks, no clock: everything comes from the records, so the
// same records give the same bytes.  Live, in a replay and in the rule tests
// alike.
#ifndef NAMEWARD_APP_PIPELINE_H_
#define NAMEWARD_APP_PIPELINE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "alert/alerter.h"
#include "alert/render.h"
#include "app/consumer.h"
#include "app/ledger.h"
#include "app/rule_slot.h"
#include "app/telemetry_output.h"
#include "base/clock.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "deliver/sink.h"
#include "enrich/enrich.h"
#include "enrich/waiting.h"
#include "match/match.h"
#include "model/context.h"
#include "model/record.h"

namespace nameward {

// Where finished things go; a null pointer leaves that kind out.
struct PipelineOutputs {
  AlertSink* alerts = nullptr;
  AlertSink* events = nullptr;  // docs/events.md, one line each
  TelemetryOutput* telemetry = nullptr;
  AlertFormat alert_format = AlertFormat::kOcsf;
  AlertLogs alert_logs;
  bool human_events = false;
};

class Pipeline final : public RecordConsumer,
                       private DecodeSink,
                       private WaitingSink,
                       private AlertReceiver {
 public:
  Pipeline(std::shared_ptr<const RuleSet> rules, PipelineOutputs outputs);

  // From where a kPolicy record makes the pipeline take its next rules; without
  // it (a replay) such records are only counted.
  void SetNextRules(RuleSlot* next) { next_rules_ = next; }

  // Called from the worker's thread when names of pods are missing; must not
  // wait.  Often: who asks the kubelet keeps the distance.
  void AskForPods(std::function<void()> ask) { ask_for_pods_ = std::move(ask); }

  Status Consume(const RecordBatch& batch) override;
  // What waits goes out, then the last updates of the dedup windows.
  Status Finish() override;

  void AddTo(Ledger& ledger) const override;
  uint64_t alerts() const;
  // How often the records said that another policy came into force.
  uint64_t policy_changes() const { return policy_changes_; }

 private:
  void OnRecord(const RecordView& record);
  void OnEvent(Event& event) override;
  void OnCgroup(const CgroupChange& change) override;
  void OnClock(const RecordView& record);
  void OnContext(const RecordView& record);
  void OnTimer(const RecordView& record);
  void OnPolicy(const RecordView& record);
  void ExpectPods();
  void OnPods(const RecordView& record);
  void AskWhileWaiting();
  void AdvanceTo(BootTime now);
  bool IsNamed(Event& event) override { return enricher_.Enrich(event); }
  void OnUnnamed(uint64_t cgroup) override { enricher_.GiveUp(cgroup, now_); }
  void OnReleased(Event& event, Release why) override;
  void Conclude(Event& event);
  void OnAlert(const Alert& alert) override;
  void WriteEvent(const Event& event);
  void KeepError(const Status& status);

  std::shared_ptr<const RuleSet> rules_;
  RuleSlot* next_rules_ = nullptr;
  MatchStats past_matches_;  // of the rule sets before this one
  std::string policy_id_;    // as the records say
  uint64_t policy_changes_ = 0;
  const PipelineOutputs outputs_;
  Context context_;
  MatchContext match_context_;
  Decoder decoder_;
  Correlator correlator_{CorrelateOptions{}};
  Enricher enricher_;
  WaitingEvents waiting_;
  std::function<void()> ask_for_pods_ = [] {};
  BootTime now_{};  // the latest of any record
  uint64_t pods_unreadable_ = 0;
  uint64_t observed_ = 0;  // events, concluded or waiting
  Alerter alerter_{AlerterOptions{}};
  std::vector<Finding> findings_;
  RenderedAlert rendered_;
  std::array<uint64_t, std::variant_size_v<decltype(Event::body)>> events_{};
  std::optional<Error> failed_;  // of a sink; ends the run
};

}  // namespace nameward

#endif  // NAMEWARD_APP_PIPELINE_H_
