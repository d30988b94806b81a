// SPDX-License-Identifier: Apache-2.0
#include "alert/render.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "alert/ecs.h"
#include "alert/facts.h"
#include "alert/falco.h"
#include "alert/human.h"
#include "alert/ocsf.h"

namespace nameward {
namespace {

// By AlertFormat, without colour.
constexpr std::array<std::string_view, 4> kFormats = {"ocsf", "ecs", "falco",
                                                      "human"};

void RenderText(const Alert& alert, AlertFormat format, RenderedAlert& out) {
  switch (format) {
    case AlertFormat::kOcsf:
      return AppendOcsf(alert, out.text);
    case AlertFormat::kEcs:
      return AppendEcs(alert, out.text);
    case AlertFormat::kFalco:
      return AppendFalco(alert, out.text);
    case AlertFormat::kHuman:
      return AppendHuman(alert, Colour::kNo, out.text);
    case AlertFormat::kHumanColour:
      return AppendHuman(alert, Colour::kYes, out.text);
  }
}

// Behind the bracket of the object in which the format keeps the sequence.
// Nothing that came from outside can look like its key: quotes are escaped.
size_t SequencePlace(std::string_view text, AlertFormat format) {
  constexpr std::string_view kObjects[] = {"\"metadata\":{", "\"event\":{",
                                           "\"output_fields\":{"};
  const auto index = static_cast<size_t>(format);
  if (index >= std::size(kObjects)) return 0;
  const size_t at = text.find(kObjects[index]);
  return at == std::string_view::npos ? 0 : at + kObjects[index].size();
}

}  // namespace

std::string_view ToString(AlertFormat format) {
  return kFormats[std::min(static_cast<size_t>(format), kFormats.size() - 1)];
}

std::optional<AlertFormat> ParseAlertFormat(std::string_view text) {
  const auto found = std::find(kFormats.begin(), kFormats.end(), text);
  if (found == kFormats.end()) return std::nullopt;
  return static_cast<AlertFormat>(found - kFormats.begin());
}

void RenderAlert(const Alert& alert, AlertFormat format, RenderedAlert& out) {
  out.uid = alert.uid;
  out.key = PartitionKey(alert.event, alert.node);
  out.severity = SeverityOf(alert);
  out.dry_run = alert.finding.rule->mode == RuleMode::kDryRun;
  out.finding_uid = alert.finding_uid;
  out.rule = alert.finding.rule->id;
  out.time = alert.time;
  out.text.clear();
  RenderText(alert, format, out);
  out.sequence_at = SequencePlace(out.text, format);
}

void NameLog(const AlertLogs& logs, RenderedAlert& alert) {
  const std::string& log = alert.dry_run ? logs.dry_runs : logs.alerts;
  if (log.empty() || alert.sequence_at == 0) return;
  alert.text.insert(alert.sequence_at, R"("log_name":")" + log + R"(",)");
}

}  // namespace nameward
