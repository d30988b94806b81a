// SPDX-License-Identifier: Apache-2.0
// Many regular expressions against one text: RE2, linear in the text whatever
// the pattern.
//
// RE2::Set runs on a DFA of bounded memory alone, and answers "no match" where
// that runs out; this is told apart and the patterns are then tried one by one,
// and counted, so that nobody can buy silence with a costly name.  Patterns are
// kept in shards of 100: larger ones meet that bound often, and a cold shard
// costs more than linearly (measured: 100 suffix patterns 0.8 us, 1,000 16 us).
//
// One thread at a time.  A miss allocates nothing; a hit does (RE2::Set).
#ifndef NAMEWARD_MATCH_PATTERN_SET_H_
#define NAMEWARD_MATCH_PATTERN_SET_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace nameward {

struct PatternSetOptions {
  bool case_sensitive = true;
  int64_t shard_memory = int64_t{8} << 20;  // RE2's own default
};

class PatternSet {
 public:
  static constexpr size_t kShard = 100;

  explicit PatternSet(PatternSetOptions options = {});
  ~PatternSet();
  PatternSet(PatternSet&&) noexcept;
  PatternSet& operator=(PatternSet&&) noexcept;

  // Anchored at both ends unless `search`; Match then reports `value`.
  Status Add(std::string_view regex, bool search, uint32_t value);
  // A pattern that only MatchOne tries; its index.
  Result<uint32_t> AddSingle(std::string_view regex, bool search);
  void Compile();  // after the last Add

  void Match(std::string_view text, std::vector<uint32_t>& values);
  bool MatchOne(uint32_t index, std::string_view text) const;

  bool empty() const;  // Match would find nothing
  uint64_t out_of_memory() const;

 private:
  struct Shards;
  std::unique_ptr<Shards> shards_;
};

// Whether RE2 takes it: syntax, and at most 1,000 bytes.
Status CheckRegex(std::string_view regex);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_PATTERN_SET_H_
