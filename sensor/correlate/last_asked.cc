// SPDX-License-Identifier: Apache-2.0
#include "correlate/last_asked.h"

#include <algorithm>

namespace nameward {

void LastAsked::Add(uint64_t cgroup, const DomainName& name) {
  Names& names = names_[cgroup];
  const auto begin = names.newest_first.begin();
  const auto end = begin + static_cast<ptrdiff_t>(names.count);
  if (begin != end && *begin == name) return;  // A, then AAAA
  auto place = std::find(begin, end, name);
  if (place == end) {
    if (names.count < kNames)
      ++names.count;
    else
      --place;  // of the oldest
    *place = name;
  }
  std::rotate(begin, place, place + 1);
}

void LastAsked::Read(uint64_t cgroup, std::vector<DomainName>& out) const {
  out.clear();
  const auto found = names_.find(cgroup);
  if (found == names_.end()) return;
  const auto begin = found->second.newest_first.begin();
  out.assign(begin, begin + static_cast<ptrdiff_t>(found->second.count));
}

}  // namespace nameward
