// SPDX-License-Identifier: Apache-2.0
// Which answers bind, and to whom.
#include "correlate/correlate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::Answer;
using testing::Connect;
using ::testing::ElementsAre;
using testing::kNeighbour;
using testing::kPod;
using testing::Look;
using testing::Name;
using testing::Node;
using testing::Query;
using testing::To;

TEST(Correlator, BindsTheAddressOfAMatchedAnswer) {
  Node node;
  EXPECT_TRUE(node.Resolve({}, 10s));
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 11s));
  EXPECT_EQ(verdict.state, ConnectState::kBound);
  EXPECT_THAT(verdict.names, ElementsAre(Name("good.example")));
  EXPECT_EQ(verdict.age, 999ms);
  EXPECT_EQ(verdict.ttl_s, 60u);
  EXPECT_EQ(verdict.resolver, To(testing::kResolver));
  EXPECT_TRUE(verdict.history_complete);
}

TEST(Correlator, CallsAnAddressThatNobodyGaveNone) {
  Node node;
  node.Resolve({}, 10s);
  const auto verdict = node.Judged(Connect("203.0.113.8:443", 11s));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_TRUE(verdict.names.empty());
  EXPECT_FALSE(verdict.seen_elsewhere);
}

TEST(Correlator, DoesNotBindASpoofedAnswerWithTheWrongId) {
  Node node;
  Event query = Query({}, 10s);
  node.correlator.Observe(query);
  EXPECT_FALSE(node.See(Answer({.id = 2}, 10s)));
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s), ConnectState::kNone);
}

TEST(Correlator, DoesNotBindWhatAnotherServerAnswers) {
  Node node;
  Event query = Query({}, 10s);
  node.correlator.Observe(query);
  EXPECT_FALSE(node.See(Answer({.server = "203.0.113.53:53"}, 10s)));
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s), ConnectState::kNone);
}

TEST(Correlator, NeverMakesAMilderStateOfANeighboursLookUp) {
  Node node;
  node.Resolve({.cgroup = kNeighbour}, 10s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 11s, kPod));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_TRUE(verdict.seen_elsewhere);
  EXPECT_TRUE(verdict.names.empty());
}

TEST(Correlator, GivesTheAnswerToTheSenderOfTheQuery) {
  // A socket handed to another pod: who asked, not who receives, is told.
  Node node;
  Event query = Query({.cgroup = kPod}, 10s);
  node.correlator.Observe(query);
  EXPECT_TRUE(node.See(Answer({.cgroup = kNeighbour}, 10s)));
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s, kPod), ConnectState::kBound);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s, kNeighbour),
            ConnectState::kNone);
}

TEST(Correlator, BindsEveryAddressToEveryNameOfAChainOfEight) {
  Node node;
  const std::vector<std::string_view> aliases = {"a", "b", "c", "d",
                                                 "e", "f", "g"};
  node.Resolve({.addresses = {{"203.0.113.7", 60}, {"2001:db8::7", 60}},
                .aliases = aliases},
               10s);
  for (const auto destination : {"203.0.113.7:443", "[2001:db8::7]:443"}) {
    const auto verdict = node.Judged(Connect(destination, 11s));
    EXPECT_EQ(verdict.state, ConnectState::kBound);
    ASSERT_EQ(verdict.names.size(), 8u);
    EXPECT_EQ(verdict.names[0], Name("good.example"));
    EXPECT_EQ(verdict.names[7], Name("g"));
  }
}

TEST(Correlator, BindsTheHintsOfAnHttpsRecord) {
  Node node;
  node.Resolve({.addresses = {{"203.0.113.9", 300}}, .type = kTypeHttps}, 10s);
  EXPECT_EQ(node.StateOf("203.0.113.9:443", 11s), ConnectState::kBound);
}

TEST(Correlator, BindsBothFamiliesOfHappyEyeballs) {
  Node node;
  node.Resolve({.addresses = {{"203.0.113.7", 60}}}, 10s);
  node.Resolve({.addresses = {{"2001:db8::7", 60}}, .id = 2, .type = kTypeAaaa},
               10s);
  EXPECT_EQ(node.StateOf("[2001:db8::7]:443", 11s), ConnectState::kBound);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s), ConnectState::kBound);
}

TEST(Correlator, ShowsAllNamesOfASharedAddressNewestFirst) {
  Node node;
  node.Resolve({.name = "one.example", .aliases = {"cdn.example"}}, 10s);
  node.Resolve({.name = "two.example", .aliases = {"cdn.example"}, .id = 2},
               20s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 21s));
  EXPECT_THAT(verdict.names,
              ElementsAre(Name("two.example"), Name("cdn.example"),
                          Name("one.example")));
}

TEST(Correlator, HoldsAnAnswerForTenMinutesAtLeastThenCallsItStale) {
  Node node;
  node.Resolve({.addresses = {{"203.0.113.7", 0}}}, 10s);
  const auto answered = 10s + 1ms;
  EXPECT_EQ(node.StateOf("203.0.113.7:443", answered + 10min),
            ConnectState::kBound);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", answered + 10min + 1ms),
            ConnectState::kStale);
}

TEST(Correlator, HoldsAnAnswerForItsTtlButNeverLongerThanADay) {
  Node node;
  node.Resolve({.addresses = {{"203.0.113.7", 7200}, {"203.0.113.8", 604800}}},
               10s);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 10s + 2h), ConnectState::kBound);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s + 2h), ConnectState::kStale);
  EXPECT_EQ(node.StateOf("203.0.113.8:443", 10s + 24h), ConnectState::kBound);
  EXPECT_EQ(node.StateOf("203.0.113.8:443", 11s + 24h), ConnectState::kStale);
}

TEST(Correlator, TakesATtlWithItsTopBitForZero) {
  Node node;
  node.Resolve({.addresses = {{"203.0.113.7", 0x80000000u}}}, 10s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 11s));
  EXPECT_EQ(verdict.state, ConnectState::kBound);
  EXPECT_EQ(verdict.ttl_s, 0u);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11min), ConnectState::kStale);
}

TEST(Correlator, ForgetsABindingSevenDaysAfterItsLastUse) {
  Node node;
  node.Resolve({}, 10s);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 6 * 24h), ConnectState::kStale);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 12 * 24h), ConnectState::kStale);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 20 * 24h), ConnectState::kNone);
}

TEST(Correlator, PrefersAnOlderAnswerThatStillHoldsToANewerThatDoesNot) {
  Node node;
  node.Resolve({.name = "long.example", .addresses = {{"203.0.113.7", 7200}}},
               10s);
  node.Resolve(
      {.name = "short.example", .addresses = {{"203.0.113.7", 1}}, .id = 2},
      20s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 1h));
  EXPECT_EQ(verdict.state, ConnectState::kBound);
  EXPECT_THAT(verdict.names,
              ElementsAre(Name("long.example"), Name("short.example")));
}

TEST(Correlator, BindsNothingOfAnAnswerThatSaysTheNameDoesNotExist) {
  Node node;
  Event query = Query({}, 10s);
  node.correlator.Observe(query);
  Event answer = Answer({}, 10s);
  std::get<DnsEvent>(answer.body).message.rcode = 3;
  EXPECT_TRUE(node.See(answer));
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s), ConnectState::kNone);
}

TEST(Correlator, ToleratesAConnectStampedBeforeItsAnswer) {
  // Two CPUs stamp; the ring's order decides.
  Node node;
  node.Resolve({}, 10s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 10s));
  EXPECT_EQ(verdict.state, ConnectState::kBound);
  EXPECT_EQ(verdict.age, Nanoseconds(0));
}

TEST(Correlator, KeepsWhatAnUntrustedResolverGaveApart) {
  Node node;
  EXPECT_TRUE(node.Resolve({.server = "203.0.113.53:53"}, 10s));
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 11s));
  EXPECT_EQ(verdict.state, ConnectState::kUntrustedResolver);
  EXPECT_THAT(verdict.names, ElementsAre(Name("good.example")));
  EXPECT_EQ(verdict.resolver, To("203.0.113.53:53"));
}

TEST(Correlator, TrustsAResolverOnlyAtItsPort) {
  Node node;
  node.Resolve({.server = "10.96.0.10:5353"}, 10s);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s),
            ConnectState::kUntrustedResolver);
}

TEST(Correlator, PrefersTheTrustedAnswerToALaterUntrustedOne) {
  Node node;
  node.Resolve({}, 10s);
  node.Resolve({.name = "evil.example", .server = "203.0.113.53:53", .id = 2},
               20s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 21s));
  EXPECT_EQ(verdict.state, ConnectState::kBound);
  EXPECT_THAT(verdict.names, ElementsAre(Name("good.example")));
}

TEST(Correlator, SharesTheHistoryOfAContainerWithTheCgroupsInIt) {
  Node node;
  node.correlator.OnCgroup(
      {CgroupChange::What::kBorn, 9, kPod, testing::At(3s), "/pod/init.scope"},
      kPod);
  node.Resolve({.cgroup = 9}, 10s);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s, kPod), ConnectState::kBound);
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 11s, 9), ConnectState::kBound);
}

TEST(Correlator, DropsWhatAGoneCgroupLeftAfterItsLatePackets) {
  Node node;
  node.Resolve({}, 10s);
  node.correlator.OnCgroup(
      {CgroupChange::What::kGone, kPod, 1, testing::At(20s), ""});
  EXPECT_EQ(node.StateOf("203.0.113.7:443", 139s), ConnectState::kBound);
  node.correlator.AdvanceTo(testing::At(140s));
  EXPECT_EQ(node.correlator.stats().addresses.bindings, 0u);
  EXPECT_EQ(node.correlator.stats().addresses.bytes, 0u);
  EXPECT_EQ(node.correlator.stats().cgroups, 1u);
}

TEST(Correlator, SharesNothingAmongEventsWithoutACgroup) {
  Node node;
  node.Resolve({.cgroup = 0}, 10s);
  const auto verdict = node.Judged(Connect("203.0.113.7:443", 11s, 0));
  EXPECT_EQ(verdict.state, ConnectState::kNone);
  EXPECT_FALSE(verdict.history_complete);
}

}  // namespace
}  // namespace nameward
