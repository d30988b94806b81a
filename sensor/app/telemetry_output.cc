// SPDX-License-Identifier: Apache-2.0
#include "app/telemetry_output.h"

#include <optional>
#include <utility>

#include "alert/facts.h"
#include "alert/telemetry.h"

namespace nameward {
namespace {

std::optional<TelemetryStream> StreamOf(const Event& event) {
  if (std::holds_alternative<DnsEvent>(event.body))
    return TelemetryStream::kDns;
  if (std::holds_alternative<ConnectEvent>(event.body))
    return TelemetryStream::kConnect;
  return std::nullopt;
}

}  // namespace

Result<std::unique_ptr<TelemetryOutput>> TelemetryOutput::Open(
    const Settings& settings, const Context& context, Clock& clock) {
  const TelemetryTopics& topics = settings.telemetry;
  if (topics.dns.empty() && topics.connect.empty())
    return std::unique_ptr<TelemetryOutput>();
  KafkaOptions options = settings.kafka;
  options.source = CloudEventSource(context.node);
  auto telemetry = Telemetry::Make(options, topics, clock);
  if (!telemetry) return telemetry.error();
  return std::unique_ptr<TelemetryOutput>(
      new TelemetryOutput(std::move(*telemetry)));
}

void TelemetryOutput::OnEvent(const Event& event, const Context& context,
                              ClockOffset clock) {
  const auto stream = StreamOf(event);
  if (!stream || !telemetry_->Wants(*stream) || !telemetry_->HasRoom(*stream))
    return;
  const uint64_t sequence = telemetry_->stats(*stream).offered;
  RenderTelemetry(event, {context.node, context.boot_id, clock, sequence},
                  rendered_);
  telemetry_->Offer(*stream, rendered_);
}

void TelemetryOutput::AddTo(Ledger& ledger) const {
  constexpr std::pair<TelemetryStream, const char*> kStreams[] = {
      {TelemetryStream::kDns, "dns"}, {TelemetryStream::kConnect, "connect"}};
  for (const auto& [stream, name] : kStreams) {
    if (!telemetry_->Wants(stream)) continue;
    const TelemetryStats stats = telemetry_->stats(stream);
    ledger.Add("telemetry_offered", "stream", name, stats.offered);
    ledger.Add("telemetry_sent", "stream", name, stats.sent);
    ledger.Add("telemetry_dropped", "stream", name, stats.dropped);
    ledger.Add("telemetry_pending", "stream", name, stats.pending());
  }
}

std::string TelemetryOutput::Note() const {
  const std::string trouble = telemetry_->Trouble();
  return trouble.empty() ? "" : "telemetry is dropped: " + trouble + "\n";
}

}  // namespace nameward
