// SPDX-License-Identifier: Apache-2.0
#include "match/pattern_set.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <utility>

#include "match/report.h"

namespace nameward {
namespace {

constexpr size_t kMaxRegexBytes = 1000;
// Instructions of one program; a{1000}{1000} asks for a million.
constexpr int kMaxProgram = 20'000;

RE2::Options OptionsOf(const PatternSetOptions& options) {
  RE2::Options re2;
  re2.set_case_sensitive(options.case_sensitive);
  re2.set_max_mem(options.shard_memory);
  re2.set_log_errors(false);
  re2.set_never_capture(true);
  return re2;
}

struct Single {
  std::unique_ptr<RE2> regex;
  bool search = false;
  uint32_t value = 0;

  bool Matches(std::string_view text) const {
    const re2::StringPiece piece(text.data(), text.size());
    return regex->Match(piece, 0, text.size(),
                        search ? RE2::UNANCHORED : RE2::ANCHOR_BOTH, nullptr,
                        0);
  }
};

Result<Single> MakeSingle(std::string_view regex, bool search,
                          const PatternSetOptions& options) {
  Single single;
  single.regex = std::make_unique<RE2>(
      re2::StringPiece(regex.data(), regex.size()), OptionsOf(options));
  single.search = search;
  if (!single.regex->ok())
    return Error{"regex " + Quote(regex), single.regex->error(), {}};
  return single;
}

struct Shard {
  explicit Shard(const PatternSetOptions& options, bool search_parts)
      : search(search_parts),
        set(OptionsOf(options),
            search_parts ? RE2::UNANCHORED : RE2::ANCHOR_BOTH) {}

  // Whether the set could tell.
  bool Match(std::string_view text, std::vector<int>& hits,
             std::vector<uint32_t>& values) const {
    const re2::StringPiece piece(text.data(), text.size());
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    hits.clear();
    // Asked without a vector first: that allocates nothing.
    if (set.Match(piece, nullptr, &error)) set.Match(piece, &hits, &error);
    if (error.kind != RE2::Set::kNoError) return false;
    for (const int hit : hits)
      values.push_back(singles[static_cast<size_t>(hit)].value);
    return true;
  }

  bool search;
  RE2::Set set;
  std::vector<Single> singles;
  bool compiled = false;
};

}  // namespace

struct PatternSet::Shards {
  PatternSetOptions options;
  std::vector<std::unique_ptr<Shard>> shards;
  std::vector<Single> alone;
  std::vector<int> hits;
  uint64_t out_of_memory = 0;

  Shard& Open(bool search) {
    for (const auto& shard : shards)
      if (shard->search == search && shard->singles.size() < kShard)
        return *shard;
    return *shards.emplace_back(std::make_unique<Shard>(options, search));
  }
};

PatternSet::PatternSet(PatternSetOptions options)
    : shards_(std::make_unique<Shards>()) {
  shards_->options = options;
}
PatternSet::~PatternSet() = default;
PatternSet::PatternSet(PatternSet&&) noexcept = default;
PatternSet& PatternSet::operator=(PatternSet&&) noexcept = default;

Status PatternSet::Add(std::string_view regex, bool search, uint32_t value) {
  auto single = MakeSingle(regex, search, shards_->options);
  if (!single) return single.error();
  Shard& shard = shards_->Open(search);
  std::string error;
  const re2::StringPiece piece(regex.data(), regex.size());
  if (shard.set.Add(piece, &error) < 0)
    return Error{"regex " + Quote(regex), error, {}};
  single->value = value;
  shard.singles.push_back(*std::move(single));
  return Ok();
}

Result<uint32_t> PatternSet::AddSingle(std::string_view regex, bool search) {
  auto single = MakeSingle(regex, search, shards_->options);
  if (!single) return single.error();
  shards_->alone.push_back(*std::move(single));
  return static_cast<uint32_t>(shards_->alone.size() - 1);
}

void PatternSet::Compile() {
  // A shard that doesn't compile is still matched one by one.
  for (const auto& shard : shards_->shards)
    shard->compiled = shard->set.Compile();
}

void PatternSet::Match(std::string_view text, std::vector<uint32_t>& values) {
  for (const auto& shard : shards_->shards) {
    if (shard->compiled && shard->Match(text, shards_->hits, values)) continue;
    ++shards_->out_of_memory;
    for (const Single& single : shard->singles)
      if (single.Matches(text)) values.push_back(single.value);
  }
}

bool PatternSet::MatchOne(uint32_t index, std::string_view text) const {
  return shards_->alone[index].Matches(text);
}

bool PatternSet::empty() const { return shards_->shards.empty(); }

uint64_t PatternSet::out_of_memory() const { return shards_->out_of_memory; }

Status CheckRegex(std::string_view regex) {
  if (regex.size() > kMaxRegexBytes)
    return Error{"regex " + Quote(regex), "longer than 1,000 bytes",
                 "split it into several items"};
  RE2::Options options = OptionsOf({});
  const RE2 compiled(re2::StringPiece(regex.data(), regex.size()), options);
  if (!compiled.ok())
    return Error{"regex " + Quote(regex), compiled.error(),
                 "RE2 has no look-around and no back-references"};
  if (compiled.ProgramSize() > kMaxProgram)
    return Error{"regex " + Quote(regex), "its program is too large",
                 "repeat less"};
  return Ok();
}

}  // namespace nameward
