// SPDX-License-Identifier: Apache-2.0
#include "match/match_parser.h"

#include <algorithm>
#include <utility>

#include "match/list_parser.h"
#include "match/node_reader.h"

namespace nameward {
namespace {

constexpr std::string_view kOperators[] = {
    "in", "not_in", "eq", "glob", "regex", "search", "one_label"};
constexpr size_t kShownItems = 3;

bool IsOperator(std::string_view key) {
  return std::find(std::begin(kOperators), std::end(kOperators), key) !=
         std::end(kOperators);
}

bool IsPattern(std::string_view key) {
  return key == "glob" || key == "regex" || key == "search" ||
         key == "one_label";
}

bool HoldsOperators(const YamlNode& node) {
  return node.IsMap() && std::any_of(node.members.begin(), node.members.end(),
                                     [](const YamlMember& member) {
                                       return IsOperator(member.key.text);
                                     });
}

std::string Show(const YamlNode& item) {
  if (!item.IsMap() || item.members.empty()) return item.text;
  return item.members[0].key.text + " " + item.members[0].value.text;
}

std::string LeafText(const Field& field, bool negated,
                     const std::vector<const YamlNode*>& items) {
  std::string text = std::string(field.name) + (negated ? " not in " : " in ");
  for (size_t i = 0; i < items.size() && i < kShownItems; ++i)
    text += (i == 0 ? "" : ", ") + Show(*items[i]);
  if (items.size() > kShownItems)
    text += ", and " + std::to_string(items.size() - kShownItems) + " more";
  return text;
}

std::string EventsOf(const Field& field) {
  std::string text;
  for (size_t i = 0; i < kEventKinds; ++i)
    if (field.events & (1U << i))
      text += (text.empty() ? "" : ", ") +
              std::string(ToString(static_cast<EventKind>(i)));
  return text;
}

}  // namespace

ListType ListTypeOf(const Field& field) {
  switch (field.type) {
    case ValueType::kDomain:
      return ListType::kDomain;
    case ValueType::kIp:
      return ListType::kCidr;
    case ValueType::kPort:
      return ListType::kPort;
    case ValueType::kString:
      return ListType::kString;
    default:
      return ListType::kNumber;
  }
}

std::optional<uint32_t> MatchParser::Parse(const YamlNode& node) {
  if (!node.IsMap() || node.members.empty()) {
    reporter_.Fail(node.place, "R006",
                   {"match", "it must be a map of fields, all, any or not",
                    "write 'qname: {in: [x.com]}'"});
    return std::nullopt;
  }
  Children children;
  for (const YamlMember& member : node.members)
    ParseMember(member, "", children);
  return Join(MatchNode::Kind::kAll, std::move(children), node.place);
}

void MatchParser::ParseMember(const YamlMember& member,
                              const std::string& prefix, Children& out) {
  const std::string& key = member.key.text;
  if (prefix.empty() && key == "all")
    return ParseBranch(member, MatchNode::Kind::kAll, out);
  if (prefix.empty() && key == "any")
    return ParseBranch(member, MatchNode::Kind::kAny, out);
  if (prefix.empty() && key == "not") return ParseNot(member.value, out);
  ParseField(member, prefix.empty() ? key : prefix + "." + key, out);
}

void MatchParser::ParseBranch(const YamlMember& member, MatchNode::Kind kind,
                              Children& out) {
  if (!member.value.IsSequence() || member.value.items.empty())
    return reporter_.Fail(member.value.place, "R006",
                          {member.key.text, "it must be a list of conditions",
                           "write '- qname: …' lines"});
  Children children;
  for (const YamlNode& item : member.value.items)
    if (const auto child = Parse(item)) children.push_back(*child);
  if (const auto node = Join(kind, std::move(children), member.key.place))
    out.push_back(*node);
}

void MatchParser::ParseNot(const YamlNode& node, Children& out) {
  const auto child = Parse(node);
  if (!child) return;
  MatchNode negation;
  negation.kind = MatchNode::Kind::kNot;
  negation.place = node.place;
  negation.children = {*child};
  policy_.nodes.push_back(std::move(negation));
  out.push_back(static_cast<uint32_t>(policy_.nodes.size() - 1));
}

bool MatchParser::KnownHere(const Field* field, const std::string& name,
                            Place place) {
  if (field == nullptr) {
    std::vector<std::string_view> names;
    for (const Field& known : AllFields())
      if (known.events & (1U << static_cast<unsigned>(event_)))
        names.push_back(known.name);
    reporter_.Fail(place, "R014",
                   {"unknown field " + Quote(name),
                    "no event has a field of this name", Suggest(name, names)});
    return false;
  }
  if (field->events & (1U << static_cast<unsigned>(event_))) return true;
  reporter_.Fail(place, "R014",
                 {"field '" + name + "'",
                  "an event of kind " + std::string(ToString(event_)) +
                      " has no such field",
                  "it belongs to " + EventsOf(*field)});
  return false;
}

void MatchParser::ParseField(const YamlMember& member, const std::string& name,
                             Children& out) {
  const YamlNode& value = member.value;
  const Field* field = FindField(name);
  if (value.IsMap() && !HoldsOperators(value) && IsFieldPrefix(name)) {
    for (const YamlMember& inner : value.members) ParseMember(inner, name, out);
    return;
  }
  if (!KnownHere(field, name, member.key.place)) return;
  if (value.IsMap()) return ParseOperators(*field, value, out);
  AddLeaf(*field, value, false, out);
}

void MatchParser::ParseOperators(const Field& field, const YamlNode& map,
                                 Children& out) {
  if (!CheckMap(map, "field '" + std::string(field.name) + "'", kOperators,
                reporter_))
    return;
  bool patterns = false;
  for (const YamlMember& member : map.members) {
    const std::string& key = member.key.text;
    if (IsPattern(key))
      patterns = true;
    else
      AddLeaf(field, member.value, key == "not_in", out);
  }
  if (patterns) AddPatternLeaf(field, map, out);
}

// `qname: {glob: …}` is the one item of a list without its brackets.
void MatchParser::AddPatternLeaf(const Field& field, const YamlNode& map,
                                 Children& out) {
  YamlNode item;
  item.kind = YamlNode::Kind::kMap;
  item.place = map.place;
  for (const YamlMember& member : map.members)
    if (IsPattern(member.key.text)) item.members.push_back(member);
  AddLeaf(field, item, false, out);
}

void MatchParser::AddLeaf(const Field& field, const YamlNode& values,
                          bool negated, Children& out) {
  const auto items = ItemsOf(values);
  if (items.empty())
    return reporter_.Fail(values.place, "R006",
                          {std::string(field.name), "it has no values",
                           "write one, or remove the leaf"});
  MatchNode node;
  node.place = values.place;
  node.leaf.field = &field;
  node.leaf.negated = negated;
  node.leaf.text = LeafText(field, negated, items);
  ValueList inline_values;
  inline_values.type = ListTypeOf(field);
  inline_values.path = reporter_.path();
  inline_values.place = values.place;
  bool any = false;
  for (const YamlNode* item : items) {
    if (item->IsScalar() && !item->text.empty() && item->text[0] == '$') {
      AddReference(field, *item, node.leaf);
      continue;
    }
    any = true;
    ParseItem(*item, &field, inline_values, reporter_);
  }
  if (any) {
    node.leaf.lists.push_back(static_cast<uint32_t>(policy_.lists.size()));
    policy_.lists.push_back(std::move(inline_values));
  }
  policy_.nodes.push_back(std::move(node));
  out.push_back(static_cast<uint32_t>(policy_.nodes.size() - 1));
}

void MatchParser::AddReference(const Field& field, const YamlNode& item,
                               Leaf& leaf) {
  const auto found = lists_.find(item.text.substr(1));
  if (found == lists_.end()) {
    std::vector<std::string_view> names;
    for (const auto& [name, index] : lists_) names.push_back(name);
    std::sort(names.begin(), names.end());
    return reporter_.Fail(
        item.place, "R009",
        {"unknown list " + Quote(item.text),
         "no file of the policy declares it",
         names.empty() ? "add it under `lists:`"
                       : Suggest(item.text.substr(1), names)});
  }
  ValueList& list = policy_.lists[found->second];
  list.used = true;
  const ListType wanted = ListTypeOf(field);
  const bool process =
      field.id == FieldId::kProcessExe || field.id == FieldId::kProcessName;
  if (list.type == wanted || (process && list.type == ListType::kProcess)) {
    leaf.lists.push_back(found->second);
    return;
  }
  reporter_.Fail(
      item.place, "R009",
      {"list " + Quote(item.text),
       "it holds items of type " + std::string(ToString(list.type)) + ", '" +
           std::string(field.name) + "' takes " + std::string(ToString(wanted)),
       wanted == ListType::kNumber ? "write the values out"
                                   : "name a list of that type"});
}

std::optional<uint32_t> MatchParser::Join(MatchNode::Kind kind,
                                          Children children, Place place) {
  if (children.empty()) return std::nullopt;
  if (children.size() == 1) return children[0];
  MatchNode node;
  node.kind = kind;
  node.place = place;
  node.children = std::move(children);
  policy_.nodes.push_back(std::move(node));
  return static_cast<uint32_t>(policy_.nodes.size() - 1);
}

}  // namespace nameward
