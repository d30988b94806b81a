// SPDX-License-Identifier: Apache-2.0
// The domains of all lists: which lists does a name stand in?  One table for
// plain, suffix and wildcard items; regexes only where an author wrote one, and
// globs only for names under their fixed labels.
//
// One thread at a time.  No allocation, but for a name that a regex hits.
#ifndef NAMEWARD_MATCH_DOMAIN_INDEX_H_
#define NAMEWARD_MATCH_DOMAIN_INDEX_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "match/domain_table.h"
#include "match/pattern_set.h"
#include "match/policy.h"

namespace nameward {

class DomainIndex {
 public:
  explicit DomainIndex(const std::vector<ValueList>& lists);

  // Appends the index of each list that a name of these stands in; a list may
  // come more than once.
  void Find(std::span<const DomainName> names, std::vector<uint32_t>& lists);

  uint64_t out_of_memory() const { return patterns_.out_of_memory(); }

 private:
  struct Glob {
    uint32_t pattern;
    uint32_t list;
  };

  DomainTable table_;
  PatternSet patterns_;
  std::vector<Glob> globs_;
  std::string text_;
};

}  // namespace nameward

#endif  // NAMEWARD_MATCH_DOMAIN_INDEX_H_
