// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_facts.h"

#include <linux/bpf.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "app/health.h"
#include "app/kubelet_fetch.h"
#include "app/policy_files.h"
#include "app/policy_watch.h"
#include "app/rights.h"
#include "base/clock.h"
#include "base/unique_fd.h"
#include "kube/file_pod_source.h"
#include "match/match.h"

namespace nameward {
namespace {

constexpr size_t kMaxStatus = 64 * 1024;

// errno of making the smallest map; 0: it was made.
int TryBpf() {
  bpf_attr attr{};
  attr.map_type = BPF_MAP_TYPE_ARRAY;
  attr.key_size = 4;
  attr.value_size = 4;
  attr.max_entries = 1;
  const UniqueFd map(
      static_cast<int>(syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr)));
  return map ? 0 : errno;
}

// The value of one line of a /proc status file.
std::string Line(std::string_view status, std::string_view key) {
  const size_t at = status.find(key);
  if (at == std::string_view::npos) return "";
  std::string_view value = status.substr(at + key.size());
  value = value.substr(0, value.find('\n'));
  value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
  return std::string(value);
}

NodeFact ClockFact() {
  SystemClock clock;
  const std::string now = FormatRfc3339(clock.Offset().ToWall(clock.Now()));
  timex state{};
  const int result = adjtimex(&state);
  if (result < 0)
    return {"clock", FactState::kOk, now + ", not told whether it is right",
            ""};
  if ((state.status & STA_UNSYNC) == 0)
    return {"clock", FactState::kOk, now + ", synchronised", ""};
  return {"clock", FactState::kDegraded, now + ", not synchronised",
          "alerts carry this time; run an NTP client on the node"};
}

NodeFact PolicyFact(const Settings& settings) {
  const Result<Policy> policy = PolicyOrDefault(settings.rules);
  if (!policy)
    return {"policy", FactState::kMissing, policy.error().ToString(), ""};
  const RuleLoad load =
      LoadRules(policy->files, {.commit = "", .read_list = policy->read_list});
  if (load.set == nullptr)
    return {"policy", FactState::kMissing, load.diagnostics.front().ToString(),
            "run nameward rules check"};
  return {"policy", FactState::kOk,
          std::to_string(load.set->rule_count()) + " rules, set " +
              load.set->set_id(),
          ""};
}

NodeFact ReloadFact(const Settings& settings) {
  const auto paths = PolicyPaths(settings.rules);
  if (paths.empty())
    return {"policy reload", FactState::kOk, "the starter policy never changes",
            ""};
  PolicyWatch watch(paths);
  if (const Status armed = watch.Arm(); !armed)
    return {"policy reload", FactState::kDegraded, armed.error().ToString(),
            "until then only SIGHUP reads it again"};
  std::string folders;
  for (const std::string& folder : PolicyFolders(paths))
    folders += (folders.empty() ? "watches " : ", ") + folder;
  return {"policy reload", FactState::kOk, folders, ""};
}

NodeFact ResolverFact(const Settings& settings) {
  const Context context = LiveContext(settings);
  std::string text;
  for (const Endpoint& resolver : context.resolvers)
    text += (text.empty() ? "" : ", ") + resolver.ToString();
  if (!text.empty()) return {"resolvers", FactState::kOk, text, ""};
  return {"resolvers", FactState::kDegraded, "none is trusted",
          "set correlate.resolvers, or every connect is without a name"};
}

NodeFact MetricsFact(const Settings& settings) {
  if (settings.metrics_listen.empty())
    return {"metrics", FactState::kOk, "metrics.listen is empty: no listener",
            ""};
  const auto address = MetricsAddress(settings);
  if (!address)
    return {"metrics", FactState::kMissing, address.error().ToString(),
            address.error().fix};
  const std::string& listen = *address;
  const std::string ready = AskReady(listen);
  if (!ready.empty())
    return {"metrics", FactState::kOk,
            listen + ", where a sensor says: " + ready, ""};
  if (const auto server = HealthServer::Open(listen); !server)
    return {"metrics", FactState::kMissing, server.error().ToString(),
            server.error().fix};
  return {"metrics", FactState::kOk, listen + " is free", ""};
}

NodeFact PodFileFact(const Settings& settings) {
  const auto file = FilePodSource::Open(settings.pods_file);
  if (!file)
    return {"pods", FactState::kMissing, file.error().ToString(),
            "set pods.file to a kubelet's /pods answer"};
  return {"pods", FactState::kOk,
          settings.pods_file + ": " +
              std::to_string((*file)->status().list.pods) + " pods",
          ""};
}

// What proves each side to the other, as --print-config has it.
std::string Proofs(const KubeletSettings& kubelet) {
  if (kubelet.read_only_port) return "plain HTTP, no proof of either side";
  const std::string ours = kubelet.cert_file.empty()
                               ? "token " + kubelet.token_file
                               : "certificate " + kubelet.cert_file;
  switch (kubelet.tls) {
    case KubeletTls::kVerify:
      return "verified as " +
             (kubelet.server_name.empty() ? "its address"
                                          : kubelet.server_name) +
             " by " + kubelet.ca_file + ", " + ours;
    case KubeletTls::kPin:
      return "pinned to " + kubelet.ca_file + ", " + ours;
    case KubeletTls::kInsecure:
      break;
  }
  return "whoever answers, " + ours;
}

std::vector<NodeFact> KubeletFacts(const Settings& settings) {
  const auto fetch = NewKubeletFetch(settings);
  if (!fetch)
    return {{"kubelet", FactState::kMissing, fetch.error().ToString(),
             fetch.error().fix}};
  AnswerBuffer answer(settings.kubelet.max_body);
  SystemClock clock;
  const BootTime asked = clock.Now();
  if (const auto failure = (*fetch)->Fetch(answer))
    return {{"kubelet", FactState::kMissing,
             failure->error.what + ": " + failure->error.why,
             failure->error.fix}};
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      clock.Now() - asked);
  const bool proven = settings.kubelet.tls != KubeletTls::kInsecure &&
                      !settings.kubelet.read_only_port;
  const NodeFact kubelet{
      "kubelet", proven ? FactState::kOk : FactState::kDegraded,
      std::to_string(answer.text().size()) + " bytes in " +
          std::to_string(took.count()) + " ms; " + Proofs(settings.kubelet),
      proven ? "" : "kubelet.tls verify or pin"};
  const auto pods = ParsePodList(answer.text());
  if (!pods)
    return {kubelet,
            {"pods", FactState::kMissing, pods.error().ToString(),
             "is it a kubelet that answers there?"}};
  return {kubelet, PodListFact(*pods, settings.pod_uid)};
}

}  // namespace

NodeFact SeccompFact(std::string_view status, int bpf_errno) {
  const bool filtered = Line(status, "Seccomp:") == "2";
  const uint64_t held =
      std::strtoull(Line(status, "CapEff:").c_str(), nullptr, 16);
  const bool entitled = (held >> CAP_BPF & 1) != 0;
  const std::string text = filtered ? "a filter" : "no filter";
  if (!filtered || !entitled || bpf_errno != EPERM)
    return {"seccomp", FactState::kOk, text, ""};
  return {"seccomp", FactState::kMissing,
          text + " that refuses bpf(2) in spite of CAP_BPF",
          "seccompProfile RuntimeDefault of a newer container runtime"};
}

NodeFact LandlockFact(int abi) {
  const std::string text = "ABI " + std::to_string(abi);
  if (abi == 0)
    return {"landlock", FactState::kDegraded, "not in this kernel",
            "only the allow-list of system calls confines the sensor; boot "
            "with lsm=landlock,..."};
  if (abi < 4)
    return {"landlock", FactState::kDegraded, text,
            "confines files but no ports; Linux 6.7 does"};
  return {"landlock", FactState::kOk, text, ""};
}

std::vector<NodeFact> ConfinementFacts() {
  const auto status = ReadWholeFile("/proc/self/status", kMaxStatus);
  return {SeccompFact(status ? *status : "", TryBpf()),
          LandlockFact(LandlockAbi()), ClockFact()};
}

std::vector<NodeFact> PodEnvironmentFacts(const PodEnvironment& pod,
                                          bool in_pod) {
  if (!in_pod) return {};
  std::vector<NodeFact> facts;
  const auto variable = [&facts](const char* name, const std::string& value,
                                 FactState without, const char* mend) {
    if (value.empty())
      facts.push_back({name, without, "not set", mend});
    else
      facts.push_back({name, FactState::kOk, value, ""});
  };
  variable("NODE_NAME", pod.node_name, FactState::kMissing,
           "fieldRef spec.nodeName; the kubelet's certificate must name it");
  variable("HOST_IP", pod.host_ip, FactState::kMissing,
           "fieldRef status.hostIPs; the kubelet is asked there");
  variable("POD_IP", pod.pod_ip, FactState::kDegraded,
           "fieldRef status.podIP; for metrics.listen pod:PORT");
  variable("POD_UID", pod.pod_uid, FactState::kDegraded,
           "fieldRef metadata.uid; to prove that the list is this node's");
  facts.push_back(
      pod.has_account
          ? NodeFact{"service account", FactState::kOk, "token and CA", ""}
          : NodeFact{"service account", FactState::kMissing,
                     "no token or no CA is mounted",
                     "mount a projected volume with both"});
  return facts;
}

std::vector<NodeFact> SettingFacts(const Settings& settings) {
  return {ResolverFact(settings), PolicyFact(settings), ReloadFact(settings),
          MetricsFact(settings)};
}

NodeFact PodListFact(const PodSnapshot& pods, const std::string& own_uid) {
  const std::string text = std::to_string(pods.pods.size()) + " on this node";
  if (own_uid.empty()) return {"pods", FactState::kOk, text, ""};
  for (const PodState& state : pods.pods)
    if (state.pod->uid == own_uid)
      return {"pods", FactState::kOk, text + ", this one among them", ""};
  return {"pods", FactState::kMissing,
          text + ", but not this one (" + own_uid + ")",
          "HOST_IP is not of the node that this pod runs on"};
}

std::vector<NodeFact> PodFacts(const Settings& settings, bool in_pod) {
  if (in_pod && LacksKubelet(settings))
    return {{"kubelet", FactState::kMissing, "not asked: pods have no names",
             "NODE_NAME, HOST_IP and a service account are needed, or pods: "
             "none to say that it is meant"}};
  if (settings.pods == PodsFrom::kNone)
    return {{"pods", FactState::kOk,
             "pods.source is none: events name cgroup, container id and unit",
             ""}};
  if (settings.pods == PodsFrom::kFile) return {PodFileFact(settings)};
  return KubeletFacts(settings);
}

}  // namespace nameward
