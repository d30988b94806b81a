// SPDX-License-Identifier: Apache-2.0
// The order of the stages, and the only place that knows it:
//
//   record → decode → correlate → enrich → judge → match → alert → sink
//
// One thread, no locks, no clock: everything comes from the records, so the
// same records give the same bytes.  Live, in a replay and in the rule tests
// alike.
#ifndef NAMEWARD_APP_PIPELINE_H_
#define NAMEWARD_APP_PIPELINE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "alert/alerter.h"
#include "alert/render.h"
#include "app/consumer.h"
#include "app/ledger.h"
#include "app/rule_slot.h"
#include "base/clock.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "deliver/sink.h"
#include "enrich/enrich.h"
#include "match/match.h"
#include "model/context.h"
#include "model/record.h"

namespace nameward {

// Where finished things go; a null pointer leaves that kind out.
struct PipelineOutputs {
  AlertSink* alerts = nullptr;
  AlertSink* events = nullptr;  // docs/events.md, one line each
  AlertFormat alert_format = AlertFormat::kOcsf;
  bool human_events = false;
};

class Pipeline final : public RecordConsumer,
                       private DecodeSink,
                       private AlertReceiver {
 public:
  Pipeline(std::shared_ptr<const RuleSet> rules, PipelineOutputs outputs);

  // From where a kPolicy record makes the pipeline take its next rules; without
  // it (a replay) such records are only counted.
  void SetNextRules(RuleSlot* next) { next_rules_ = next; }

  Status Consume(const RecordBatch& batch) override;
  // Closes the dedup windows: the last updates go out.
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
  Alerter alerter_{AlerterOptions{}};
  std::vector<Finding> findings_;
  RenderedAlert rendered_;
  std::array<uint64_t, std::variant_size_v<decltype(Event::body)>> events_{};
  std::optional<Error> failed_;  // of a sink; ends the run
};

}  // namespace nameward

#endif  // NAMEWARD_APP_PIPELINE_H_
