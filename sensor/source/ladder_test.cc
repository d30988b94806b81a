// SPDX-License-Identifier: Apache-2.0
#include "source/ladder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace nameward {
namespace {

using Names = std::vector<std::string>;

// A kernel that refuses some programs, or all of them together.
struct FakeKernel {
  std::set<std::string> refused;
  std::vector<Names> loads;
  size_t most_together = 100;

  TryLoad Loader() {
    return [this](const Names& programs) -> Status {
      loads.push_back(programs);
      const bool bad =
          std::any_of(programs.begin(), programs.end(),
                      [this](const auto& p) { return refused.count(p) > 0; });
      if (bad) return Error{"load", "the verifier refused it"};
      if (programs.size() > most_together) return Error{"load", "too many"};
      return Ok();
    };
  }
};

const Names kPrograms = {"on_connect4_typed", "on_connect4_probe",
                         "on_connect4_plain", "on_egress_typed",
                         "on_egress_plain",   "iter_sockets_typed"};

TEST(Ladder, LoadsTheBestTierOfEverythingAtOnce) {
  FakeKernel kernel;
  const auto loaded = ClimbLadder(kPrograms, kernel.Loader());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(kernel.loads.size(), 1U);
  EXPECT_EQ(FindLoaded(*loaded, "on_connect4")->tier, ProgramTier::kTyped);
  EXPECT_EQ(FindLoaded(*loaded, "on_egress")->program, "on_egress_typed");
}

TEST(Ladder, ATierThatTheObjectLacksCostsNoTrial) {
  FakeKernel kernel;
  const auto loaded =
      ClimbLadder({"on_ingress_plain", "on_egress_typed"}, kernel.Loader());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(kernel.loads.size(), 1U);
  EXPECT_EQ(FindLoaded(*loaded, "on_ingress")->tier, ProgramTier::kPlain);
  EXPECT_EQ(FindLoaded(*loaded, "on_ingress")->why, "");
}

TEST(Ladder, StepsDownOnlyWhereTheKernelRefuses) {
  FakeKernel kernel;
  kernel.refused = {"on_connect4_typed", "on_connect4_probe"};
  const auto loaded = ClimbLadder(kPrograms, kernel.Loader());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(FindLoaded(*loaded, "on_connect4")->tier, ProgramTier::kPlain);
  EXPECT_EQ(FindLoaded(*loaded, "on_connect4")->why,
            "load: the verifier refused it");
  EXPECT_EQ(FindLoaded(*loaded, "on_egress")->tier, ProgramTier::kTyped);
}

TEST(Ladder, EndsWithALoadOfExactlyTheChosenOnes) {
  FakeKernel kernel;
  kernel.refused = {"on_connect4_typed"};
  ASSERT_TRUE(ClimbLadder(kPrograms, kernel.Loader()));
  EXPECT_EQ(
      kernel.loads.back(),
      (Names{"iter_sockets_typed", "on_connect4_probe", "on_egress_typed"}));
}

TEST(Ladder, AProgramThatNoTierLoadsIsMissingAndNotFatal) {
  FakeKernel kernel;
  kernel.refused = {"iter_sockets_typed"};
  const auto loaded = ClimbLadder(kPrograms, kernel.Loader());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(FindLoaded(*loaded, "iter_sockets"), nullptr);
  EXPECT_NE(FindLoaded(*loaded, "on_egress"), nullptr);
}

TEST(Ladder, SaysWhenProgramsThatLoadAloneDoNotLoadTogether) {
  FakeKernel kernel;
  kernel.most_together = 1;
  const auto loaded = ClimbLadder(kPrograms, kernel.Loader());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().why, "too many");
}

TEST(Ladder, ANameWithoutASuffixIsItsOwnOnlyTier) {
  FakeKernel kernel;
  const auto loaded = ClimbLadder({"on_cgroup_mkdir"}, kernel.Loader());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(FindLoaded(*loaded, "on_cgroup_mkdir")->program, "on_cgroup_mkdir");
}

}  // namespace
}  // namespace nameward
