// SPDX-License-Identifier: Apache-2.0
#include "match/scope_parser.h"

#include <array>
#include <string>

#include "match/node_reader.h"

namespace nameward {
namespace {

constexpr std::string_view kScopeKeys[] = {
    "namespaces", "namespaceSelector", "podSelector", "workloads",
    "containers", "cgroups",           "units",       "host"};
constexpr std::string_view kSelectorKeys[] = {"matchLabels",
                                              "matchExpressions"};
constexpr std::string_view kRequirementKeys[] = {"key", "operator", "values"};
constexpr std::string_view kContainerKeys[] = {"include", "exclude"};
constexpr std::array<std::string_view, 4> kRequirementOperators = {
    "In", "NotIn", "Exists", "DoesNotExist"};
constexpr std::array<std::string_view, 3> kHosts = {"exclude", "include",
                                                    "only"};

std::vector<WildcardText> Wildcards(const YamlNode& map, std::string_view key,
                                    Reporter& reporter) {
  std::vector<WildcardText> out;
  for (std::string& text : TextsOf(map, key, reporter))
    out.push_back({std::move(text)});
  const YamlNode* node = map.Find(key);
  if (node != nullptr && out.empty())
    reporter.Fail(
        node->place, "R006",
        {std::string(key), "it names nobody", "remove it, or write a name"});
  return out;
}

void ParseRequirement(const YamlNode& node, std::vector<Requirement>& out,
                      Reporter& reporter) {
  if (!CheckMap(node, "a matchExpression", kRequirementKeys, reporter)) return;
  Requirement requirement;
  requirement.key = NeedText(node, "key", reporter).value_or("");
  requirement.values = TextsOf(node, "values", reporter);
  const auto op = NeedText(node, "operator", reporter);
  if (!op) return;
  size_t index = 0;
  while (index < 4 && kRequirementOperators[index] != *op) ++index;
  if (index == 4)
    return reporter.Fail(node.Find("operator")->place, "R007",
                         {"operator " + Quote(*op), "Kubernetes has no such",
                          Suggest(*op, kRequirementOperators)});
  requirement.op = static_cast<Requirement::Operator>(index);
  const bool takes_values = index < 2;
  if (takes_values == requirement.values.empty())
    return reporter.Fail(
        node.place, "R007",
        {"operator " + *op,
         takes_values ? "it needs values" : "it has no values",
         takes_values ? "add 'values: […]'" : "remove 'values'"});
  out.push_back(std::move(requirement));
}

void ParseSelector(const YamlNode& scope, std::string_view key,
                   std::vector<Requirement>& out, Reporter& reporter) {
  const YamlNode* node = scope.Find(key);
  if (node == nullptr || !CheckMap(*node, key, kSelectorKeys, reporter)) return;
  if (const YamlNode* labels = node->Find("matchLabels")) {
    for (const YamlMember& label : labels->members)
      out.push_back(
          {label.key.text, Requirement::Operator::kIn, {label.value.text}});
  }
  if (const YamlNode* expressions = node->Find("matchExpressions"))
    for (const YamlNode* item : ItemsOf(*expressions))
      ParseRequirement(*item, out, reporter);
}

void ParseContainers(const YamlNode& node, Scope& scope, Reporter& reporter) {
  const YamlNode* containers = node.Find("containers");
  if (containers == nullptr) return;
  if (!containers->IsMap()) {
    scope.containers = Wildcards(node, "containers", reporter);
    return;
  }
  if (!CheckMap(*containers, "containers", kContainerKeys, reporter)) return;
  scope.containers = Wildcards(*containers, "include", reporter);
  scope.excluded_containers = Wildcards(*containers, "exclude", reporter);
}

}  // namespace

void ParseScope(const YamlNode& node, Scope& scope, Reporter& reporter) {
  if (!CheckMap(node, "scope", kScopeKeys, reporter)) return;
  scope.namespaces = Wildcards(node, "namespaces", reporter);
  ParseSelector(node, "namespaceSelector", scope.namespace_selector, reporter);
  ParseSelector(node, "podSelector", scope.pod_selector, reporter);
  scope.workloads = Wildcards(node, "workloads", reporter);
  ParseContainers(node, scope, reporter);
  scope.cgroups = Wildcards(node, "cgroups", reporter);
  scope.units = Wildcards(node, "units", reporter);
  const auto host = TextOf(node, "host", reporter);
  if (!host) return;
  size_t index = 0;
  while (index < 3 && kHosts[index] != *host) ++index;
  if (index == 3)
    return reporter.Fail(
        node.Find("host")->place, "R007",
        {"host " + Quote(*host), "unknown word", Suggest(*host, kHosts)});
  scope.host = static_cast<HostScope>(index);
}

}  // namespace nameward
