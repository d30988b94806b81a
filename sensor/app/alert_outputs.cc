// SPDX-License-Identifier: Apache-2.0
#include "app/alert_outputs.h"

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "alert/facts.h"
#include "app/loss_alert.h"
#include "deliver/file_sink.h"
#include "deliver/kafka_producer.h"
#include "deliver/kafka_sink.h"
#include "deliver/stdout_sink.h"
#include "deliver/weaknesses.h"
#include "deliver/webhook_sink.h"

namespace nameward {
namespace {

constexpr std::string_view kOcsfSchema =
    "https://schema.ocsf.io/1.5.0/classes/detection_finding";
constexpr unsigned short kDnsPort = 53;

Result<std::unique_ptr<AlertSink>> OpenLines(const Settings& settings,
                                             const std::string& name) {
  std::unique_ptr<AlertSink> sink;
  if (name == "stdout") {
    sink = std::make_unique<StdoutSink>();
    return sink;
  }
  auto file = FileSink::Open(
      settings.alert_file,
      {uint64_t{settings.file_megabytes} << 20, settings.file_kept});
  if (!file) return file.error().Wrap("alerts.file");
  sink = std::move(*file);
  return sink;
}

// Who speaks, and what about: of a sink with CloudEvents attributes.
template <typename Options>
Options Introduced(Options options, const Settings& settings,
                   const Context& context) {
  options.source = CloudEventSource(context.node);
  if (settings.alert_format == AlertFormat::kOcsf)
    options.data_schema = kOcsfSchema;
  return options;
}

bool IsRemote(const std::string& name) {
  return name == "kafka" || name == "webhook";
}

Result<std::unique_ptr<SpooledSink>> OpenSpooled(const Settings& settings,
                                                 const std::string& name,
                                                 const Context& context,
                                                 const std::string& spool_id,
                                                 Clock& clock) {
  if (name == "kafka")
    return MakeKafkaSink(Introduced(settings.kafka, settings, context),
                         spool_id, clock);
  if (name == "webhook")
    return MakeWebhookSink(Introduced(settings.webhook, settings, context),
                           spool_id, clock);
  auto lines = OpenLines(settings, name);
  if (!lines) return lines.error();
  return std::unique_ptr<SpooledSink>(
      std::make_unique<LineSpooledSink>(std::move(*lines)));
}

Result<std::unique_ptr<Spool>> OpenSpool(const Settings& settings,
                                         SpoolOptions options,
                                         std::vector<std::string>& degraded) {
  if (settings.spool.empty()) {
    degraded.push_back(
        "alerts.spool: not set, so what is not yet acknowledged is in "
        "memory only (name a folder that outlives the sensor)");
    return Spool::InMemory(std::move(options));
  }
  auto disk = OpenDisk(settings.spool);
  auto spool = disk ? Spool::Open(std::move(*disk), options) : disk.error();
  if (!spool && MayPass(spool.error()))  // a sensor never stops for its disk
    spool = Spool::InMemory(std::move(options), spool.error().ToString());
  if (!spool) return spool.error().Wrap("alerts.spool");
  if (const std::string trouble = (*spool)->Trouble(); !trouble.empty())
    degraded.push_back("alerts.spool: " + trouble);
  return spool;
}

Status CheckNames(const Settings& settings,
                  const std::vector<std::string>& names) {
  const auto named = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (named("kafka") && settings.kafka.brokers.empty())
    return Error{"alerts.sinks", "kafka is named, but no broker",
                 "set kafka.brokers"};
  if (named("webhook") && settings.webhook.url.empty())
    return Error{"alerts.sinks", "webhook is named, but no address",
                 "set webhook.url"};
  if (named("file") && settings.alert_file.empty())
    return Error{"alerts.sinks", "file is named, but no path",
                 "set alerts.file"};
  return Ok();
}

std::string FolderOf(const std::string& path) {
  const auto folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder.string();
}

// What finding a host by name reads, the system's authorities, and secrets.
void AddNetworkRights(const std::vector<std::string>& secrets,
                      RightsOptions& rights) {
  rights.allow_network = true;
  std::error_code error;
  for (const char* path :
       {"/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf",
        "/etc/host.conf", "/etc/gai.conf", "/etc/ssl", "/usr/lib/ssl"})
    if (std::filesystem::exists(path, error))
      rights.readable.emplace_back(path);
  for (const std::string& file : secrets) {
    rights.readable.push_back(FolderOf(file));
    // A link may lead out of its folder.
    const auto target = std::filesystem::canonical(file, error);
    if (!error) rights.readable.push_back(FolderOf(target));
  }
  rights.connect_ports.push_back(kDnsPort);  // a look-up that is truncated
}

void AddKafkaRights(const KafkaOptions& kafka, RightsOptions& rights) {
  AddNetworkRights(SecretFiles(kafka), rights);
  for (const auto* list : {&kafka.brokers, &kafka.ports})
    for (const std::string& broker : *list) {
      const std::string port = broker.substr(broker.rfind(':') + 1);
      unsigned short number = 0;
      std::from_chars(port.data(), port.data() + port.size(), number);
      rights.connect_ports.push_back(number);
    }
}

void AddWebhookRights(const WebhookOptions& webhook, RightsOptions& rights) {
  const auto target = TargetOf(webhook);
  if (!target) return;  // OpenAlertOutputs has said why
  std::vector<std::string> secrets = TlsFiles(webhook);
  if (!webhook.token_file.empty()) secrets.push_back(webhook.token_file);
  AddNetworkRights(secrets, rights);
  rights.connect_ports.push_back(target->port);
}

std::string Sample(std::string_view name, const std::string& sink,
                   const std::string& value) {
  return std::string(name) + "{sink=\"" + sink + "\"} " + value + "\n";
}

// `label`: nothing, or `sink="kafka"`.
void AppendHistogram(const std::string& name, const std::string& label,
                     const LatencyHistogram& latency, std::string& text) {
  const auto sample = [&](const std::string& part, const std::string& labels,
                          const std::string& value) {
    text += name + part;
    text += (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
  };
  uint64_t total = 0;
  for (size_t i = 0; i < latency.counts.size(); ++i) {
    total += latency.counts[i];
    const bool last = i == LatencyHistogram::kMilliseconds.size();
    const std::string bound =
        last ? "+Inf"
             : std::to_string(LatencyHistogram::kMilliseconds[i] / 1000.0);
    std::string labels = label;
    labels.append(label.empty() ? "le=\"" : ",le=\"").append(bound) += '"';
    sample("_bucket", labels, std::to_string(total));
  }
  sample("_sum", label, std::to_string(latency.seconds));
  sample("_count", label, std::to_string(total));
}

}  // namespace

std::vector<std::string> AlertSinkNames(const Settings& settings) {
  if (!settings.alert_sinks.empty()) return settings.alert_sinks;
  std::vector<std::string> names = {settings.alert_file.empty() ? "stdout"
                                                                : "file"};
  if (!settings.kafka.brokers.empty()) names.emplace_back("kafka");
  if (!settings.webhook.url.empty()) names.emplace_back("webhook");
  return names;
}

Result<AlertOutputs> OpenAlertOutputs(const Settings& settings,
                                      const Context& context, Clock& clock) {
  const std::vector<std::string> names = AlertSinkNames(settings);
  NW_RETURN_IF_ERROR(CheckNames(settings, names));
  AlertOutputs outputs;
  if (const std::string limits = KafkaLimits(settings.kafka); !limits.empty())
    outputs.degraded.push_back(limits);
  for (const auto& found :
       {WeaknessesOf(settings.kafka), WeaknessesOf(settings.webhook)})
    for (const Error& weakness : found)
      outputs.degraded.push_back(weakness.ToString());
  const bool direct =
      settings.spool.empty() && names.size() == 1 && !IsRemote(names[0]);
  if (direct) {
    auto lines = OpenLines(settings, names[0]);
    if (!lines) return lines.error();
    outputs.sink = std::move(*lines);
    return outputs;
  }
  SpoolOptions options;
  options.quota = uint64_t{settings.spool_megabytes} << 20;
  options.boot_id = context.boot_id;
  options.sinks = names;
  auto spool = OpenSpool(settings, std::move(options), outputs.degraded);
  if (!spool) return spool.error();
  const std::string spool_id = (*spool)->id();
  std::vector<std::unique_ptr<SpooledSink>> sinks;
  for (const std::string& name : names) {
    auto sink = OpenSpooled(settings, name, context, spool_id, clock);
    if (!sink) return sink.error();
    sinks.push_back(std::move(*sink));
  }
  auto delivery = std::make_unique<Delivery>(std::move(*spool),
                                             std::move(sinks), names, clock);
  const LossTeller teller{context.node, spool_id, settings.alert_format,
                          LogsOf(settings)};
  delivery->SetTellLoss([teller, &clock](const LostAlerts& loss) {
    return RenderLoss(loss, teller, clock);
  });
  delivery->SetTellTrouble([teller, &clock](const std::string& trouble) {
    return RenderTrouble(trouble, teller, clock);
  });
  outputs.delivery = delivery.get();
  outputs.sink = std::move(delivery);
  return outputs;
}

AlertLogs LogsOf(const Settings& settings) {
  const auto names = AlertSinkNames(settings);
  if (settings.alert_format != AlertFormat::kOcsf ||
      std::find(names.begin(), names.end(), "kafka") == names.end())
    return {};
  return {settings.kafka.topic, settings.kafka.dry_run_topic};
}

void AddAlertRights(const Settings& settings, RightsOptions& rights) {
  // Rotation renames files and makes new ones, so it is the folder.
  if (!settings.alert_file.empty())
    rights.writable.push_back(FolderOf(settings.alert_file));
  std::error_code error;
  if (std::filesystem::is_directory(settings.spool, error))  // else in memory
    rights.writable.push_back(settings.spool);
  if (!settings.kafka.brokers.empty()) AddKafkaRights(settings.kafka, rights);
  const auto names = AlertSinkNames(settings);
  if (std::find(names.begin(), names.end(), "webhook") != names.end())
    AddWebhookRights(settings.webhook, rights);
}

void AddCounters(const AlertOutputs& outputs, Ledger& ledger) {
  if (outputs.delivery == nullptr) return;
  const DeliveryReport report = outputs.delivery->Report();
  for (const DeliveryReport::Sink& sink : report.sinks) {
    const auto add = [&](std::string_view name, uint64_t value) {
      ledger.Add(name, "sink", sink.name, value);
    };
    add("alerts_spooled", sink.ledger.spooled);
    add("alerts_acked", sink.ledger.acked);
    add("alerts_refused", sink.ledger.refused);
    add("alerts_evicted", sink.ledger.evicted);
    add("alerts_damaged", sink.ledger.damaged);
    add("alerts_pending", sink.ledger.pending());
  }
  const SpoolStats& spool = report.spool;
  ledger.Add("spool_write_errors", spool.write_errors);
  ledger.Add("spool_sync_errors", spool.sync_errors);
  ledger.Add("spool_damaged_bytes", spool.damaged_bytes);
  ledger.Add("spool_read_errors", spool.read_errors);
  ledger.Add("spool_segments_evicted", spool.segments_evicted);
  ledger.Add("spool_alerts_too_long", spool.too_long);
  ledger.Add("spool_kept_in_memory", spool.kept_in_memory);
  ledger.Add("spool_written_back", spool.written_back);
}

uint64_t LostAtTheEnd(const AlertOutputs& outputs) {
  if (outputs.sink == nullptr) return 0;
  const SinkStats lines = outputs.sink->stats();
  if (outputs.delivery == nullptr) return lines.failed + lines.pending;
  const DeliveryReport report = outputs.delivery->Report();
  uint64_t lost = report.spool.memory_records;
  for (const DeliveryReport::Sink& sink : report.sinks)
    lost += sink.ledger.refused + sink.ledger.evicted + sink.ledger.damaged;
  return lost;
}

std::string DeliveryNotes(const AlertOutputs& outputs) {
  if (outputs.delivery == nullptr) return {};
  const DeliveryReport report = outputs.delivery->Report();
  std::string text;
  if (!report.trouble.empty()) text += "spool: " + report.trouble + "\n";
  for (const DeliveryReport::Sink& sink : report.sinks)
    if (!sink.trouble.empty())
      text += "alerts wait for " + sink.name + ": " + sink.trouble + "\n";
  return text;
}

std::string DeliveryGauges(const AlertOutputs& outputs) {
  if (outputs.delivery == nullptr) return {};
  const DeliveryReport report = outputs.delivery->Report();
  std::string text;
  const auto gauge = [&text](const std::string& name,
                             const std::string& value) {
    text += "# TYPE nameward_" + name + " gauge\nnameward_" + name + " " +
            value + "\n";
  };
  gauge("spool_bytes", std::to_string(report.spool.bytes));
  gauge("spool_quota_bytes", std::to_string(report.quota));
  gauge("spool_memory_alerts", std::to_string(report.spool.memory_records));
  gauge("spool_trouble", report.trouble.empty() ? "0" : "1");
  if (report.minutes_left >= 0)
    gauge("spool_minutes_left", std::to_string(report.minutes_left));
  text += "# TYPE nameward_sink_in_flight gauge\n";
  for (const auto& sink : report.sinks)
    text += Sample("nameward_sink_in_flight", sink.name,
                   std::to_string(sink.ledger.in_flight));
  text += "# TYPE nameward_sink_oldest_seconds gauge\n";
  for (const auto& sink : report.sinks)
    text += Sample(
        "nameward_sink_oldest_seconds", sink.name,
        std::to_string(std::chrono::duration<double>(sink.oldest).count()));
  text += "# TYPE nameward_sink_trouble gauge\n";
  for (const auto& sink : report.sinks)
    text += Sample("nameward_sink_trouble", sink.name,
                   sink.trouble.empty() ? "0" : "1");
  text += "# TYPE nameward_alert_latency_seconds histogram\n";
  for (const auto& sink : report.sinks)
    AppendHistogram("nameward_alert_latency_seconds",
                    "sink=\"" + sink.name + "\"", sink.latency, text);
  text += "# TYPE nameward_spool_sync_seconds histogram\n";
  AppendHistogram("nameward_spool_sync_seconds", "", report.syncs, text);
  return text;
}

}  // namespace nameward
