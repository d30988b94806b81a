// SPDX-License-Identifier: Apache-2.0
#include "app/live.h"

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <vector>

#include "app/alert_outputs.h"
#include "app/gauge.h"
#include "app/health.h"
#include "app/kernel_ledger.h"
#include "app/log.h"
#include "app/pipeline.h"
#include "app/pod_feed.h"
#include "app/pod_sources.h"
#include "app/policy_files.h"
#include "app/policy_watch.h"
#include "app/recording_consumer.h"
#include "app/rights.h"
#include "app/rule_reload.h"
#include "app/session.h"
#include "app/surroundings.h"
#include "app/telemetry_output.h"
#include "app/verbs.h"
#include "deliver/stdout_sink.h"
#include "source/bpf_source.h"

namespace nameward {
namespace {

// The kernel's ring keeps what happens meanwhile; a healthy kubelet answers in
// some 50 ms.
constexpr Nanoseconds kFirstPodsWait = 1s;

// What a run is made of, in the order in which it must be built.
struct Parts {
  SystemClock clock;
  Log log{clock};
  Context context;
  RuleSlot next_rules;
  std::optional<RuleReloader> reloader;
  std::optional<PodFeed> pods;
  bool kubelet_unproven = false;
  std::unique_ptr<HealthServer> health;
  AlertOutputs alerts;
  std::unique_ptr<TelemetryOutput> telemetry;
  std::unique_ptr<AlertSink> events;
  std::optional<RecordingConsumer> recording;
  std::unique_ptr<LiveSource> source;
  std::optional<Pipeline> pipeline;
};

Status OpenPods(const Settings& settings, Parts& parts) {
  auto source = OpenPodSource(settings, parts.clock);
  if (!source) return source.error();
  if (*source != nullptr)
    parts.pods.emplace(std::move(*source), parts.log, parts.clock);
  return Ok();
}

Status OpenSinks(const LiveOptions& options, Parts& parts) {
  const Settings& settings = options.settings;
  if (!settings.metrics_listen.empty()) {
    const auto listen = MetricsAddress(settings);
    if (!listen) return listen.error();
    auto health = HealthServer::Open(*listen);
    if (!health) return health.error();
    parts.health = std::move(*health);
  }
  if (!options.recording.empty()) {
    auto writer = RecordingWriter::Create(options.recording);
    if (!writer) return writer.error();
    parts.recording.emplace(std::move(*writer), options.rules == nullptr);
  }
  if (options.rules == nullptr) return Ok();
  if (options.events) parts.events = std::make_unique<StdoutSink>();
  auto alerts = OpenAlertOutputs(settings, parts.context, parts.clock);
  if (!alerts) return alerts.error();
  parts.alerts = std::move(*alerts);
  auto telemetry = TelemetryOutput::Open(settings, parts.context, parts.clock);
  if (!telemetry) return telemetry.error();
  parts.telemetry = std::move(*telemetry);
  return Ok();
}

void TellDegraded(Log& log, const std::vector<std::string>& degraded) {
  for (const std::string& line : degraded)
    log.Tell(LogLevel::kWarning, "degraded: " + line);
}

// Rotation renames files and makes new ones, so the folder must be writable:
// whatever else lies in it could then be written, too.
void TellSharedFolder(Log& log, const std::string& alert_file) {
  if (alert_file.empty()) return;
  const std::filesystem::path file(alert_file);
  std::error_code error;
  const auto folder = file.has_parent_path() ? file.parent_path() : ".";
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(file.filename().string())) continue;
    TellDegraded(log, {"alerts.file: its folder holds other files, as " + name +
                       " (give it a folder of its own)"});
    return;
  }
}

// What a running sensor reads again.
std::vector<std::string> ReadFolders(const LiveOptions& options) {
  if (options.rules == nullptr) return {};
  return PolicyFolders(PolicyPaths(options.settings.rules));
}

// What the settings and surroundings leave to be wished for.
void TellLacks(const Settings& settings, Parts& parts) {
  if (const auto unproven = UnprovenKubelet(settings); !unproven.empty()) {
    parts.kubelet_unproven = true;
    TellDegraded(parts.log, {unproven});
  }
  if (InPod() && LacksKubelet(settings))
    TellDegraded(parts.log, {"pods: they have no names: NODE_NAME, HOST_IP or "
                             "the service account is missing (see nameward "
                             "doctor)"});
  if (parts.context.resolvers.empty())
    TellDegraded(parts.log,
                 {"names: no resolver is trusted (set correlate.resolvers)"});
}

// Privileged to unprivileged; no thread may exist before it returns.
Status OpenSource(const LiveOptions& options, Parts& parts) {
  auto kernel = OpenLive(KernelOptions(options.settings));
  if (!kernel) return kernel.error();
  auto source = SpawnKeeper(std::move(*kernel));
  if (!source) return source.error();
  parts.source = std::move(*source);
  TellDegraded(parts.log, parts.source->report().plan.degraded);
  TellDegraded(parts.log, parts.source->report().degraded);
  RightsOptions rights;
  rights.readable = ReadFolders(options);
  AddPodRights(options.settings, rights);
  if (options.rules != nullptr) AddAlertRights(options.settings, rights);
  TellSharedFolder(parts.log, options.settings.alert_file);
  const auto dropped = DropRights(rights);
  if (!dropped) return dropped.error();
  TellDegraded(parts.log, dropped->degraded);
  TellLacks(options.settings, parts);
  TellDegraded(parts.log, parts.alerts.degraded);
  return Ok();
}

void TellUnwritten(Log& log, const AlertOutputs& alerts) {
  if (const uint64_t lost = LostAtTheEnd(alerts); lost > 0)
    log.Tell(LogLevel::kError,
             std::to_string(lost) + " alerts could not be written");
}

std::vector<RecordConsumer*> Consumers(Parts& parts) {
  std::vector<RecordConsumer*> consumers;
  if (parts.recording) consumers.push_back(&*parts.recording);
  if (parts.pipeline) consumers.push_back(&*parts.pipeline);
  return consumers;
}

// Kernel and user side in one snapshot.
Ledger WholeLedger(const Parts& parts, const Session& session) {
  Ledger ledger = session.Counters();
  if (parts.reloader) parts.reloader->AddTo(ledger);
  if (parts.pods) parts.pods->AddTo(ledger);
  AddCounters(parts.alerts, ledger);
  if (parts.telemetry) parts.telemetry->AddTo(ledger);
  return ledger;
}

HealthProbes Probes(const Parts& parts, const Session& session) {
  HealthProbes probes;
  probes.ledger = [&] { return WholeLedger(parts, session); };
  probes.alive = [&]() -> std::string {
    SystemClock clock;
    return session.Alive(clock.Now()) ? "" : "the worker has not moved\n";
  };
  // Attached and with a policy it is since before the server answers.
  probes.ready = [&]() -> std::string {
    return (parts.pods ? parts.pods->Missing() : "") +
           (session.Begun() ? "" : "the first records are not consumed yet\n");
  };
  probes.notes = [&]() -> std::string {
    return (parts.pods ? parts.pods->Note() : "") +
           (parts.reloader ? parts.reloader->Note() : "") +
           DeliveryNotes(parts.alerts) +
           (parts.telemetry ? parts.telemetry->Note() : "");
  };
  probes.gauges = [&] {
    return TierGauges(parts.source->report()) +
           Gauge("kubelet_unproven", parts.kubelet_unproven ? 1 : 0) +
           (parts.pods ? parts.pods->Gauges() : "") +
           (parts.reloader ? parts.reloader->Gauges() : "") +
           DeliveryGauges(parts.alerts);
  };
  return probes;
}

sigset_t AwaitedSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGHUP);
  return signals;
}

RecordBatch FirstRecords(Parts& parts, const std::string& set_id) {
  RecordBatch first;
  parts.context.attached = parts.source->report().attached;
  first.AppendText(RecordType::kContext, parts.context.ToText());
  if (!set_id.empty()) first.AppendText(RecordType::kPolicy, set_id);
  if (parts.pods) parts.pods->AppendFirst(kFirstPodsWait, first);
  return first;
}

// Until a signal that ends the run; the end of its terminal does, too.
void AwaitEnd(Parts& parts) {
  const bool terminal = isatty(STDIN_FILENO) == 1;
  const sigset_t signals = AwaitedSignals();
  constexpr timespec kTick = {1, 0};
  for (;;) {
    const int signal = sigtimedwait(&signals, nullptr, &kTick);
    if (parts.pods) parts.pods->TellChanges();
    if (signal < 0) continue;
    const bool hung_up = terminal && isatty(STDIN_FILENO) == 0;
    if (signal != SIGHUP || hung_up) return;
    if (parts.reloader) parts.reloader->Force();
  }
}

int Watch(Parts& parts, const std::string& set_id) {
  Session session(*parts.source, Consumers(parts),
                  [] { kill(getpid(), SIGTERM); });
  session.SetCounted(KernelLedger({}), [&parts]() -> std::optional<Ledger> {
    const auto counters = parts.source->TakeCounters();
    if (!counters) return std::nullopt;
    return KernelLedger(*counters);
  });
  const auto inject = [&session](RecordBatch batch) {
    return session.Inject(std::move(batch));
  };
  if (parts.alerts.delivery != nullptr) parts.alerts.delivery->Start();
  if (parts.telemetry) parts.telemetry->Start();
  if (parts.health) parts.health->Serve(Probes(parts, session));
  if (parts.pods) parts.pods->Start();
  session.Start(FirstRecords(parts, set_id));
  if (parts.pods) parts.pods->Connect(inject);
  if (parts.reloader) parts.reloader->Start(inject);
  const std::string& mount = parts.source->report().cgroup_mount;
  parts.log.Tell(LogLevel::kInfo,
                 "ready, watching " +
                     (mount.empty() ? "a cgroup2 mount of its own" : mount));
  AwaitEnd(parts);
  if (parts.reloader) parts.reloader->Stop();
  if (parts.pods) parts.pods->Stop();
  parts.source->Stop();
  const Status stopped = session.Stop();
  if (parts.alerts.delivery != nullptr) parts.alerts.delivery->Stop();
  if (parts.telemetry) parts.telemetry->Stop();
  TellUnwritten(parts.log, parts.alerts);
  parts.log.Tell(LogLevel::kInfo, WholeLedger(parts, session).ToLine());
  parts.health.reset();
  // A reader that has seen enough (`| head`) is no failure of the node.
  if (stopped || stopped.error().code == EPIPE) return kExitFine;
  return Complain(stopped.error(), kExitNodeUnable);
}

// The rules' only owner is the pipeline then, so that a reload frees them.
std::string MakePipeline(LiveOptions& options, Parts& parts) {
  PipelineOutputs outputs;
  outputs.alerts = parts.alerts.sink.get();
  outputs.events = parts.events.get();
  outputs.telemetry = parts.telemetry.get();
  outputs.human_events = options.human_events;
  outputs.alert_format = options.settings.alert_format;
  outputs.alert_logs = LogsOf(options.settings);
  std::string set_id = options.rules->set_id();
  parts.reloader.emplace(
      RuleReloader::InForce{PolicyPaths(options.settings.rules), set_id,
                            options.rules->rule_count()},
      parts.next_rules, parts.log, parts.clock);
  parts.pipeline.emplace(std::move(options.rules), outputs);
  parts.pipeline->SetNextRules(&parts.next_rules);
  if (parts.pods) parts.pipeline->AskForPods([&parts] { parts.pods->Ask(); });
  return set_id;
}

}  // namespace

BpfOptions KernelOptions(const Settings& settings) {
  BpfOptions options;
  options.ring_bytes = settings.ring_bytes;
  options.emit_flows = settings.flows;
  options.quota_rate = settings.quota_rate;
  options.quota_burst = settings.quota_burst;
  return options;
}

int RunLive(LiveOptions options) {
  // Blocked in every thread; AwaitEnd alone takes them.
  const sigset_t signals = AwaitedSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGPIPE, SIG_IGN);
  Parts parts;
  // Reads files, so before the rights are dropped.
  parts.context = LiveContext(options.settings);
  if (const Status opened = OpenPods(options.settings, parts); !opened)
    return Complain(opened.error(), kExitUsage);
  parts.context.pods = parts.pods.has_value();
  if (const Status opened = OpenSinks(options, parts); !opened)
    return Complain(opened.error(), kExitUsage);
  if (const Status opened = OpenSource(options, parts); !opened)
    return Complain(opened.error(), kExitNodeUnable);
  return Watch(parts,
               options.rules == nullptr ? "" : MakePipeline(options, parts));
}

}  // namespace nameward
