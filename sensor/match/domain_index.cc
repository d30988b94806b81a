// SPDX-License-Identifier: Apache-2.0
#include "match/domain_index.h"

namespace nameward {
namespace {

std::string_view WireOf(const DomainName& name) {
  const Bytes wire = name.wire();
  return {reinterpret_cast<const char*>(wire.data()), wire.size() - 1};
}

}  // namespace

DomainIndex::DomainIndex(const std::vector<ValueList>& lists)
    : patterns_(PatternSetOptions{.case_sensitive = false}) {
  std::vector<DomainTable::Entry> entries;
  for (uint32_t list = 0; list < lists.size(); ++list) {
    const DomainItems& items = lists[list].domains;
    for (const auto& item : items.items())
      entries.push_back({items.Wire(item), item.form, list});
    for (const auto& pattern : items.patterns()) {
      if (pattern.under.IsRoot()) {
        // The parser has checked the pattern.
        (void)patterns_.Add(pattern.regex, pattern.search, list);
        continue;
      }
      const auto single = patterns_.AddSingle(pattern.regex, pattern.search);
      if (!single) continue;
      entries.push_back({WireOf(pattern.under), DomainForm::kGlob,
                         static_cast<uint32_t>(globs_.size())});
      globs_.push_back({*single, list});
    }
  }
  patterns_.Compile();
  table_ = DomainTable::Build(std::move(entries));
}

void DomainIndex::Find(std::span<const DomainName> names,
                       std::vector<uint32_t>& lists) {
  for (const DomainName& name : names) {
    text_.clear();
    const auto text = [&]() -> const std::string& {
      if (text_.empty()) name.AppendTo(text_);
      return text_;
    };
    table_.Find(name, [&](DomainForm form, uint32_t value) {
      if (form != DomainForm::kGlob)
        lists.push_back(value);
      else if (patterns_.MatchOne(globs_[value].pattern, text()))
        lists.push_back(globs_[value].list);
    });
    if (!patterns_.empty()) patterns_.Match(text(), lists);
  }
}

}  // namespace nameward
