// SPDX-License-Identifier: Apache-2.0
#include "app/ledger.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

Ledger Balanced() {
  Ledger ledger;
  ledger.Add("records_offered", "class", "answer", 10);
  ledger.Add("records_dropped", "class_fate", "answer/full", 2);
  ledger.Add("records_sent", "class", "answer", 8);
  ledger.Add("records_made", 3);
  ledger.Add("records_consumed", 10);
  ledger.Add("records_decoded", 8);
  ledger.Add("records_rejected", "reason", "pointer", 1);
  ledger.Add("records_passed_over", "why", "not_dns", 1);
  ledger.Add("events_observed", 8);
  ledger.Add("events", "kind", "dns", 5);
  ledger.Add("events_waited", 4);
  ledger.Add("events_released", "why", "named", 1);
  ledger.Add("findings_matched", 4);
  ledger.Add("findings_alerted", 1);
  ledger.Add("findings_suppressed", "reason", "dedup", 3);
  return ledger;
}

TEST(Ledger, ClosesWhenEveryRecordHasAFate) {
  const Ledger ledger = Balanced();
  EXPECT_EQ(ledger.InFlight(), 1U);
  EXPECT_TRUE(ledger.Closes()) << ledger.ToLine();
}

TEST(Ledger, ARecordThatAProgramIsAtIsInFlight) {
  Ledger ledger = Balanced();
  ledger.Add("records_offered", "class", "answer", 2);
  EXPECT_FALSE(ledger.Closes());
  ledger.Add("records_pending", 2);
  EXPECT_TRUE(ledger.Closes()) << ledger.ToLine();
  EXPECT_EQ(ledger.InFlight(), 3U);
}

TEST(Ledger, MoreConsumedThanWasOfferedDoesNotClose) {
  Ledger ledger = Balanced();
  ledger.Add("records_consumed", 2);
  ledger.Add("records_decoded", 2);
  EXPECT_FALSE(ledger.Closes());
}

TEST(Ledger, ARecordWithoutAFateIsSaid) {
  for (const char* name :
       {"records_offered", "records_decoded", "events", "findings_matched"}) {
    Ledger ledger = Balanced();
    ledger.Add(name, "class", "answer", 1);
    EXPECT_FALSE(ledger.Closes()) << name;
    EXPECT_NE(ledger.ToLine().find("DOES NOT CLOSE"), std::string::npos);
  }
}

TEST(Ledger, NoStreamHidesTheErrorOfAnother) {
  Ledger ledger;
  for (const char* stream : {"dns", "connect"}) {
    ledger.Add("telemetry_offered", "stream", stream, 5);
    ledger.Add("telemetry_sent", "stream", stream, 3);
  }
  ledger.Add("telemetry_pending", "stream", "dns", 2);
  EXPECT_FALSE(ledger.Closes());
  ledger.Add("telemetry_dropped", "stream", "dns", 2);
  EXPECT_FALSE(ledger.Closes()) << "dns has 2 too many, connect 2 too few";
  Ledger mended;
  mended.Add("telemetry_dropped", "stream", "connect", 2);
  mended.Add("telemetry_offered", "stream", "dns", 2);
  ledger.Merge(mended);
  EXPECT_TRUE(ledger.Closes());
}

TEST(Ledger, PrintsPrometheusAndJson) {
  const Ledger ledger = Balanced();
  EXPECT_NE(
      ledger.ToPrometheus().find(
          "nameward_records_dropped_total{class_fate=\"answer/full\"} 2\n"),
      std::string::npos);
  EXPECT_NE(ledger.ToJson().find("\"records_consumed\":10"), std::string::npos);
  EXPECT_NE(ledger.ToJson().find("\"closes\":true"), std::string::npos);
}

TEST(Ledger, MergeAddsCounters) {
  Ledger ledger = Balanced();
  ledger.Merge(Balanced());
  EXPECT_EQ(ledger.At("records_dropped", "answer/full"), 4U);
  EXPECT_EQ(ledger.Total("no_such"), 0U);
}

}  // namespace
}  // namespace nameward
