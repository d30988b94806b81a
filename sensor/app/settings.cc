// SPDX-License-Identifier: Apache-2.0
#include "app/settings.h"

#include <array>
#include <bit>
#include <charconv>
#include <optional>

namespace nameward {
namespace {

using Words = std::vector<std::string>;

// How one key is read and shown; `expects` completes "expected …".
struct Key {
  std::string_view name;
  std::string_view expects;
  bool is_list;
  bool (*read)(Settings&, const Words&);
  Words (*show)(const Settings&);
};

bool ReadNumber(const Words& words, uint32_t least, uint32_t& out) {
  const std::string& text = words[0];
  uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return false;
  if (value < least) return false;
  out = value;
  return true;
}

// 90s, 10m, 2h, 500ms.
bool ReadDuration(const Words& words, Nanoseconds& out) {
  const std::string& text = words[0];
  uint32_t number = 0;
  const auto [unit, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  const std::string_view suffix(unit, text.data() + text.size());
  if (suffix == "ms") return out = number * 1ms, true;
  if (suffix == "s") return out = number * 1s, true;
  if (suffix == "m") return out = number * 1min, true;
  if (suffix == "h") return out = number * 1h, true;
  return false;
}

template <typename T>
bool ReadEach(const Words& words, std::vector<T>& out) {
  std::vector<T> read;
  for (const std::string& word : words) {
    const std::optional<T> value = T::Parse(word);
    if (!value) return false;
    read.push_back(*value);
  }
  out = std::move(read);
  return true;
}

template <typename T>
Words ShowEach(const std::vector<T>& values) {
  Words words;
  for (const T& value : values) words.push_back(value.ToString());
  return words;
}

std::string ShowDuration(Nanoseconds duration) {
  if (duration % 1h == 0s) return std::to_string(duration / 1h) + "h";
  if (duration % 1min == 0s) return std::to_string(duration / 1min) + "m";
  if (duration % 1s == 0s) return std::to_string(duration / 1s) + "s";
  return std::to_string(duration / 1ms) + "ms";
}

constexpr uint32_t kLeastRing = 64 * 1024;

bool ReadRing(Settings& s, const Words& words) {
  uint32_t bytes = 0;
  if (!ReadNumber(words, kLeastRing, bytes) || !std::has_single_bit(bytes))
    return false;
  s.ring_bytes = bytes;
  return true;
}

bool ReadFormat(Settings& s, const Words& words) {
  if (words[0] != "ocsf" && words[0] != "human") return false;
  s.alert_format =
      words[0] == "ocsf" ? AlertFormat::kOcsf : AlertFormat::kHuman;
  return true;
}

bool ReadListen(Settings& s, const Words& words) {
  const bool valid = words[0].empty() || Endpoint::Parse(words[0]);
  if (valid) s.metrics_listen = words[0];
  return valid;
}

constexpr std::string_view kNetworks = "CIDR ranges without host bits";

const std::array kKeys = {
    Key{"node.name", "a name", false,
        [](Settings& s, const Words& w) {
          return s.node_name = w[0], !w[0].empty();
        },
        [](const Settings& s) { return Words{s.node_name}; }},
    Key{"node.flows", "true or false", false,
        [](Settings& s, const Words& w) {
          return s.flows = w[0] == "true", w[0] == "true" || w[0] == "false";
        },
        [](const Settings& s) { return Words{s.flows ? "true" : "false"}; }},
    Key{"cluster.internal", kNetworks, true,
        [](Settings& s, const Words& w) { return ReadEach(w, s.internal); },
        [](const Settings& s) { return ShowEach(s.internal); }},
    Key{"cluster.services", kNetworks, true,
        [](Settings& s, const Words& w) { return ReadEach(w, s.services); },
        [](const Settings& s) { return ShowEach(s.services); }},
    Key{"pods", "none (the kubelet comes with a later version)", false,
        [](Settings&, const Words& w) { return w[0] == "none"; },
        [](const Settings&) { return Words{"none"}; }},
    Key{"rules.paths", "files or directories", true,
        [](Settings& s, const Words& w) { return s.rules = w, true; },
        [](const Settings& s) { return s.rules; }},
    Key{"alerts.format", "ocsf or human", false, ReadFormat,
        [](const Settings& s) {
          return Words{s.alert_format == AlertFormat::kOcsf ? "ocsf" : "human"};
        }},
    Key{"alerts.file", "a path, or nothing for stdout", false,
        [](Settings& s, const Words& w) { return s.alert_file = w[0], true; },
        [](const Settings& s) { return Words{s.alert_file}; }},
    Key{"correlate.resolvers", "addresses with port, as 10.96.0.10:53", true,
        [](Settings& s, const Words& w) { return ReadEach(w, s.resolvers); },
        [](const Settings& s) { return ShowEach(s.resolvers); }},
    Key{"correlate.encrypted_resolvers", "IP addresses", true,
        [](Settings& s, const Words& w) { return ReadEach(w, s.encrypted); },
        [](const Settings& s) { return ShowEach(s.encrypted); }},
    Key{"correlate.warmup", "a duration, as 10m", false,
        [](Settings& s, const Words& w) { return ReadDuration(w, s.warmup); },
        [](const Settings& s) { return Words{ShowDuration(s.warmup)}; }},
    Key{"limits.ring_bytes", "a power of two from 65536", false, ReadRing,
        [](const Settings& s) { return Words{std::to_string(s.ring_bytes)}; }},
    Key{"limits.dns_per_second", "a number from 1", false,
        [](Settings& s, const Words& w) {
          return ReadNumber(w, 1, s.quota_rate);
        },
        [](const Settings& s) { return Words{std::to_string(s.quota_rate)}; }},
    Key{"limits.dns_burst", "a number from 1", false,
        [](Settings& s, const Words& w) {
          return ReadNumber(w, 1, s.quota_burst);
        },
        [](const Settings& s) { return Words{std::to_string(s.quota_burst)}; }},
    Key{"metrics.listen", "an address with port, or nothing", false, ReadListen,
        [](const Settings& s) { return Words{s.metrics_listen}; }},
};

std::string AllKeys() {
  std::string names;
  for (const Key& key : kKeys) {
    if (!names.empty()) names += ", ";
    names += key.name;
  }
  return names;
}

// As YAML reads it back.
std::string ShowValue(const Key& key, const Settings& settings) {
  std::string value(key.is_list ? "[" : "");
  const Words words = key.show(settings);
  for (size_t i = 0; i < words.size(); ++i)
    value.append(i == 0 ? "\"" : ", \"").append(words[i]).append("\"");
  return value.append(key.is_list ? "]" : "");
}

}  // namespace

Status SetKey(Settings& settings, std::string_view name, const Words& words,
              std::string_view origin) {
  for (const Key& key : kKeys) {
    if (key.name != name) continue;
    const bool counted = key.is_list || words.size() == 1;
    if (!counted || !key.read(settings, words))
      return Error{std::string(origin), "bad value for " + std::string(name),
                   "expected " + std::string(key.expects)};
    settings.origins[std::string(name)] = origin;
    return Ok();
  }
  return Error{std::string(origin), "unknown key " + std::string(name),
               "known keys: " + AllKeys()};
}

std::string PrintConfig(const Settings& settings) {
  std::string text;
  std::string group;
  for (const Key& key : kKeys) {
    const size_t dot = key.name.find('.');
    const bool grouped = dot != std::string_view::npos;
    const std::string head(grouped ? key.name.substr(0, dot) : "");
    if (grouped && head != group) text += head + ":\n";
    group = head;
    const auto origin = settings.origins.find(std::string(key.name));
    text.append(grouped ? "  " : "")
        .append(key.name.substr(grouped ? dot + 1 : 0))
        .append(": ")
        .append(ShowValue(key, settings))
        .append("  # ")
        .append(origin == settings.origins.end() ? "default" : origin->second)
        .append("\n");
  }
  return text;
}

}  // namespace nameward
