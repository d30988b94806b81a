// SPDX-License-Identifier: Apache-2.0
#include "match/compiled_list.h"

#include <algorithm>

namespace nameward {
namespace {

IpAddress LastOf(const Network& network) {
  uint8_t bytes[16];
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = network.prefix > i * 8 ? network.prefix - i * 8U : 0;
    const unsigned hosts = kept >= 8 ? 0 : 0xffU >> kept;
    bytes[i] = static_cast<uint8_t>(network.base.bytes()[i] | hosts);
  }
  return IpAddress(bytes);
}

}  // namespace

CompiledList::CompiledList(const ValueList& list)
    : ports_(list.ports), numbers_(list.numbers) {
  AddNetworks(list.networks);
  for (const StringItem& item : list.strings) {
    if (item.kind == StringItem::Kind::kExact) {
      texts_.insert(item.text);
      continue;
    }
    if (patterns_ == nullptr) patterns_ = std::make_unique<PatternSet>();
    // The parser has checked the pattern.
    (void)patterns_->Add(item.text, item.search, 0);
  }
  if (patterns_ != nullptr) patterns_->Compile();
}

void CompiledList::AddNetworks(const std::vector<NetworkItem>& networks) {
  std::vector<AddressRange> ranges;
  for (const NetworkItem& item : networks)
    ranges.emplace_back(item.network.base, LastOf(item.network));
  std::sort(ranges.begin(), ranges.end());
  for (const AddressRange& range : ranges) {
    if (!addresses_.empty() && range.first <= addresses_.back().second)
      addresses_.back().second =
          std::max(addresses_.back().second, range.second);
    else
      addresses_.push_back(range);
  }
}

bool CompiledList::HoldsAddress(const IpAddress& address) const {
  const auto after = std::upper_bound(
      addresses_.begin(), addresses_.end(), address,
      [](const IpAddress& a, const AddressRange& b) { return a < b.first; });
  return after != addresses_.begin() && address <= std::prev(after)->second;
}

bool CompiledList::HoldsPort(int64_t port, uint8_t protocol) const {
  return std::any_of(ports_.begin(), ports_.end(), [&](const PortRange& one) {
    return (one.protocol == 0 || one.protocol == protocol) &&
           one.ports.Contains(port);
  });
}

bool CompiledList::HoldsNumber(int64_t number) const {
  return std::any_of(
      numbers_.begin(), numbers_.end(),
      [&](const NumberRange& range) { return range.Contains(number); });
}

bool CompiledList::HoldsText(std::string_view text) const {
  if (texts_.find(text) != texts_.end()) return true;
  if (patterns_ == nullptr) return false;
  hits_.clear();
  patterns_->Match(text, hits_);
  return !hits_.empty();
}

uint64_t CompiledList::out_of_memory() const {
  return patterns_ == nullptr ? 0 : patterns_->out_of_memory();
}

}  // namespace nameward
