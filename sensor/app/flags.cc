// SPDX-License-Identifier: Apache-2.0
#include "app/flags.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>

#include "app/policy_files.h"
#include "app/surroundings.h"

namespace nameward {
namespace {

constexpr char kDefaultConfig[] = "/etc/nameward/nameward.yaml";
constexpr size_t kMaxConfig = 1 << 20;

std::string HostName() {
  char name[256] = {};
  if (gethostname(name, sizeof name - 1) != 0) return "unknown";
  return name;
}

Status Assign(Settings& settings, const std::string& assignment) {
  const size_t equals = assignment.find('=');
  if (equals == std::string::npos)
    return Error{"--set " + assignment, "no '=' in it",
                 "write --set correlate.warmup=5m"};
  std::vector<std::string> words;
  std::string rest = assignment.substr(equals + 1);
  for (size_t comma; (comma = rest.find(',')) != std::string::npos;) {
    words.push_back(rest.substr(0, comma));
    rest.erase(0, comma + 1);
  }
  words.push_back(rest);
  return SetKey(settings, assignment.substr(0, equals), words, "--set");
}

Status ReadFile(Settings& settings, const SettingFlags& flags) {
  const bool asked = !flags.config.empty();
  const std::string path = asked ? flags.config : kDefaultConfig;
  if (!asked && access(path.c_str(), F_OK) != 0) return Ok();
  const Result<std::string> text = ReadWholeFile(path, kMaxConfig);
  if (!text) return text.error().Wrap("configuration");
  return ReadConfigFile(settings, path, *text);
}

// NAMEWARD_KAFKA_SASL_PASSWORD_FILE=PATH for kafka.sasl_password_file.
std::string VariableOf(std::string_view key) {
  std::string name = "NAMEWARD_";
  for (const char c : key)
    name += c == '.' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

// Where secrets are, and only that: what they are would show in /proc.
Status ApplyFileVariables(Settings& settings) {
  for (char** at = environ; *at != nullptr; ++at) {
    const std::string_view text = *at;
    const std::string name(text.substr(0, text.find('=')));
    if (!name.starts_with("NAMEWARD_") || !name.ends_with("_FILE")) continue;
    const auto names = SettingNames();
    const auto key = std::find_if(
        names.begin(), names.end(), [&name](std::string_view candidate) {
          return candidate.ends_with("_file") && VariableOf(candidate) == name;
        });
    if (key == names.end())
      return Error{name, "no key of this name holds a file's path",
                   "NAMEWARD_KAFKA_SASL_PASSWORD_FILE sets "
                   "kafka.sasl_password_file, and so on"};
    NW_RETURN_IF_ERROR(SetKey(
        settings, *key, {std::string(text.substr(name.size() + 1))}, name));
  }
  return Ok();
}

Status CheckKafka(const KafkaOptions& kafka) {
  const std::string& mechanism = kafka.sasl_mechanism;
  const bool bearer = mechanism == "OAUTHBEARER";
  if (kafka.cert_file.empty() != kafka.key_file.empty())
    return Error{"kafka.cert_file, kafka.key_file", "only one is set",
                 "set both or neither"};
  if (!kafka.tls && !(kafka.ca_file + kafka.cert_file).empty())
    return Error{"kafka.tls", "false, but certificates are named",
                 "set kafka.tls: true"};
  if (bearer && kafka.sasl_token_file.empty())
    return Error{"kafka.sasl_mechanism OAUTHBEARER", "no token is named",
                 "set kafka.sasl_token_file"};
  if (!mechanism.empty() && !bearer &&
      (kafka.sasl_username.empty() || kafka.sasl_password_file.empty()))
    return Error{"kafka.sasl_mechanism " + mechanism,
                 "user or password is not named",
                 "set kafka.sasl_username and kafka.sasl_password_file"};
  if (mechanism.empty() &&
      !(kafka.sasl_password_file + kafka.sasl_token_file).empty())
    return Error{"kafka.sasl_mechanism", "not set, but a secret is named",
                 "set PLAIN, SCRAM-SHA-512 or OAUTHBEARER"};
  return Ok();
}

// What no single key can say.
Status CheckTogether(const Settings& settings) {
  const KubeletSettings& kubelet = settings.kubelet;
  if (kubelet.cert_file.empty() != kubelet.key_file.empty())
    return Error{"kubelet.cert_file, kubelet.key_file", "only one is set",
                 "set both or neither"};
  if (settings.pods == PodsFrom::kFile && settings.pods_file.empty())
    return Error{"pods.source file", "no file is named", "set pods.file"};
  return CheckKafka(settings.kafka);
}

}  // namespace

void AddSettingFlags(CLI::App& verb, SettingFlags& flags) {
  verb.add_option("--config", flags.config,
                  std::string("configuration file; default: ") +
                      kDefaultConfig + " if it is there");
  verb.add_option("--policy", flags.policy,
                  "rule files or directories; default: /etc/nameward/rules, "
                  "else the starter policy");
  verb.add_option("--resolver", flags.resolvers,
                  "a trusted resolver, as 10.96.0.10:53; may be repeated; "
                  "default: those of /etc/resolv.conf");
  verb.add_option("--alert-format", flags.alert_format,
                  std::string(kAlertFormats));
  verb.add_option_function<std::string>(
      "--metrics-listen",
      [&flags](const std::string& listen) {
        flags.metrics_listen = listen;
        flags.has_metrics_listen = true;
      },
      "address:port of /metrics, /healthz, /readyz, /api/ledger; \"\" for "
      "none");
  verb.add_flag("--flows", flags.flows,
                "report established, failed and closed connections too");
  verb.add_option("--set", flags.assigned,
                  "any configuration key, as correlate.warmup=5m");
}

Result<Settings> LoadSettings(const SettingFlags& flags) {
  Settings settings;
  settings.node_name = HostName();
  NW_RETURN_IF_ERROR(ApplyEnvironment(ReadPodEnvironment(), settings));
  NW_RETURN_IF_ERROR(ReadFile(settings, flags));
  NW_RETURN_IF_ERROR(ApplyFileVariables(settings));
  const auto set = [&settings](const char* key,
                               const std::vector<std::string>& words,
                               const char* flag) {
    return words.empty() ? Ok() : SetKey(settings, key, words, flag);
  };
  const auto one = [](const std::string& word) {
    return word.empty() ? std::vector<std::string>()
                        : std::vector<std::string>{word};
  };
  NW_RETURN_IF_ERROR(set("rules.paths", flags.policy, "--policy"));
  NW_RETURN_IF_ERROR(set("correlate.resolvers", flags.resolvers, "--resolver"));
  NW_RETURN_IF_ERROR(
      set("alerts.format", one(flags.alert_format), "--alert-format"));
  if (flags.has_metrics_listen)
    NW_RETURN_IF_ERROR(SetKey(settings, "metrics.listen",
                              {flags.metrics_listen}, "--metrics-listen"));
  if (flags.flows)
    NW_RETURN_IF_ERROR(SetKey(settings, "node.flows", {"true"}, "--flows"));
  for (const std::string& assignment : flags.assigned)
    NW_RETURN_IF_ERROR(Assign(settings, assignment));
  NW_RETURN_IF_ERROR(CheckTogether(settings));
  return settings;
}

}  // namespace nameward
