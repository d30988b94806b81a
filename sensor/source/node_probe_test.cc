// SPDX-License-Identifier: Apache-2.0
#include "source/node_probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

namespace nameward {
namespace {

using testing::HasSubstr;

TEST(NodeProbe, TheFloorIsLinux510) {
  EXPECT_EQ(KernelFact("5.10.0-28-amd64").state, FactState::kOk);
  EXPECT_EQ(KernelFact("6.1.0").state, FactState::kOk);
  EXPECT_EQ(KernelFact("5.9.16").state, FactState::kMissing);
  EXPECT_EQ(KernelFact("4.18.0-553.el8").state, FactState::kMissing);
  EXPECT_EQ(KernelFact("").state, FactState::kMissing);
}

TEST(NodeProbe, OnlyConfidentialityCostsATier) {
  EXPECT_EQ(LockdownFact("").state, FactState::kOk);
  EXPECT_EQ(LockdownFact("[none] integrity confidentiality\n").text, "none");
  EXPECT_EQ(LockdownFact("none [integrity] confidentiality\n").state,
            FactState::kOk);
  EXPECT_EQ(LockdownFact("none integrity [confidentiality]\n").state,
            FactState::kDegraded);
}

TEST(NodeProbe, NamesTheCapabilitiesThatLack) {
  constexpr uint64_t kFour = 1ULL << 2 | 1ULL << 12 | 1ULL << 38 | 1ULL << 39;
  for (const NodeFact& fact : CapabilityFacts(kFour))
    EXPECT_EQ(fact.state, FactState::kOk) << fact.name;
  for (const NodeFact& fact : CapabilityFacts(0)) {
    EXPECT_EQ(fact.state, fact.name == "CAP_DAC_READ_SEARCH"
                              ? FactState::kDegraded
                              : FactState::kMissing);
    EXPECT_THAT(fact.mend, HasSubstr("grant " + fact.name));
  }
}

TEST(NodeProbe, MemlockMattersBefore511Only) {
  EXPECT_EQ(MemlockFact("5.11.0", 65536, 4U << 20).state, FactState::kOk);
  EXPECT_EQ(MemlockFact("5.10.0", 65536, 4U << 20).state, FactState::kDegraded);
  EXPECT_EQ(MemlockFact("5.10.0", RLIM_INFINITY, 4U << 20).state,
            FactState::kOk);
}

TEST(NodeProbe, SaysHowCgroupsStand) {
  EXPECT_EQ(CgroupFact({CgroupMode::kV2, "/sys/fs/cgroup", ""}).text,
            "v2, v2 tree at /sys/fs/cgroup");
  EXPECT_EQ(CgroupFact({CgroupMode::kV1, "", "/p"}).state,
            FactState::kDegraded);
  EXPECT_EQ(CgroupFact({CgroupMode::kHybrid, "/u", "/p"}).text,
            "hybrid, v2 tree at /u, pids hierarchy at /p");
  EXPECT_EQ(CgroupFact({CgroupMode::kHybrid, "/u", ""}).state,
            FactState::kDegraded);
  EXPECT_EQ(CgroupFact({}).state, FactState::kMissing);
}

TEST(NodeProbe, CountsForeignProgramsThatHaveNoNameForUs) {
  LiveReport report;
  for (ForeignPrograms& foreign : report.node.foreign)
    foreign = {kAllowMulti, {"?", "?"}};
  report.node.foreign[0].names.push_back("cil_sock4");
  const std::vector<NodeFact> facts = ReportFacts(report);
  const size_t hooks = report.node.foreign.size();
  EXPECT_EQ(facts[0].text, std::string(HookProgram(kAllCgroupHooks[0])) +
                               ": cil_sock4; " + std::to_string(2 * hooks) +
                               " whose names take CAP_SYS_ADMIN to read, those "
                               "of a running sensor among them");
}

TEST(NodeProbe, ReportsTiersForeignProgramsAndThePlan) {
  LiveReport report;
  report.programs = {
      {"on_connect4", "on_connect4_probe", ProgramTier::kProbe, "unknown func"},
      {"on_egress", "on_egress_typed", ProgramTier::kTyped, ""},
      {"iter_sockets", "", ProgramTier::kMissing, "no such type"}};
  report.node.foreign[0] = {kAllowMulti, {"other_connect"}};
  report.plan.reasons = {"because"};
  report.degraded = {"on_set_state: Operation not permitted"};
  const auto facts = ReportFacts(report);
  ASSERT_EQ(facts.size(), 5U);
  EXPECT_EQ(facts[0].state, FactState::kDegraded);
  EXPECT_THAT(facts[0].mend, HasSubstr("unknown func"));
  EXPECT_EQ(facts[1].text, "typed");
  EXPECT_EQ(facts[2].state, FactState::kMissing);
  EXPECT_EQ(facts[3].text, "on_connect4: other_connect");
  EXPECT_EQ(facts[4].state, FactState::kDegraded);
  EXPECT_THAT(facts[4].mend, HasSubstr("on_set_state"));
}

}  // namespace
}  // namespace nameward
