// SPDX-License-Identifier: Apache-2.0
#include "match/pattern_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nameward {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

std::vector<uint32_t> Match(PatternSet& set, std::string_view text) {
  std::vector<uint32_t> values;
  set.Match(text, values);
  return values;
}

TEST(PatternSet, MatchesTheWholeTextUnlessItSearches) {
  PatternSet set;
  ASSERT_TRUE(set.Add("a+", false, 1));
  ASSERT_TRUE(set.Add("a+", true, 2));
  set.Compile();
  EXPECT_THAT(Match(set, "aa"), UnorderedElementsAre(1, 2));
  EXPECT_THAT(Match(set, "baa"), ElementsAre(2));
  EXPECT_THAT(Match(set, "b"), IsEmpty());
}

TEST(PatternSet, FindsEveryPatternOfManyShards) {
  PatternSet set;
  for (uint32_t i = 0; i < 250; ++i)
    ASSERT_TRUE(set.Add("x" + std::to_string(i) + "-.*", false, i));
  set.Compile();
  for (uint32_t i = 0; i < 250; ++i)
    EXPECT_THAT(Match(set, "x" + std::to_string(i) + "-y"), ElementsAre(i));
}

TEST(PatternSet, TriesOneByOneAndCountsWhenRe2RunsOutOfMemory) {
  PatternSetOptions options;
  options.shard_memory = 40'000;  // the set compiles, its DFA soon is full
  PatternSet set(options);
  for (uint32_t i = 0; i < 40; ++i)
    ASSERT_TRUE(
        set.Add("[a-z0-9]*(x|y)[a-z0-9]{8}" + std::to_string(i), true, i));
  set.Compile();
  uint32_t seed = 1;
  for (int round = 0; round < 200; ++round) {
    std::string text;
    for (int i = 0; i < 200; ++i) {
      seed = seed * 1103515245 + 12345;
      text += "xyab0"[seed / 65536 % 5];
    }
    text += "xaaaaaaaa7";
    EXPECT_THAT(Match(set, text), testing::Contains(7U));
  }
  EXPECT_GT(set.out_of_memory(), 0U);
}

TEST(CheckRegex, RefusesWhatRe2CantRunOrWhatIsTooLarge) {
  EXPECT_TRUE(CheckRegex("a.*b"));
  EXPECT_FALSE(CheckRegex("(?=a)"));
  EXPECT_FALSE(CheckRegex("(a)\\1"));
  EXPECT_FALSE(CheckRegex("((a{100}){100}){100}"));
  EXPECT_FALSE(CheckRegex(std::string(1001, 'a')));
}

}  // namespace
}  // namespace nameward
