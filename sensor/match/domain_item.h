// SPDX-License-Identifier: Apache-2.0
// How an author spells a set of domain names (docs/rules.md, "Domains"):
//
//   x.com                     that name
//   .x.com                    it and everything under it
//   *.x.com                   one or more labels under it (NPEP-133)
//   {one_label: "*.x.com"}    exactly one label under it
//   {glob: "api-*.x.com"}     * stays inside one label
//   {regex: '...'}            RE2, the whole name; search: true: any part
//
// Names are normalised as UTS 46 non-transitional, A-labels kept.
#ifndef NAMEWARD_MATCH_DOMAIN_ITEM_H_
#define NAMEWARD_MATCH_DOMAIN_ITEM_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "match/report.h"
#include "model/domain_name.h"

namespace nameward {

enum class DomainForm : uint8_t { kExact, kSuffix, kUnder, kOneLabel, kGlob };

struct DomainSpelling {
  DomainForm form = DomainForm::kExact;
  DomainName name;      // of kGlob: the labels right of the last wildcard
  std::string pattern;  // of kGlob: RE2 for the whole name
};

Result<DomainSpelling> ParseDomainItem(std::string_view text);
Result<DomainSpelling> ParseOneLabel(std::string_view text);
Result<DomainSpelling> ParseDomainGlob(std::string_view text);

// Items of one list.  A million of them must fit, so names lie in one buffer.
class DomainItems {
 public:
  struct Item {
    uint32_t offset;
    uint8_t size;  // of the wire form, without the root
    DomainForm form;
    uint16_t column;
    uint32_t line;
  };
  struct Pattern {
    std::string regex;
    bool search = false;
    DomainName under;  // the root: any name
    Place place;
    std::string written;
  };

  void Add(const DomainSpelling& spelling, Place place,
           std::string_view written);
  void AddRegex(Pattern pattern) { patterns_.push_back(std::move(pattern)); }

  const std::vector<Item>& items() const { return items_; }
  const std::vector<Pattern>& patterns() const { return patterns_; }
  std::string_view Wire(const Item& item) const {
    return std::string_view(bytes_).substr(item.offset, item.size);
  }
  DomainName Name(const Item& item) const;

 private:
  std::string bytes_;
  std::vector<Item> items_;
  std::vector<Pattern> patterns_;
};

// As an author would write it: ".x.com", "*.x.com".
std::string Spell(DomainForm form, const DomainName& name);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_DOMAIN_ITEM_H_
