// SPDX-License-Identifier: Apache-2.0
#include "app/stage_counters.h"

namespace nameward {

void AddCounters(const DecodeStats& decode, Ledger& ledger) {
  ledger.Add("records_consumed", decode.records);
  ledger.Add("records_decoded", decode.decoded);
  ledger.Add("records_passed_over", "why", "not_dns", decode.not_dns);
  ledger.Add("records_passed_over", "why", "server_side", decode.server_side);
  for (size_t i = 0; i < decode.rejected.size(); ++i)
    ledger.Add("records_rejected", "reason",
               ToString(static_cast<MalformedReason>(i)), decode.rejected[i]);
  const auto evicted = [&ledger](std::string_view table, uint64_t count) {
    ledger.Add("decode_evicted", "table", table, count);
  };
  evicted("datagrams", decode.datagrams_evicted);
  evicted("streams", decode.streams.evicted);
  evicted("flows", decode.flows_evicted);
  evicted("callers", decode.callers_evicted);
  evicted("executables", decode.executables_evicted);
}

void AddCounters(const CorrelateStats& correlate, Ledger& ledger) {
  const PendingStats& pending = correlate.pending;
  ledger.Add("dns_queries", pending.queries);
  ledger.Add("dns_answers_matched", pending.matched);
  for (size_t i = 0; i < pending.unmatched.size(); ++i)
    ledger.Add("dns_answers_unmatched", "reason",
               ToString(static_cast<Unmatched>(i)), pending.unmatched[i]);
  ledger.Add("dns_answers_case_mismatch", pending.case_mismatches);
  const auto evicted = [&ledger](std::string_view table, uint64_t count) {
    ledger.Add("correlate_evicted", "table", table, count);
  };
  evicted("queries", pending.evicted);
  evicted("queries_refused", pending.refused);
  evicted("bindings_expired", correlate.addresses.evicted_expired);
  evicted("bindings_bound", correlate.addresses.evicted_bound);
  evicted("bindings_of_name", correlate.addresses.evicted_of_name);
  evicted("bindings_of_address", correlate.addresses.evicted_of_address);
  evicted("bindings_starved", correlate.addresses.starved);
  evicted("cgroups", correlate.cgroups_evicted);
  evicted("cgroups_refused", correlate.cgroups_refused);
  ledger.Add("losses_unattributed", correlate.unattributed_losses);
}

void AddCounters(const EnrichStats& enrich, Ledger& ledger) {
  ledger.Add("enrich_unknown_cgroup", enrich.unknown);
  ledger.Add("enrich_evicted", enrich.evicted);
  ledger.Add("enrich_refused", enrich.refused);
  ledger.Add("enrich_moved_processes", enrich.moved);
  for (size_t i = 0; i < enrich.events.size(); ++i)
    ledger.Add("enrich_events", "naming", ToString(static_cast<Naming>(i)),
               enrich.events[i]);
}

void AddCounters(const PodIndexStats& pods, Ledger& ledger) {
  ledger.Add("pods_snapshots", pods.snapshots);
  ledger.Add("pods_evicted", pods.evicted);
  ledger.Add("pods_container_conflicts", pods.conflicts);
}

void AddCounters(const WaitingStats& waiting, Ledger& ledger) {
  ledger.Add("events_waited", waiting.waited);
  for (size_t i = 0; i < waiting.released.size(); ++i)
    ledger.Add("events_released", "why", ToString(static_cast<Release>(i)),
               waiting.released[i]);
}

void AddCounters(const MatchStats& match, Ledger& ledger) {
  ledger.Add("match_pattern_out_of_memory", match.pattern_out_of_memory);
  ledger.Add("match_expired_exceptions", match.expired_exceptions);
}

void AddCounters(const AlerterStats& alerts, Ledger& ledger) {
  ledger.Add("findings_matched", alerts.matched);
  ledger.Add("findings_alerted", alerts.alerts);
  const auto suppressed = [&ledger](std::string_view reason, uint64_t count) {
    ledger.Add("findings_suppressed", "reason", reason, count);
  };
  suppressed("dedup", alerts.suppressed_dedup);
  suppressed("rate", alerts.suppressed_rate);
  suppressed("dry_run", alerts.suppressed_dry_run);
  suppressed("off", alerts.suppressed_off);
  ledger.Add("alert_updates", alerts.updates);
  ledger.Add("alert_summaries", alerts.summaries);
  ledger.Add("alert_windows_closed_early", alerts.windows_closed_early);
}

void AddCounters(const SinkStats& sink, Ledger& ledger) {
  ledger.Add("sink_lines", "fate", "delivered", sink.delivered);
  ledger.Add("sink_lines", "fate", "failed", sink.failed);
  ledger.Add("sink_lines", "fate", "pending", sink.pending);
  ledger.Add("sink_errors", sink.errors);
}

}  // namespace nameward
