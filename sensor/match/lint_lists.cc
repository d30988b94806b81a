// SPDX-License-Identifier: Apache-2.0
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "match/lint.h"
#include "match/public_suffix.h"

namespace nameward {
namespace {

using Item = DomainItems::Item;

Place PlaceOf(const Item& item) { return {item.line, item.column}; }

// The dot of a regex that was most likely meant as a dot: not escaped, not in
// a class, not repeated.
bool HasBareDot(std::string_view regex) {
  bool in_class = false;
  for (size_t i = 0; i < regex.size(); ++i) {
    if (regex[i] == '\\') {
      ++i;
    } else if (regex[i] == '[') {
      in_class = true;
    } else if (regex[i] == ']') {
      in_class = false;
    } else if (regex[i] == '.' && !in_class) {
      const char next = i + 1 < regex.size() ? regex[i + 1] : '\0';
      const bool repeated =
          next == '*' || next == '+' || next == '?' || next == '{';
      if (!repeated) return true;
    }
  }
  return false;
}

class ListLinter {
 public:
  ListLinter(const ValueList& list, Diagnostics& out)
      : domains_(list.domains), reporter_(list.path, out) {
    for (const Item& item : domains_.items()) {
      const std::string_view wire = domains_.Wire(item);
      if (item.form == DomainForm::kSuffix) suffixes_.insert(wire);
      if (item.form == DomainForm::kUnder) unders_.insert(wire);
      if (item.form == DomainForm::kExact) exacts_.insert(wire);
    }
  }

  void Run() {
    for (const Item& item : domains_.items()) {
      LintApex(item);
      LintPublicSuffix(item);
      LintShadow(item);
    }
    for (const DomainItems::Pattern& pattern : domains_.patterns())
      if (pattern.under.IsRoot() && HasBareDot(pattern.written))
        reporter_.Warn(
            pattern.place, "R102",
            {"regex " + Quote(pattern.written),
             "a bare '.' matches any character", "write '\\.' for a dot"});
  }

 private:
  std::string SpellOf(const Item& item) const {
    return Spell(item.form, domains_.Name(item));
  }

  void LintApex(const Item& item) {
    const std::string_view wire = domains_.Wire(item);
    if (item.form != DomainForm::kUnder || exacts_.count(wire) != 0 ||
        suffixes_.count(wire) != 0)
      return;
    const std::string name = domains_.Name(item).ToString();
    reporter_.Warn(PlaceOf(item), "R101",
                   {"domain '" + SpellOf(item) + "'",
                    "it leaves out '" + name + "' itself",
                    "did you mean '." + name + "'?"});
  }

  void LintPublicSuffix(const Item& item) {
    if (item.form == DomainForm::kExact || item.form == DomainForm::kOneLabel)
      return;
    if (!IsPublicSuffix(domains_.Name(item).ToString())) return;
    reporter_.Warn(PlaceOf(item), "R103",
                   {"domain '" + SpellOf(item) + "'",
                    "anybody can register names under a public suffix",
                    "name the registered domains"});
  }

  // The name of an item of this list that holds all that `item` does.
  std::optional<std::string> Cover(const Item& item) {
    std::string_view wire = domains_.Wire(item);
    if (!seen_.insert(std::string(wire) + static_cast<char>(item.form)).second)
      return SpellOf(item);
    for (bool self = true; !wire.empty(); self = false) {
      const bool by_suffix = suffixes_.count(wire) != 0 &&
                             !(self && item.form == DomainForm::kSuffix);
      const bool wider = self ? item.form == DomainForm::kOneLabel : true;
      const bool by_under = unders_.count(wire) != 0 && wider;
      if (by_suffix) return "." + NameOf(wire);
      if (by_under) return "*." + NameOf(wire);
      wire.remove_prefix(static_cast<uint8_t>(wire[0]) + size_t{1});
    }
    return std::nullopt;
  }

  void LintShadow(const Item& item) {
    const auto cover = Cover(item);
    if (!cover) return;
    reporter_.Warn(
        PlaceOf(item), "R104",
        {"domain '" + SpellOf(item) + "'",
         "'" + *cover + "' of the same list holds it already", "remove one"});
  }

  static std::string NameOf(std::string_view wire) {
    DomainName name;
    while (!wire.empty()) {
      const size_t size = static_cast<uint8_t>(wire[0]);
      const std::string_view label = wire.substr(1, size);
      name.AppendLabel(
          {reinterpret_cast<const uint8_t*>(label.data()), label.size()});
      wire.remove_prefix(size + 1);
    }
    return name.ToString();
  }

  const DomainItems& domains_;
  Reporter reporter_;
  std::unordered_set<std::string_view> suffixes_;
  std::unordered_set<std::string_view> unders_;
  std::unordered_set<std::string_view> exacts_;
  std::unordered_set<std::string> seen_;
};

struct Uses {
  std::unordered_set<uint32_t> allow;  // of `not_in`
  std::unordered_set<uint32_t> deny;   // of `in`
};

Uses UsesOf(const PolicyTree& policy) {
  Uses uses;
  for (const MatchNode& node : policy.nodes) {
    if (node.kind != MatchNode::Kind::kLeaf) continue;
    if (node.leaf.field->id != FieldId::kQname) continue;
    auto& lists = node.leaf.negated ? uses.allow : uses.deny;
    lists.insert(node.leaf.lists.begin(), node.leaf.lists.end());
  }
  return uses;
}

// An item that one rule allows and another denies.
void LintBothWays(const PolicyTree& policy, Diagnostics& out) {
  const Uses uses = UsesOf(policy);
  std::unordered_map<std::string, uint32_t> allowed;
  for (const uint32_t list : uses.allow) {
    const DomainItems& items = policy.lists[list].domains;
    for (const Item& item : items.items())
      allowed.emplace(items.Wire(item), list);
  }
  for (uint32_t list = 0; list < policy.lists.size(); ++list) {
    if (uses.deny.count(list) == 0 || uses.allow.count(list) != 0) continue;
    const DomainItems& items = policy.lists[list].domains;
    Reporter reporter(policy.lists[list].path, out);
    for (const Item& item : items.items()) {
      const auto found = allowed.find(std::string(items.Wire(item)));
      if (found == allowed.end()) continue;
      const ValueList& other = policy.lists[found->second];
      reporter.Warn(PlaceOf(item), "R105",
                    {"domain '" + Spell(item.form, items.Name(item)) + "'",
                     "it is denied here and allowed by " +
                         (other.name.empty() ? other.path : "$" + other.name),
                     "remove one"});
    }
  }
}

}  // namespace

void LintLists(const PolicyTree& policy, Diagnostics& out) {
  for (const ValueList& list : policy.lists) {
    if (!list.name.empty() && !list.used)
      Reporter(list.path, out)
          .Warn(list.place, "R109",
                {"list '" + list.name + "'", "no rule uses it", "remove it"});
    if (list.type == ListType::kDomain) ListLinter(list, out).Run();
  }
  LintBothWays(policy, out);
}

}  // namespace nameward
