// SPDX-License-Identifier: Apache-2.0
// How a key of the configuration is read, checked and shown: one Key for each
// field of Settings, made by Field and its kin.  Pure; any thread.
//
//   Number("kubelet.port", &KubeletSettings::port, 1, UINT16_MAX)
#ifndef NAMEWARD_APP_SETTING_KEY_H_
#define NAMEWARD_APP_SETTING_KEY_H_

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/settings.h"
#include "base/result.h"

namespace nameward::setting {

using Words = std::vector<std::string>;

// How one key is read and shown; `expects` completes "expected …".
struct Key {
  std::string_view name;
  std::string expects;
  bool is_list;
  std::function<bool(Settings&, const Words&)> read;
  std::function<Words(const Settings&)> show;
  // What exactly is wrong with words that `read` refused, where that is known.
  std::function<Status(const Words&)> check = nullptr;
};

// What each type of value reads, and shows so that it reads back.
inline bool Read(const Words& words, std::string& out) {
  out = words[0];
  return true;
}
inline Words Show(const std::string& value) { return {value}; }

inline bool Read(const Words& words, bool& out) {
  out = words[0] == "true";
  return out || words[0] == "false";
}
inline Words Show(bool value) { return {value ? "true" : "false"}; }

inline bool Read(const Words& words, uint32_t& out) {
  const std::string& text = words[0];
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end;
}
inline Words Show(uint32_t value) { return {std::to_string(value)}; }

// 90s, 10m, 2h, 500ms.
inline bool Read(const Words& words, Nanoseconds& out) {
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
inline Words Show(Nanoseconds value) {
  if (value % 1h == 0s) return {std::to_string(value / 1h) + "h"};
  if (value % 1min == 0s) return {std::to_string(value / 1min) + "m"};
  if (value % 1s == 0s) return {std::to_string(value / 1s) + "s"};
  return {std::to_string(value / 1ms) + "ms"};
}

inline bool Read(const Words& words, Words& out) { return out = words, true; }
inline Words Show(const Words& value) { return value; }

template <typename T>
bool Read(const Words& words, std::vector<T>& out) {
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
Words Show(const std::vector<T>& values) {
  Words words;
  for (const T& value : values) words.push_back(value.ToString());
  return words;
}

template <typename T>
inline constexpr bool kIsList = false;
template <typename T>
inline constexpr bool kIsList<std::vector<T>> = true;

inline KafkaOptions& Group(Settings& s, const KafkaOptions*) { return s.kafka; }
inline const KafkaOptions& Group(const Settings& s, const KafkaOptions*) {
  return s.kafka;
}
inline WebhookOptions& Group(Settings& s, const WebhookOptions*) {
  return s.webhook;
}
inline const WebhookOptions& Group(const Settings& s, const WebhookOptions*) {
  return s.webhook;
}
inline TelemetryTopics& Group(Settings& s, const TelemetryTopics*) {
  return s.telemetry;
}
inline const TelemetryTopics& Group(const Settings& s, const TelemetryTopics*) {
  return s.telemetry;
}
inline KubeletSettings& Group(Settings& s, const KubeletSettings*) {
  return s.kubelet;
}
inline Settings& Group(Settings& s, const Settings*) { return s; }
inline const KubeletSettings& Group(const Settings& s, const KubeletSettings*) {
  return s.kubelet;
}
inline const Settings& Group(const Settings& s, const Settings*) { return s; }

// A key that is one field, and takes what `valid` says.
template <typename G, typename T>
Key Field(
    std::string_view name, std::string expects, T G::*field,
    std::function<bool(const T&)> valid = [](const T&) { return true; }) {
  constexpr const G* kGroup = nullptr;
  return {name, std::move(expects), kIsList<T>,
          [=](Settings& settings, const Words& words) {
            T value{};
            if (!Read(words, value) || !valid(value)) return false;
            Group(settings, kGroup).*field = std::move(value);
            return true;
          },
          [=](const Settings& settings) {
            return Show(Group(settings, kGroup).*field);
          }};
}

// A key whose bad value has a reason of its own.
template <typename G, typename T>
Key Checked(std::string_view name, std::string expects, T G::*field,
            std::function<Status(const T&)> check) {
  Key key = Field<G, T>(name, std::move(expects), field, [=](const T& value) {
    return check(value).has_value();
  });
  key.check = [=](const Words& words) {
    T value{};
    return Read(words, value) ? check(value) : Ok();
  };
  return key;
}

// A number between two bounds, both allowed.
template <typename G>
Key Number(std::string_view name, uint32_t G::*field, uint32_t least,
           uint32_t most = UINT32_MAX) {
  std::string expects = "a number from " + std::to_string(least);
  if (most != UINT32_MAX) expects += " to " + std::to_string(most);
  return Field<G, uint32_t>(
      name, std::move(expects), field,
      [=](uint32_t value) { return value >= least && value <= most; });
}

// More than nothing.
template <typename G>
Key Duration(std::string_view name, Nanoseconds G::*field) {
  return Field<G, Nanoseconds>(name, "a duration, as 10s", field,
                               [](Nanoseconds value) { return value > 0s; });
}

// An enum whose values have the given words, in order.
template <typename G, typename T>
Key Choice(std::string_view name, T G::*field, Words words) {
  constexpr const G* kGroup = nullptr;
  std::string expects;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i > 0) expects += i + 1 == words.size() ? " or " : ", ";
    expects += words[i];
  }
  return {name, std::move(expects), false,
          [=](Settings& settings, const Words& given) {
            const auto at = std::find(words.begin(), words.end(), given[0]);
            if (at == words.end()) return false;
            Group(settings, kGroup).*field = static_cast<T>(at - words.begin());
            return true;
          },
          [=](const Settings& settings) {
            const auto at = static_cast<size_t>(Group(settings, kGroup).*field);
            return Words{words[std::min(at, words.size() - 1)]};
          }};
}

// kafka.*, webhook.* and telemetry.*.
std::vector<Key> DeliveryKeys();

}  // namespace nameward::setting

#endif  // NAMEWARD_APP_SETTING_KEY_H_
