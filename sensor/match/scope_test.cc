// SPDX-License-Identifier: Apache-2.0
#include "match/scope.h"

#include <gtest/gtest.h>

#include "match/testing.h"

namespace nameward {
namespace {

Workload PodOf(std::string name_space,
               std::map<std::string, std::string> labels) {
  Workload workload;
  workload.cgroup_path = "/kubepods/pod1/c1";
  Pod pod;
  pod.namespace_name = std::move(name_space);
  pod.workload = "Deployment/checkout";
  pod.labels = std::move(labels);
  workload.pod = std::make_shared<const Pod>(pod);
  workload.container = Container{"c1", "app", ""};
  return workload;
}

TEST(Scope, OmittedMeansEveryWorkloadButTheHost) {
  const Workload pod = PodOf("payments", {});
  const Workload cgroup = *TestWorkload("/system.slice/a.service");
  const Workload host = *TestWorkload("/");
  EXPECT_EQ(Decide({}, &pod, true), InScope::kYes);
  EXPECT_EQ(Decide({}, &cgroup, false), InScope::kYes);
  EXPECT_EQ(Decide({}, &host, false), InScope::kNo);
  Scope scope;
  scope.host = HostScope::kOnly;
  EXPECT_EQ(Decide(scope, &host, false), InScope::kYes);
  EXPECT_EQ(Decide(scope, &cgroup, false), InScope::kNo);
}

// Whoever can make a cgroup below its own can make its path as long as it
// likes.
TEST(Scope, IsUnknownWhereThePathsBeginningIs) {
  const Workload cut = *TestWorkload("…ystem.slice/a.service/x");
  Scope scope;
  scope.cgroups = {{"/app/*"}};
  EXPECT_EQ(Decide(scope, &cut, false), InScope::kUnknown);
  scope = {};
  scope.units = {{"app.service"}};
  EXPECT_EQ(Decide(scope, &cut, false), InScope::kUnknown);
  scope = {};
  scope.workloads = {{"/app"}};
  EXPECT_EQ(Decide(scope, &cut, false), InScope::kUnknown);
  EXPECT_EQ(Decide({}, &cut, false), InScope::kYes);
}

TEST(Scope, IsTheAndOfItsKeysAndTheOrInsideEach) {
  Scope scope;
  scope.namespaces = {{"payments"}, {"payments-*"}};
  scope.workloads = {{"Deployment/checkout"}};
  const Workload in = PodOf("payments-eu", {});
  EXPECT_EQ(Decide(scope, &in, true), InScope::kYes);
  const Workload out = PodOf("other", {});
  EXPECT_EQ(Decide(scope, &out, true), InScope::kNo);
}

TEST(Scope, ReadsLabelsAsKubernetesDoes) {
  using Op = Requirement::Operator;
  const Workload pod = PodOf("payments", {{"app", "checkout"}});
  const auto decide = [&](Requirement requirement) {
    Scope scope;
    scope.pod_selector = {std::move(requirement)};
    return Decide(scope, &pod, true);
  };
  EXPECT_EQ(decide({"app", Op::kIn, {"checkout"}}), InScope::kYes);
  EXPECT_EQ(decide({"app", Op::kNotIn, {"checkout"}}), InScope::kNo);
  EXPECT_EQ(decide({"tier", Op::kNotIn, {"x"}}), InScope::kYes);
  EXPECT_EQ(decide({"tier", Op::kExists, {}}), InScope::kNo);
  EXPECT_EQ(decide({"tier", Op::kDoesNotExist, {}}), InScope::kYes);
}

TEST(Scope, IsUnknownWhileThePodIsAndOnlyWhereThereAreAny) {
  Scope scope;
  scope.namespaces = {{"payments"}};
  Workload early = *TestWorkload("/kubepods/pod1/c1");
  early.container = Container{"c1", "", ""};
  EXPECT_EQ(Decide(scope, &early, true), InScope::kUnknown);
  EXPECT_EQ(Decide(scope, &early, false), InScope::kNo);
  EXPECT_EQ(Decide(scope, nullptr, true), InScope::kUnknown);
  scope.cgroups = {{"/elsewhere/**"}};
  EXPECT_EQ(Decide(scope, &early, true), InScope::kNo);
}

TEST(Scope, IsUnknownForAPodThatNobodyNamed) {
  Scope scope;
  scope.namespaces = {{"payments"}};
  Workload missing = *TestWorkload("/kubepods/pod1");
  missing.pod_uid = "1";
  EXPECT_EQ(Decide(scope, &missing, true), InScope::kUnknown);
  const Workload pathless = *TestWorkload("");
  EXPECT_EQ(Decide(scope, &pathless, true), InScope::kUnknown);
  const Workload host = *TestWorkload("/system.slice/a.service");
  EXPECT_EQ(Decide(scope, &host, true), InScope::kNo);
}

TEST(Scope, OfContainersKnowsThatASandboxIsNone) {
  Scope scope;
  scope.excluded_containers = {{"istio-proxy"}};
  Workload sandbox = *TestWorkload("/kubepods/pod1/c1");
  sandbox.container = Container{"c1", "", ""};
  EXPECT_EQ(Decide(scope, &sandbox, true), InScope::kUnknown);
  sandbox.naming = Naming::kSandbox;
  EXPECT_EQ(Decide(scope, &sandbox, true), InScope::kYes);
}

TEST(Scope, ThatIsUnknownFiresAndSaysSo) {
  const auto set = LoadOne(
      "  - {id: one, title: t, event: dns.query, match: {qname: x.com}, scope: "
      "{namespaces: [payments]}}\n");
  Event event = Query("x.com");
  event.origin.workload = nullptr;
  std::vector<Finding> findings;
  set->Match(event, {}, findings);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(findings[0].scope_unknown);
}

TEST(Scope, MatchesCgroupsAndUnitsByGlob) {
  Scope scope;
  scope.cgroups = {{"/nameward-demo*/**"}};
  const auto in = [&](const char* path) {
    const auto workload = TestWorkload(path);
    return Decide(scope, workload.get(), false) == InScope::kYes;
  };
  EXPECT_TRUE(in("/nameward-demo-7/a"));
  EXPECT_TRUE(in("/nameward-demo/a/b"));
  EXPECT_FALSE(in("/nameward-demo"));
  EXPECT_FALSE(in("/x/nameward-demo/a"));
}

TEST(WildcardText, StarStopsAtASlashAndTwoStarsDoNot) {
  EXPECT_TRUE((WildcardText{"a*c"}.Matches("abbc")));
  EXPECT_FALSE((WildcardText{"a*c"}.Matches("ab/c")));
  EXPECT_TRUE((WildcardText{"a**c"}.Matches("ab/c")));
  EXPECT_TRUE((WildcardText{"**/x*y"}.Matches("a/b/x1y")));
  EXPECT_FALSE((WildcardText{"a"}.Matches("ab")));
  EXPECT_TRUE((WildcardText{"*"}.Matches("")));
  EXPECT_TRUE((WildcardText{"**a*/b"}.Matches("xa/ca/b")));
}

}  // namespace
}  // namespace nameward
