// SPDX-License-Identifier: Apache-2.0
#include "app/doctor_facts.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nameward {
namespace {

TEST(DoctorFacts, AFilterThatRefusesBpfIsToldFromALackOfRights) {
  const std::string entitled = "CapEff:\tffffffffffffffff\nSeccomp:\t2\n";
  const std::string bare = "CapEff:\t0000000000000000\nSeccomp:\t2\n";
  EXPECT_EQ(SeccompFact(entitled, EPERM).state, FactState::kMissing);
  EXPECT_EQ(SeccompFact(entitled, 0).state, FactState::kOk);
  EXPECT_EQ(SeccompFact(bare, EPERM).state, FactState::kOk);
}

TEST(DoctorFacts, LandlockSaysWhatItConfines) {
  EXPECT_EQ(LandlockFact(0).state, FactState::kDegraded);
  EXPECT_EQ(LandlockFact(3).state, FactState::kDegraded);
  EXPECT_EQ(LandlockFact(6).state, FactState::kOk);
}

TEST(DoctorFacts, EveryVariableOfThePodIsTriedInAPodOnly) {
  EXPECT_TRUE(PodEnvironmentFacts({}, false).empty());
  const auto facts = PodEnvironmentFacts({}, true);
  ASSERT_EQ(facts.size(), 5U);
  for (const NodeFact& fact : facts) {
    EXPECT_NE(fact.state, FactState::kOk) << fact.name;
    EXPECT_FALSE(fact.mend.empty()) << fact.name;
  }
}

TEST(DoctorFacts, TheListMustHoldThisPod) {
  auto pod = std::make_shared<Pod>();
  pod->uid = "5b1c";
  const PodSnapshot pods{{{.pod = pod}}, {}};
  EXPECT_EQ(PodListFact(pods, "5b1c").state, FactState::kOk);
  EXPECT_EQ(PodListFact(pods, "").state, FactState::kOk);
  EXPECT_EQ(PodListFact(pods, "77aa").state, FactState::kMissing);
}

}  // namespace
}  // namespace nameward
