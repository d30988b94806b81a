// SPDX-License-Identifier: Apache-2.0
// Small readers of YAML nodes that report what they can't take.
#ifndef NAMEWARD_MATCH_NODE_READER_H_
#define NAMEWARD_MATCH_NODE_READER_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "match/report.h"
#include "match/yaml_tree.h"

namespace nameward {

using Keys = std::span<const std::string_view>;

// Whether the node is a map of only these keys; `what` names it in errors.
bool CheckMap(const YamlNode& node, std::string_view what, Keys known,
              Reporter& reporter);

// The text of a key's scalar; nullopt if absent or (reported) no scalar.
std::optional<std::string> TextOf(const YamlNode& map, std::string_view key,
                                  Reporter& reporter);
// As TextOf, but absence is reported too.
std::optional<std::string> NeedText(const YamlNode& map, std::string_view key,
                                    Reporter& reporter);
// The items of a sequence, or the one scalar or map that stands in its place.
std::vector<const YamlNode*> ItemsOf(const YamlNode& node);
// A key's list of scalars; empty if absent.
std::vector<std::string> TextsOf(const YamlNode& map, std::string_view key,
                                 Reporter& reporter);

// The parsed value of a key's scalar; reports under `code`.
template <typename T, typename Parse>
std::optional<T> ValueOf(const YamlNode& map, std::string_view key,
                         std::string_view code, Reporter& reporter,
                         Parse&& parse) {
  const auto text = TextOf(map, key, reporter);
  if (!text) return std::nullopt;
  auto value = parse(*text);
  if (value) return std::optional<T>(*std::move(value));
  reporter.Fail(map.Find(key)->place, code, value.error());
  return std::nullopt;
}

}  // namespace nameward

#endif  // NAMEWARD_MATCH_NODE_READER_H_
