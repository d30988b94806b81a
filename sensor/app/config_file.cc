// SPDX-License-Identifier: Apache-2.0
// The configuration file: two levels of keys, read by the same strict YAML
// reader as the rules.
#include "app/settings.h"
#include "match/report.h"
#include "match/yaml_tree.h"

namespace nameward {
namespace {

std::string At(std::string_view file, Place place) {
  return std::string(file) + ":" + std::to_string(place.line) + ":" +
         std::to_string(place.column);
}

// A scalar is one word, a sequence of scalars its words.
std::optional<std::vector<std::string>> WordsOf(const YamlNode& node) {
  if (node.IsScalar()) return std::vector<std::string>{node.text};
  if (node.kind == YamlNode::Kind::kNull) return std::vector<std::string>{""};
  if (!node.IsSequence()) return std::nullopt;
  std::vector<std::string> words;
  for (const YamlNode& item : node.items) {
    if (!item.IsScalar()) return std::nullopt;
    words.push_back(item.text);
  }
  return words;
}

Status ReadMember(Settings& settings, std::string_view file,
                  const std::string& key, const YamlMember& member) {
  const auto words = WordsOf(member.value);
  const std::string origin = At(file, member.key.place);
  if (!words)
    return Error{origin, "the value of " + key + " is a map",
                 "write a value or a list of values"};
  return SetKey(settings, key, *words, origin);
}

Status ReadGroup(Settings& settings, std::string_view file,
                 const YamlMember& group) {
  if (!group.value.IsMap())
    return ReadMember(settings, file, group.key.text, group);
  for (const YamlMember& member : group.value.members)
    NW_RETURN_IF_ERROR(ReadMember(
        settings, file, group.key.text + "." + member.key.text, member));
  return Ok();
}

}  // namespace

Status ReadConfigFile(Settings& settings, std::string_view name,
                      std::string_view text) {
  Diagnostics diagnostics;
  Reporter reporter(std::string(name), diagnostics);
  const auto root = ParseYaml(text, reporter);
  if (!root) {
    const Diagnostic& first = diagnostics.front();
    return first.error.Wrap(At(name, {first.line, first.column}));
  }
  if (root->kind == YamlNode::Kind::kNull) return Ok();
  if (!root->IsMap())
    return Error{At(name, root->place), "not a map of keys",
                 "begin with a group, as metrics:"};
  for (const YamlMember& group : root->members)
    NW_RETURN_IF_ERROR(ReadGroup(settings, name, group));
  return Ok();
}

}  // namespace nameward
