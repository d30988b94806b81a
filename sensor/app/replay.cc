// SPDX-License-Identifier: Apache-2.0
// `nameward replay FILE…`: recordings and captures through the same engine,
// offline; needs no root.
#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <memory>

#include "app/pipeline.h"
#include "app/policy_files.h"
#include "app/pump.h"
#include "app/verbs.h"
#include "base/unique_fd.h"
#include "deliver/stdout_sink.h"
#include "kube/pod_list_json.h"
#include "source/pcap_source.h"
#include "source/recording.h"
#include "source/replay_source.h"

namespace nameward {
namespace {

struct ReplayFlags {
  std::vector<std::string> files;
  std::vector<std::string> policy;
  std::vector<std::string> resolvers;
  std::string pods;
  OutputFormat format = OutputFormat::kAuto;
  std::string alert_format;
  bool events = false;
  bool flows = false;
  bool fail_on_alert = false;
};

Result<bool> IsRecording(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return ErrnoError("open " + path, errno, "check the path");
  uint8_t beginning[16];
  const ssize_t got = read(file.get(), beginning, sizeof beginning);
  if (got < 0) return ErrnoError("read " + path, errno);
  return LooksLikeRecording({beginning, static_cast<size_t>(got)});
}

// Recording or capture, by the first bytes.
Result<std::unique_ptr<RecordSource>> OpenInput(const std::string& path,
                                                const ReplayFlags& flags) {
  const Result<bool> recording = IsRecording(path);
  if (!recording) return recording.error();
  if (*recording) {
    auto source = ReplaySource::Open(path);
    if (!source) return source.error();
    return std::unique_ptr<RecordSource>(
        std::make_unique<ReplaySource>(std::move(*source)));
  }
  PcapOptions options;
  options.emit_flows = flags.flows;
  if (!flags.pods.empty())
    options.zones.push_back(*DomainName::Parse("cluster.local"));
  for (const std::string& text : flags.resolvers) {
    const auto resolver = Endpoint::Parse(text);
    if (!resolver)
      return Error{"--resolvers " + text, "not an address with a port",
                   "write 192.0.2.53:53"};
    options.resolvers.push_back(*resolver);
  }
  auto source = PcapSource::Open(path, options);
  if (!source) return source.error();
  return std::unique_ptr<RecordSource>(std::move(*source));
}

// A node of 250 pods answers 3 MB; this is where a wrong file shows.
constexpr size_t kMostPodsBytes = size_t{64} << 20;

// A kubelet's /pods answer, as the record that a live run would have had.
Result<RecordBatch> ReadPods(const std::string& path) {
  RecordBatch batch;
  if (path.empty()) return batch;
  auto text = ReadWholeFile(path, kMostPodsBytes);
  if (!text) return text.error();
  const auto pods = ParsePodList(*text);
  if (!pods) return pods.error().Wrap(path);
  std::string reduced;
  AppendPodList(*pods, reduced);
  batch.AppendText(RecordType::kPods, reduced);
  return batch;
}

void ShowProgress(uint64_t records) {
  if (isatty(STDERR_FILENO) == 1)
    std::fprintf(stderr, "\rreplay: %llu records",
                 static_cast<unsigned long long>(records));
}

int Replay(const ReplayFlags& flags) {
  const Result<Policy> policy = PolicyOrDefault(flags.policy);
  if (!policy) return Complain(policy.error(), kExitUsage);
  const auto rules = LoadOrComplain(*policy);
  if (rules == nullptr) return kExitUsage;
  const Result<RecordBatch> pods = ReadPods(flags.pods);
  if (!pods) return Complain(pods.error(), kExitUsage);
  StdoutSink out;
  PipelineOutputs outputs;
  const bool human = WantsHuman(flags.format);
  outputs.human_events = human;
  if (flags.events)
    outputs.events = &out;
  else
    outputs.alerts = &out;
  outputs.alert_format =
      ParseAlertFormat(flags.alert_format)
          .value_or(human ? AlertFormat::kHuman : AlertFormat::kOcsf);
  uint64_t alerts = 0;
  for (const std::string& file : flags.files) {
    auto input = OpenInput(file, flags);
    if (!input) return Complain(input.error(), kExitUsage);
    Pipeline pipeline(rules, outputs);
    if (pods->count() > 0) (void)pipeline.Consume(*pods);
    const Status pumped = Pump(**input, pipeline, ShowProgress);
    const Status finished = pipeline.Finish();
    if (!pumped) return Complain(pumped.error(), kExitUsage);
    if (!finished) return Complain(finished.error(), kExitUsage);
    if (const auto warning = (*input)->Warning())
      std::fprintf(stderr, "nameward: %s\n", warning->ToString().c_str());
    if (const uint64_t changes = pipeline.policy_changes(); changes > 0)
      std::fprintf(stderr,
                   "nameward: %s: its policy changed %llu times while it was "
                   "recorded; one policy judged all of it now\n",
                   file.c_str(), static_cast<unsigned long long>(changes));
    alerts += pipeline.alerts();
  }
  if (const Status flushed = out.Flush(); !flushed)
    return Complain(flushed.error(), kExitUsage);
  if (const uint64_t failed = out.stats().failed; failed > 0)
    return Complain({"standard output",
                     std::to_string(failed) + " lines could not be written"},
                    kExitUsage);
  return flags.fail_on_alert && alerts > 0 ? kExitFindings : kExitFine;
}

}  // namespace

void AddReplayVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "replay", "recordings, pcap or pcapng files through the same engine");
  auto flags = std::make_shared<ReplayFlags>();
  verb->add_option("files", flags->files, "recordings, pcap or pcapng files")
      ->required();
  verb->add_option("--policy", flags->policy, "rule files or directories");
  verb->add_option("--resolvers", flags->resolvers,
                   "pcap: the trusted resolvers, as 192.0.2.53:53; default: "
                   "every server on port 53");
  verb->add_option("--pods", flags->pods,
                   "a kubelet's /pods answer: names of pods, for captures by "
                   "address");
  verb->add_flag("--events", flags->events, "print events, not alerts");
  verb->add_flag("--flows", flags->flows, "pcap: connection outcomes too");
  verb->add_flag("--fail-on-alert", flags->fail_on_alert,
                 "exit status 1 if an alert was raised");
  verb->add_option("--alert-format", flags->alert_format,
                   std::string(kAlertFormats))
      ->check(CLI::IsMember({"ocsf", "ecs", "falco", "human"}));
  AddFormatFlag(*verb, flags->format);
  verb->callback(
      [&chosen, flags] { chosen = [flags] { return Replay(*flags); }; });
}

}  // namespace nameward
