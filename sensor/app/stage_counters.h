// SPDX-License-Identifier: Apache-2.0
// Each stage's own counters as rows of the ledger; docs/operations.md says what
// each means.
#ifndef NAMEWARD_APP_STAGE_COUNTERS_H_
#define NAMEWARD_APP_STAGE_COUNTERS_H_

#include "alert/alerter.h"
#include "app/ledger.h"
#include "correlate/correlate.h"
#include "decode/decode.h"
#include "deliver/sink.h"
#include "enrich/enrich.h"
#include "enrich/waiting.h"
#include "match/match.h"

namespace nameward {

void AddCounters(const DecodeStats& decode, Ledger& ledger);
void AddCounters(const CorrelateStats& correlate, Ledger& ledger);
void AddCounters(const EnrichStats& enrich, Ledger& ledger);
void AddCounters(const PodIndexStats& pods, Ledger& ledger);
void AddCounters(const WaitingStats& waiting, Ledger& ledger);
void AddCounters(const MatchStats& match, Ledger& ledger);
void AddCounters(const AlerterStats& alerts, Ledger& ledger);
void AddCounters(const SinkStats& sink, Ledger& ledger);

}  // namespace nameward

#endif  // NAMEWARD_APP_STAGE_COUNTERS_H_
