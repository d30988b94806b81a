// SPDX-License-Identifier: Apache-2.0
#include "app/ledger.h"

namespace nameward {

void Ledger::Add(std::string_view name, std::string_view label,
                 std::string_view label_value, uint64_t value) {
  Counter& counter = counters_[std::string(name)];
  counter.label = label;
  counter.values[std::string(label_value)] += value;
}

void Ledger::Merge(const Ledger& other) {
  for (const auto& [name, counter] : other.counters_)
    for (const auto& [label_value, value] : counter.values)
      Add(name, counter.label, label_value, value);
}

uint64_t Ledger::Total(std::string_view name) const {
  const auto counter = counters_.find(name);
  if (counter == counters_.end()) return 0;
  uint64_t sum = 0;
  for (const auto& [label_value, value] : counter->second.values) sum += value;
  return sum;
}

uint64_t Ledger::At(std::string_view name, std::string_view label_value) const {
  const auto counter = counters_.find(name);
  if (counter == counters_.end()) return 0;
  const auto value = counter->second.values.find(label_value);
  return value == counter->second.values.end() ? 0 : value->second;
}

uint64_t Ledger::InFlight() const {
  const uint64_t begun =
      Total("records_pending") + Total("records_sent") + Total("records_made");
  const uint64_t consumed = Total("records_consumed");
  return begun > consumed ? begun - consumed : 0;
}

uint64_t Ledger::Waiting() const {
  return Total("events_waited") - Total("events_released");
}

// For each sink or stream by itself: two errors must not hide each other.
bool Ledger::Adds(std::string_view whole,
                  std::initializer_list<std::string_view> parts) const {
  const auto counter = counters_.find(whole);
  if (counter == counters_.end()) return true;
  for (const auto& [label_value, value] : counter->second.values) {
    uint64_t sum = 0;
    for (const std::string_view part : parts) sum += At(part, label_value);
    if (sum != value) return false;
  }
  return true;
}

bool Ledger::Closes() const {
  const uint64_t offered = Total("records_offered") + Total("records_made");
  const uint64_t consumed = Total("records_consumed");
  const bool kernel = offered == 0 || offered == Total("records_dropped") +
                                                     InFlight() + consumed;
  const bool decode = consumed == Total("records_decoded") +
                                      Total("records_rejected") +
                                      Total("records_passed_over");
  const bool alerts = Total("findings_matched") ==
                      Total("findings_alerted") + Total("findings_suppressed");
  const bool events = Total("events_observed") == Total("events") + Waiting();
  const bool delivered = Adds(
      "alerts_spooled", {"alerts_acked", "alerts_refused", "alerts_evicted",
                         "alerts_damaged", "alerts_pending"});
  const bool telemetry =
      Adds("telemetry_offered",
           {"telemetry_sent", "telemetry_dropped", "telemetry_pending"});
  return kernel && decode && events && alerts && delivered && telemetry;
}

std::string Ledger::ToPrometheus() const {
  std::string text;
  for (const auto& [name, counter] : counters_) {
    const bool gauge = name.ends_with("_pending");
    const std::string metric = "nameward_" + name + (gauge ? "" : "_total");
    text += "# TYPE " + metric + (gauge ? " gauge\n" : " counter\n");
    for (const auto& [label_value, value] : counter.values) {
      text += metric;
      if (!counter.label.empty())
        text += "{" + counter.label + "=\"" + label_value + "\"}";
      text += " " + std::to_string(value) + "\n";
    }
  }
  text +=
      "# TYPE nameward_records_in_flight gauge\nnameward_records_in_flight " +
      std::to_string(InFlight()) +
      "\n# TYPE nameward_events_waiting gauge\nnameward_events_waiting " +
      std::to_string(Waiting()) + "\n";
  return text;
}

std::string Ledger::ToJson() const {
  std::string text = "{";
  for (const auto& [name, counter] : counters_) {
    text += "\"" + name + "\":";
    if (counter.label.empty()) {
      text += std::to_string(Total(name)) + ",";
      continue;
    }
    text += "{";
    for (const auto& [label_value, value] : counter.values)
      text += "\"" + label_value + "\":" + std::to_string(value) + ",";
    if (text.back() == ',') text.pop_back();
    text += "},";
  }
  text += "\"in_flight\":" + std::to_string(InFlight()) +
          ",\"waiting\":" + std::to_string(Waiting()) +
          ",\"closes\":" + (Closes() ? "true" : "false") + "}";
  return text;
}

// "; kafka: spooled 3 = acked 3 + …"; nothing without a spool.
std::string Ledger::Delivered() const {
  std::string text;
  const auto spooled = counters_.find("alerts_spooled");
  if (spooled == counters_.end()) return text;
  for (const auto& [sink, count] : spooled->second.values) {
    text += "; " + sink + ": spooled " + std::to_string(count);
    std::string_view sign = " = ";
    for (const char* fate :
         {"acked", "refused", "evicted", "damaged", "pending"}) {
      text.append(sign).append(fate).append(" ");
      text += std::to_string(At("alerts_" + std::string(fate), sink));
      sign = " + ";
    }
  }
  return text;
}

std::string Ledger::ToLine() const {
  const auto number = [this](std::string_view name) {
    return std::to_string(Total(name));
  };
  return "ledger: offered " + number("records_offered") + " + made " +
         number("records_made") + " = dropped " + number("records_dropped") +
         " + in flight " + std::to_string(InFlight()) + " + consumed " +
         number("records_consumed") + "; events " + number("events") +
         ", rejected " + number("records_rejected") + "; matched " +
         number("findings_matched") + " = alerted " +
         number("findings_alerted") + " + suppressed " +
         number("findings_suppressed") + Delivered() + "; " +
         (Closes() ? "closes" : "DOES NOT CLOSE");
}

}  // namespace nameward
