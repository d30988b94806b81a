// SPDX-License-Identifier: Apache-2.0
// One list of values as it is matched: ranges sorted and merged, exact texts
// hashed, patterns in RE2.  Domains are elsewhere: DomainIndex holds those of
// all lists at once.
#ifndef NAMEWARD_MATCH_COMPILED_LIST_H_
#define NAMEWARD_MATCH_COMPILED_LIST_H_

#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "match/pattern_set.h"
#include "match/policy.h"

namespace nameward {

class CompiledList {
 public:
  explicit CompiledList(const ValueList& list);

  bool HoldsAddress(const IpAddress& address) const;
  bool HoldsPort(int64_t port, uint8_t protocol) const;
  bool HoldsNumber(int64_t number) const;
  bool HoldsText(std::string_view text) const;
  uint64_t out_of_memory() const;

 private:
  struct TextHash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  using AddressRange = std::pair<IpAddress, IpAddress>;  // first, last

  void AddNetworks(const std::vector<NetworkItem>& networks);

  std::vector<AddressRange> addresses_;  // sorted, disjoint
  std::vector<PortRange> ports_;
  std::vector<NumberRange> numbers_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> texts_;
  std::unique_ptr<PatternSet> patterns_;
  mutable std::vector<uint32_t> hits_;
};

}  // namespace nameward

#endif  // NAMEWARD_MATCH_COMPILED_LIST_H_
