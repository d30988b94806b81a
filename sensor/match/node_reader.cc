// SPDX-License-Identifier: Apache-2.0
#include "match/node_reader.h"

#include <algorithm>

namespace nameward {

bool CheckMap(const YamlNode& node, std::string_view what, Keys known,
              Reporter& reporter) {
  if (!node.IsMap()) {
    reporter.Fail(node.place, "R006",
                  {std::string(what), "it must be a map of keys and values",
                   "write 'key: value' lines"});
    return false;
  }
  bool good = true;
  for (const YamlMember& member : node.members) {
    if (std::find(known.begin(), known.end(), member.key.text) != known.end())
      continue;
    good = false;
    reporter.Fail(member.key.place, "R003",
                  {"unknown key " + Quote(member.key.text),
                   std::string(what) + " has no such key",
                   Suggest(member.key.text, known)});
  }
  return good;
}

std::optional<std::string> TextOf(const YamlNode& map, std::string_view key,
                                  Reporter& reporter) {
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return std::nullopt;
  if (node->IsScalar()) return node->text;
  reporter.Fail(node->place, "R006",
                {std::string(key), "it must be one value",
                 "write '" + std::string(key) + ": value'"});
  return std::nullopt;
}

std::optional<std::string> NeedText(const YamlNode& map, std::string_view key,
                                    Reporter& reporter) {
  if (map.Find(key) == nullptr) {
    reporter.Fail(map.place, "R005",
                  {"missing key '" + std::string(key) + "'", "it is required",
                   "add '" + std::string(key) + ": …'"});
    return std::nullopt;
  }
  return TextOf(map, key, reporter);
}

std::vector<const YamlNode*> ItemsOf(const YamlNode& node) {
  std::vector<const YamlNode*> items;
  if (node.IsSequence()) {
    items.reserve(node.items.size());
    for (const YamlNode& item : node.items) items.push_back(&item);
  } else if (node.kind != YamlNode::Kind::kNull) {
    items.push_back(&node);
  }
  return items;
}

std::vector<std::string> TextsOf(const YamlNode& map, std::string_view key,
                                 Reporter& reporter) {
  std::vector<std::string> texts;
  const YamlNode* node = map.Find(key);
  if (node == nullptr) return texts;
  for (const YamlNode* item : ItemsOf(*node)) {
    if (item->IsScalar()) {
      texts.push_back(item->text);
      continue;
    }
    reporter.Fail(item->place, "R006",
                  {std::string(key), "its items must be plain values",
                   "write '" + std::string(key) + ": [a, b]'"});
  }
  return texts;
}

}  // namespace nameward
