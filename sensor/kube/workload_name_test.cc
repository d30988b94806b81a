// SPDX-License-Identifier: Apache-2.0
#include "kube/workload_name.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

std::string OfJob(const std::string& job) {
  return WorkloadName({.pod_name = "p", .owner = {"Job", job}}, {});
}

TEST(WorkloadName, TellsACronJobByTheMinuteInItsJobsName) {
  EXPECT_EQ(OfJob("backup-29123456"), "CronJob/backup");
  EXPECT_EQ(OfJob("backup-1600000000"), "CronJob/backup");  // before 1.21
}

TEST(WorkloadName, LeavesJobsThatArePersonsNamedAfterDays) {
  for (const char* job :
       {"backup-20260102", "backup-2026010203", "backup-123", "backup",
        "-29123456", "29123456", "backup-2912345x", "backup-291234567"}) {
    EXPECT_EQ(OfJob(job), "Job/" + std::string(job));
  }
}

TEST(WorkloadName, NeedsTheWholeHashBehindADash) {
  const auto of = [](const std::string& name, const std::string& hash) {
    return WorkloadName({.pod_name = "p", .owner = {"ReplicaSet", name}},
                        {{"pod-template-hash", hash}});
  };
  EXPECT_EQ(of("web-abc", "abc"), "Deployment/web");
  EXPECT_EQ(of("web-xabc", "abc"), "ReplicaSet/web-xabc");
  EXPECT_EQ(of("-abc", "abc"), "ReplicaSet/-abc");
  EXPECT_EQ(of("abc", "abc"), "ReplicaSet/abc");
  EXPECT_EQ(of("web-", ""), "ReplicaSet/web-");
}

TEST(WorkloadName, LeavesAPodThatOnlyEndsLikeItsNode) {
  EXPECT_EQ(WorkloadName({.pod_name = "x-node-1", .node_name = "node-1"}, {}),
            "Pod/x-node-1");
  EXPECT_EQ(
      WorkloadName({.pod_name = "x", .node_name = "", .is_static = true}, {}),
      "Pod/x");
}

}  // namespace
}  // namespace nameward
