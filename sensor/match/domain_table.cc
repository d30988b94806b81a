// SPDX-License-Identifier: Apache-2.0
#include "match/domain_table.h"

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/hash.h"

namespace nameward {
namespace {

// 4 of 5 slots are used: still short probes, at 10 bytes a name.
constexpr size_t kSlotsPerName4 = 5;  // in quarters

uint64_t Multiply(uint64_t a, uint64_t b) {
  const auto product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

// Folds one label (with its length) into the hash of the labels right of it.
uint64_t AddLabel(uint64_t hash, Bytes label, const HashKey& key) {
  for (size_t at = 0; at < label.size(); at += 8) {
    uint64_t word = 0;
    std::memcpy(&word, label.data() + at,
                std::min<size_t>(8, label.size() - at));
    hash = Multiply(hash ^ word ^ key.k0, key.k1 | 1);
  }
  return hash;
}

uint64_t Finish(uint64_t hash) { return MixNumber(hash); }

struct Labels {
  std::array<uint8_t, DomainName::kMaxLabels> starts;
  size_t count = 0;
};

Labels LabelsOf(Bytes wire) {
  Labels labels;
  for (size_t at = 0; at < wire.size() && wire[at] != 0; at += wire[at] + 1U)
    labels.starts[labels.count++] = static_cast<uint8_t>(at);
  return labels;
}

Bytes BytesOf(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

size_t DomainTable::Prepare(const DomainName& name, Probes& probes,
                            size_t& label_count) const {
  const Bytes wire = name.wire();
  const Labels labels = LabelsOf(wire);
  label_count = labels.count;
  uint64_t hash = key_.k0;
  size_t count = 0;
  const size_t deepest = std::min(deepest_, labels.count);
  for (size_t depth = 1; depth <= deepest; ++depth) {
    const uint8_t start = labels.starts[labels.count - depth];
    hash = AddLabel(hash, wire.subspan(start, wire[start] + size_t{1}), key_);
    if (!depths_[depth]) continue;
    probes[count] = {Finish(hash), start, static_cast<uint8_t>(depth)};
    __builtin_prefetch(&slots_[IndexOf(probes[count].hash)]);
    ++count;
  }
  return count;
}

std::span<const uint8_t> DomainTable::Lookup(uint64_t hash,
                                             Bytes suffix) const {
  const auto tag = static_cast<uint32_t>(hash);
  for (size_t i = IndexOf(hash);; i = i + 1 == slots_.size() ? 0 : i + 1) {
    const Slot& slot = slots_[i];
    if (slot.offset == 0) return {};
    if (slot.tag != tag) continue;
    const uint8_t* entry = arena_.data() + slot.offset - 1;
    if (entry[0] != suffix.size() ||
        std::memcmp(entry + 1, suffix.data(), suffix.size()) != 0)
      continue;
    const uint8_t* count = entry + 1 + suffix.size();
    return {count + 2, (count[0] | size_t{count[1]} << 8) * sizeof(Membership)};
  }
}

void DomainTable::Insert(std::span<const Entry> same_name) {
  const Bytes wire = BytesOf(same_name[0].wire);
  const Labels labels = LabelsOf(wire);
  uint64_t hash = key_.k0;
  for (size_t i = labels.count; i-- > 0;) {
    const uint8_t start = labels.starts[i];
    hash = AddLabel(hash, wire.subspan(start, wire[start] + size_t{1}), key_);
  }
  hash = Finish(hash);
  depths_[labels.count] = true;
  deepest_ = std::max(deepest_, labels.count);
  size_t at = IndexOf(hash);
  while (slots_[at].offset != 0) at = at + 1 == slots_.size() ? 0 : at + 1;
  slots_[at] = {static_cast<uint32_t>(hash),
                static_cast<uint32_t>(arena_.size() + 1)};
  ++names_;
  const size_t count = std::min<size_t>(same_name.size(), 0xffff);
  arena_.push_back(static_cast<uint8_t>(wire.size()));
  arena_.insert(arena_.end(), wire.begin(), wire.end());
  arena_.push_back(static_cast<uint8_t>(count));
  arena_.push_back(static_cast<uint8_t>(count >> 8));
  for (const Entry& entry : same_name.first(count)) {
    Membership one{};
    one.value = entry.value & 0x1fffffff;
    one.form = static_cast<uint32_t>(entry.form) & 7;
    uint8_t raw[sizeof one];
    std::memcpy(raw, &one, sizeof one);
    arena_.insert(arena_.end(), raw, raw + sizeof one);
  }
}

DomainTable DomainTable::Build(std::vector<Entry> entries) {
  const auto order = [](const Entry& entry) {
    return std::tie(entry.wire, entry.form, entry.value);
  };
  std::sort(entries.begin(), entries.end(),
            [&](const auto& a, const auto& b) { return order(a) < order(b); });
  entries.erase(std::unique(entries.begin(), entries.end(),
                            [&](const auto& a, const auto& b) {
                              return order(a) == order(b);
                            }),
                entries.end());
  size_t names = 0;
  size_t bytes = 0;
  for (size_t i = 0; i < entries.size(); ++i) {
    const bool is_new = i == 0 || entries[i].wire != entries[i - 1].wire;
    names += is_new;
    bytes += sizeof(Membership) + (is_new ? entries[i].wire.size() + 3 : 0);
  }
  DomainTable table;
  table.key_ = ProcessHashKey();
  table.slots_.resize(names * kSlotsPerName4 / 4 + 2);
  table.arena_.reserve(bytes);
  for (size_t i = 0; i < entries.size();) {
    size_t end = i + 1;
    while (end < entries.size() && entries[end].wire == entries[i].wire) ++end;
    table.Insert(std::span(entries).subspan(i, end - i));
    i = end;
  }
  return table;
}

}  // namespace nameward
