// SPDX-License-Identifier: Apache-2.0
#include "correlate/pending_queries.h"

#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::Answer;
using testing::At;
using testing::kNeighbour;
using testing::kPod;
using testing::kResolver;
using testing::Look;
using testing::Query;

class Pending : public ::testing::Test {
 protected:
  bool Ask(const Look& look, Nanoseconds at) {
    const Event event = Query(look, at);
    return queries_.Add(event, std::get<DnsEvent>(event.body), look.cgroup);
  }
  std::optional<PendingQueries::Match> Take(const Event& event) {
    return queries_.Take(event, std::get<DnsEvent>(event.body),
                         event.origin.cgroup_id);
  }
  bool Get(const Look& look, Nanoseconds at) {
    return Take(Answer(look, at)).has_value();
  }
  uint64_t Count(Unmatched reason) const {
    return queries_.stats().unmatched[static_cast<size_t>(reason)];
  }

  PendingQueries queries_{PendingLimits{.per_cgroup = 8, .in_all = 12}};
};

TEST_F(Pending, MatchesTheAnswerOfItsQuery) {
  ASSERT_TRUE(Ask({}, 1s));
  const auto match = Take(Answer({}, 2s));
  ASSERT_TRUE(match);
  EXPECT_EQ(match->cgroup, kPod);
  EXPECT_EQ(match->server, testing::To(kResolver));
  EXPECT_FALSE(match->case_mismatch);
  EXPECT_FALSE(match->wire);
}

TEST_F(Pending, CountsEachReasonWhyAnAnswerDidNotMatch) {
  Ask({}, 1s);
  EXPECT_FALSE(Get({.id = 2}, 2s));
  EXPECT_FALSE(Get({.name = "evil.example"}, 2s));
  EXPECT_FALSE(Get({.type = kTypeAaaa}, 2s));
  EXPECT_FALSE(Get({.server = "203.0.113.1:53"}, 2s));
  EXPECT_FALSE(Get({.cookie = 78}, 2s));
  EXPECT_FALSE(Get({.id = 9, .type = kTypeTxt}, 2s));
  EXPECT_EQ(Count(Unmatched::kWrongId), 1u);
  EXPECT_EQ(Count(Unmatched::kWrongQuestion), 2u);
  EXPECT_EQ(Count(Unmatched::kOtherServer), 1u);
  EXPECT_EQ(Count(Unmatched::kUnsolicited), 2u);
  EXPECT_TRUE(Get({}, 3s)) << "a miss must not use up the query";
}

TEST_F(Pending, WaitsTenSecondsAndCallsWhatComesLaterLate) {
  Ask({}, 1s);
  Ask({.id = 2}, 1s);
  EXPECT_TRUE(Get({}, 11s));
  EXPECT_FALSE(Get({.id = 2}, 11s + 1ms));
  EXPECT_EQ(Count(Unmatched::kLate), 1u);
}

TEST_F(Pending, ForgetsAQueryThatIsLongOver) {
  Ask({}, 1s);
  queries_.ExpireBefore(At(21s));
  EXPECT_EQ(queries_.stats().entries, 1u);
  queries_.ExpireBefore(At(21s + 1ms));
  EXPECT_EQ(queries_.stats().entries, 0u);
  EXPECT_FALSE(Get({}, 22s));
  EXPECT_EQ(Count(Unmatched::kUnsolicited), 1u);
}

TEST_F(Pending, TakesOneAnswerOfEachServerThatMuslAsksAtOnce) {
  Ask({.server = "10.0.0.1:53"}, 1s);
  Ask({.server = "10.0.0.2:53"}, 1s);
  EXPECT_TRUE(Get({.server = "10.0.0.2:53"}, 2s));
  EXPECT_TRUE(Get({.server = "10.0.0.1:53"}, 2s));
  EXPECT_FALSE(Get({.server = "10.0.0.1:53"}, 2s));
  EXPECT_EQ(Count(Unmatched::kRepeated), 1u);
}

TEST_F(Pending, TakesOneAnswerForEachSend) {
  Ask({}, 1s);
  Ask({}, 6s);
  EXPECT_TRUE(Get({}, 7s));
  EXPECT_TRUE(Get({}, 7s));
  EXPECT_FALSE(Get({}, 7s));
}

TEST_F(Pending, IsArmedAgainByAResend) {
  Ask({}, 1s);
  Ask({}, 10s);
  EXPECT_TRUE(Get({}, 19s));
  Ask({}, 30s);
  EXPECT_TRUE(Get({}, 31s));
  EXPECT_FALSE(Get({}, 31s)) << "the earlier sends are over";
}

TEST_F(Pending, MatchesBlindToCaseAndKeepsTheMismatch) {
  Ask({.spelling = "gOOd.eXample"}, 1s);
  Ask({.id = 2, .spelling = "GOOD.example"}, 1s);
  EXPECT_FALSE(Take(Answer({.spelling = "gOOd.eXample"}, 2s))->case_mismatch);
  EXPECT_TRUE(Take(Answer({.id = 2}, 2s))->case_mismatch);
  EXPECT_EQ(queries_.stats().case_mismatches, 1u);
}

TEST_F(Pending, TakesTheUnspecifiedAddressForTheLoopbackItReaches) {
  Ask({.server = "0.0.0.0:53"}, 1s);
  EXPECT_TRUE(Get({.server = "127.0.0.1:53"}, 2s));
}

TEST_F(Pending, RemembersWhereTheQueryWent) {
  Ask({.wire = "127.0.0.1:15053"}, 1s);
  EXPECT_EQ(Take(Answer({}, 2s))->wire, testing::To("127.0.0.1:15053"));
}

TEST_F(Pending, JoinsNothingWithoutASocket) {
  Ask({.cookie = 0}, 1s);
  EXPECT_FALSE(Get({.cookie = 0}, 2s));
}

TEST_F(Pending, MatchesAnAnswerStampedBeforeItsQuery) {
  Ask({}, 2s);
  EXPECT_TRUE(Get({}, 1s));
}

TEST_F(Pending, MakesRoomAtTheCostOfTheCgroupsOwnOldest) {
  Ask({.cgroup = kNeighbour, .cookie = 5}, 1s);
  for (uint16_t id = 0; id < 100; ++id) EXPECT_TRUE(Ask({.id = id}, 2s));
  EXPECT_EQ(queries_.stats().evicted, 92u);
  EXPECT_EQ(queries_.stats().entries, 9u);
  EXPECT_FALSE(Get({.id = 91}, 3s));
  EXPECT_TRUE(Get({.id = 92}, 3s));
  EXPECT_TRUE(Get({.cgroup = kNeighbour, .cookie = 5}, 3s));
}

TEST_F(Pending, RefusesACgroupThatHasNothingToGiveWhenFull) {
  for (uint64_t cgroup = 1; cgroup <= 2; ++cgroup)
    for (uint16_t id = 0; id < 6; ++id)
      Ask({.cgroup = cgroup, .cookie = cgroup, .id = id}, 1s);
  EXPECT_FALSE(Ask({.cgroup = 3, .cookie = 3}, 2s));
  EXPECT_EQ(queries_.stats().refused, 1u);
  EXPECT_TRUE(Ask({.cgroup = 2, .cookie = 2, .id = 50}, 2s));
  EXPECT_EQ(queries_.stats().entries, 12u);
}

TEST_F(Pending, HoldsNoRoomForQueriesThatHaveTheirAnswers) {
  for (uint16_t id = 0; id < 5000; ++id) {
    ASSERT_TRUE(Ask({.id = id}, 1s));
    ASSERT_TRUE(Get({.id = id}, 1s));
  }
  EXPECT_EQ(queries_.stats().entries, 0u);
  EXPECT_EQ(queries_.stats().evicted, 0u);
  EXPECT_FALSE(Get({.id = 4999}, 1s));
  EXPECT_FALSE(Get({.id = 1}, 1s));
  EXPECT_EQ(Count(Unmatched::kRepeated), 1u);
  EXPECT_EQ(Count(Unmatched::kUnsolicited), 1u);
}

TEST_F(Pending, DropsTheQueriesOfACgroupThatWent) {
  Ask({}, 1s);
  Ask({.cgroup = kNeighbour, .cookie = 5}, 1s);
  queries_.Drop(kPod);
  EXPECT_EQ(queries_.stats().entries, 1u);
  EXPECT_FALSE(Get({}, 2s));
}

}  // namespace
}  // namespace nameward
