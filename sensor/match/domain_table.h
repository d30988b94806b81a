// SPDX-License-Identifier: Apache-2.0
// Which of many lists of domains a name stands in, in one walk over its labels.
//
// Each stored name lies once in a byte arena behind a flat, linearly probed
// hash of its suffix; its value is every (form, list) that spells it.  A
// look-up hashes the name's suffixes from the right, only at depths that are
// stored at all, prefetches their slots, and compares the whole suffix on a
// hit, so a collision can't fake a match.  The hash is keyed (an author's list
// is trusted, the names asked for are not).
//
// Cost: one cache miss per stored depth, overlapped; about 37 bytes a domain.
// No allocation in Find.  Immutable after Build: any thread.
#ifndef NAMEWARD_MATCH_DOMAIN_TABLE_H_
#define NAMEWARD_MATCH_DOMAIN_TABLE_H_

#include <array>
#include <bitset>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "match/domain_item.h"
#include "model/domain_name.h"

namespace nameward {

class DomainTable {
 public:
  // What a hit means: the list of an item or, for kGlob, a pattern to try.
  struct Membership {
    uint32_t value : 29;
    uint32_t form : 3;  // DomainForm
  };

  struct Entry {
    std::string_view wire;  // without the root; owned by the caller
    DomainForm form;
    uint32_t value;
  };

  // `entries` in any order; duplicates are merged.
  static DomainTable Build(std::vector<Entry> entries);

  // Calls visit(form, value) for each membership that the name meets; kGlob
  // for a name at or under the pattern's fixed labels.
  template <typename Visit>
  void Find(const DomainName& name, Visit&& visit) const;

  size_t size() const { return names_; }
  size_t bytes() const {
    return slots_.capacity() * sizeof(Slot) + arena_.capacity();
  }

 private:
  struct Slot {
    uint32_t tag = 0;
    uint32_t offset = 0;  // in arena_, plus 1; 0: empty
  };
  struct Probe {
    uint64_t hash;
    uint8_t start;  // of the suffix in the name's wire form
    uint8_t depth;  // labels of the suffix
  };
  using Probes = std::array<Probe, DomainName::kMaxLabels>;

  size_t IndexOf(uint64_t hash) const {
    return static_cast<size_t>(
        (static_cast<unsigned __int128>(hash) * slots_.size()) >> 64);
  }
  size_t Prepare(const DomainName& name, Probes& probes,
                 size_t& label_count) const;
  std::span<const uint8_t> Lookup(uint64_t hash, Bytes suffix) const;
  void Insert(std::span<const Entry> same_name);

  std::vector<Slot> slots_;
  std::vector<uint8_t> arena_;
  std::bitset<DomainName::kMaxLabels> depths_;
  size_t deepest_ = 0;
  size_t names_ = 0;
  HashKey key_{};
};

template <typename Visit>
void DomainTable::Find(const DomainName& name, Visit&& visit) const {
  if (names_ == 0) return;
  Probes probes;
  size_t labels = 0;
  const size_t count = Prepare(name, probes, labels);
  const Bytes wire = name.wire();
  for (size_t i = 0; i < count; ++i) {
    const Bytes suffix =
        wire.subspan(probes[i].start, wire.size() - 1 - probes[i].start);
    const auto found = Lookup(probes[i].hash, suffix);
    const size_t above = labels - probes[i].depth;
    for (size_t at = 0; at < found.size(); at += sizeof(Membership)) {
      Membership one;
      std::memcpy(&one, found.data() + at, sizeof one);
      const auto form = static_cast<DomainForm>(one.form);
      const bool meets = form == DomainForm::kSuffix ||
                         form == DomainForm::kGlob ||
                         (form == DomainForm::kExact && above == 0) ||
                         (form == DomainForm::kUnder && above > 0) ||
                         (form == DomainForm::kOneLabel && above == 1);
      if (meets) visit(form, static_cast<uint32_t>(one.value));
    }
  }
}

}  // namespace nameward

#endif  // NAMEWARD_MATCH_DOMAIN_TABLE_H_
