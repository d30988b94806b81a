// SPDX-License-Identifier: Apache-2.0
// Which pod and container a cgroup's events get, and when that is final.
#include <gtest/gtest.h>

#include "enrich/enrich.h"
#include "enrich/enrich_testing.h"

namespace nameward {
namespace {

const std::string kUid = PodUid(1);
const std::string kPod = PodPath(kUid);
const std::string kFirst = kPod + "/" + ContainerId(1);
const std::string kSecond = kPod + "/" + ContainerId(2);

class NamingTest : public ::testing::Test {
 protected:
  NamingTest() { enricher_.ExpectPods(); }

  void Tell(std::vector<PodState> pods, Nanoseconds when = 1s) {
    enricher_.OnPods({std::move(pods), {}}, At(when));
  }
  void Born(uint64_t id, const std::string& path, Nanoseconds when = 1s) {
    enricher_.OnCgroup(nameward::Born(id, path, when));
  }
  // "namespace/pod/container", with what is not known left out, and '?' where
  // more may come.
  std::string Who(uint64_t cgroup, Nanoseconds when = 1s) {
    Event event = EventOf(cgroup, when);
    const bool final = enricher_.Enrich(event);
    const Workload& workload = *event.origin.workload;
    std::string who;
    if (workload.pod)
      who = workload.pod->namespace_name + "/" + workload.pod->name;
    if (workload.container) who += "/" + workload.container->name;
    return who + (final ? "" : "?");
  }
  Naming NamingOf(uint64_t cgroup) {
    return WorkloadOf(enricher_, cgroup)->naming;
  }

  Enricher enricher_;
};

TEST_F(NamingTest, NamesPodAndContainerByUidAndId) {
  Tell({MakePod(kUid, "web",
                {{"main", {ContainerId(1)}}, {"side", {ContainerId(2)}}})});
  Born(91, kFirst);
  Born(92, kSecond);
  EXPECT_EQ(Who(91), "shop/web/main");
  EXPECT_EQ(Who(92), "shop/web/side");
  EXPECT_EQ(NamingOf(91), Naming::kNamed);
  EXPECT_EQ(WorkloadOf(enricher_, 91)->pod_uid, kUid);
}

TEST_F(NamingTest, NamesThemWhenTheyAreToldLate) {
  Born(91, kFirst);
  EXPECT_EQ(Who(91), "/?");
  EXPECT_EQ(NamingOf(91), Naming::kMissing);
  EXPECT_EQ(WorkloadOf(enricher_, 91)->pod_uid, kUid);
  Tell({MakePod(kUid, "web", {{"main", {}}})});
  EXPECT_EQ(Who(91), "shop/web/?");
  EXPECT_EQ(NamingOf(91), Naming::kNoContainer);
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  EXPECT_EQ(Who(91), "shop/web/main");
}

TEST_F(NamingTest, NamesARestartedContainerByItsNewAndItsOldId) {
  Born(91, kFirst);
  Born(92, kSecond);
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(2), ContainerId(1)}}})});
  EXPECT_EQ(Who(91), "shop/web/main");
  EXPECT_EQ(Who(92), "shop/web/main");
}

TEST_F(NamingTest, NamesADescendantOfTheContainersCgroup) {
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  Born(91, kFirst);
  Born(92, kFirst + "/container");  // crun
  Born(93, kFirst + "/a/b");
  EXPECT_EQ(Who(92), "shop/web/main");
  EXPECT_EQ(Who(93), "shop/web/main");
  EXPECT_EQ(enricher_.OwnerOf(93), 91U);
}

TEST_F(NamingTest, NamesThePodOfItsOwnCgroup) {
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  Born(90, kPod);
  EXPECT_EQ(Who(90), "shop/web");
  EXPECT_EQ(NamingOf(90), Naming::kNamed);
}

TEST_F(NamingTest, NamesAStaticPodWhateverItsUid) {
  Born(91, "/kubepods/podmy-own_uid/" + ContainerId(1));
  Born(92, "/kubepods.slice/kubepods-podother_uid.slice/cri-containerd-" +
               ContainerId(2) + ".scope");
  EXPECT_EQ(Who(91), "/?");
  Tell({MakePod("my-own_uid", "own", {{"main", {ContainerId(1)}}}),
        MakePod("other-uid", "other", {{"main", {ContainerId(2)}}})});
  EXPECT_EQ(Who(91), "shop/own/main");
  EXPECT_EQ(Who(92), "shop/other/main");
}

TEST_F(NamingTest, NamesAContainerWhosePathHasNoPod) {
  Born(91, "/../crio-" + ContainerId(1) + ".scope");  // KubeEdge
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  EXPECT_EQ(Who(91), "shop/web/main");
}

TEST_F(NamingTest, LeavesTheHostAndItsServicesWithoutWaiting) {
  Born(5, "/system.slice/cron.service");
  Born(6, "/podruntime/kubelet");
  EXPECT_EQ(Who(1), "");
  EXPECT_EQ(Who(5), "");
  EXPECT_EQ(Who(6), "");
  EXPECT_EQ(NamingOf(6), Naming::kNone);
}

TEST_F(NamingTest, WaitsForThePathOfACgroupThatWasNotTold) {
  EXPECT_EQ(Who(91), "?");
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  EXPECT_EQ(Who(91), "?");
  enricher_.OnCgroup(Found(91, 0, kFirst));
  EXPECT_EQ(Who(91), "shop/web/main");
}

TEST(Naming, IsFinalAtOnceWithoutAPodSource) {
  Enricher enricher;
  enricher.OnCgroup(Born(91, kFirst, 1s));
  Event event = EventOf(91);
  EXPECT_TRUE(enricher.Enrich(event));
  EXPECT_EQ(event.origin.workload->naming, Naming::kNone);
  event = EventOf(4711);
  EXPECT_TRUE(enricher.Enrich(event));
}

TEST_F(NamingTest, GivesUpForAWhileAndThenWaitsAgain) {
  Born(91, kFirst);
  EXPECT_EQ(Who(91, 1s), "/?");
  enricher_.GiveUp(91, At(4s));
  EXPECT_EQ(Who(91, 4s), "/");
  EXPECT_EQ(Who(91, 4s + Enricher::kNotAgainFor), "/?");
}

TEST_F(NamingTest, NewsEndTheWhile) {
  Born(91, kFirst);
  enricher_.GiveUp(91, At(4s));
  Tell({MakePod(kUid, "web", {{"main", {}}})}, 4s);
  EXPECT_EQ(Who(91, 4s), "shop/web/?");
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})}, 4s);
  EXPECT_EQ(Who(91, 4s), "shop/web/main");
}

// The sandbox: what no list of containers ever names.

TEST_F(NamingTest, KnowsTheSandboxAsThePodsFirstChild) {
  Born(90, kPod);
  Born(91, kFirst);
  Born(92, kSecond);
  Tell({MakePod(kUid, "web", {{"main", {}}})}, 2s);
  EXPECT_EQ(Who(91), "shop/web/?");
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(2)}}})}, 2s);
  EXPECT_EQ(Who(91), "shop/web/");
  EXPECT_EQ(NamingOf(91), Naming::kSandbox);
}

TEST_F(NamingTest, DoesNotTakeARestartedContainerForTheSandbox) {
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  enricher_.OnCgroup(Found(91, 0, kFirst));
  Born(92, kSecond);
  EXPECT_EQ(Who(92), "shop/web/?");
}

// A pod with one container: it is known without its id.

TEST_F(NamingTest, NamesTheOnlyContainerOfAPodBeforeItsIdIsTold) {
  Born(90, kPod, 1s);
  Born(91, kFirst, 1s);
  Born(92, kSecond, 2s);
  Tell({MakePod(kUid, "job", {{"main", {}}})}, 2s);
  EXPECT_EQ(Who(92), "shop/job/main");
  EXPECT_EQ(NamingOf(92), Naming::kNamed);
  Born(93, kPod + "/" + ContainerId(3) + "/init.scope", 3s);
  Born(94, kSecond + "/init.scope", 3s);
  EXPECT_EQ(Who(94), "shop/job/main");
}

TEST_F(NamingTest, ABirthSaysMoreThanAFind) {
  Born(90, kPod);
  enricher_.OnCgroup(Found(91, 0, kFirst));  // asked for, before its birth came
  Born(91, kFirst);
  enricher_.OnCgroup(Found(91, 0, kFirst));
  Born(92, kSecond);
  Tell({MakePod(kUid, "job", {{"main", {}}})}, 2s);
  EXPECT_EQ(Who(91), "shop/job/?");
  EXPECT_EQ(Who(92), "shop/job/main");
}

TEST_F(NamingTest, NamesNoneOfTwoWithoutItsId) {
  Born(90, kPod);
  Born(91, kFirst);
  Born(92, kSecond);
  Tell({MakePod(kUid, "web", {{"main", {}}, {"side", {}}})}, 2s);
  EXPECT_EQ(Who(92), "shop/web/?");
}

// A debugging container is added to a pod whose own never came up.
TEST_F(NamingTest, TrustsNoListThatIsOlderThanTheContainer) {
  Tell({MakePod(kUid, "web", {{"main", {}}})}, 1s);
  Born(90, kPod, 1s);
  Born(91, kFirst, 1s);
  Born(92, kSecond, 2s);
  EXPECT_EQ(Who(92), "shop/web/?");
  enricher_.OnSamePods(At(3s));
  EXPECT_EQ(Who(92), "shop/web/main");
}

TEST_F(NamingTest, NamesNoneByItsTurnWhereTheTurnIsNotKnown) {
  const auto pod = MakePod(kUid, "web", {{"main", {}}});
  Born(92, kSecond);  // the pod's own cgroup is older than the sensor
  Tell({pod}, 2s);
  EXPECT_EQ(Who(92), "shop/web/?");
  // CRI-O leaves the sandbox out where it can.
  const std::string uid = PodUid(2);
  Born(80, PodPath(uid));
  Born(81, PodPath(uid) + "/crio-" + ContainerId(4));
  Born(82, PodPath(uid) + "/crio-" + ContainerId(5));
  Tell({pod, MakePod(uid, "crio", {{"main", {}}})}, 2s);
  EXPECT_EQ(Who(82), "shop/crio/?");
}

TEST_F(NamingTest, NamesNoneByItsTurnOnceTheSandboxWent) {
  Born(90, kPod);
  Born(91, kFirst);
  enricher_.OnCgroup(Gone(91, 1s));
  Born(92, kSecond);  // the next sandbox
  Tell({MakePod(kUid, "web", {{"main", {}}})}, 2s);
  EXPECT_EQ(Who(92), "shop/web/?");
}

TEST_F(NamingTest, KnowsTheTurnWhereACgroupStandsInTwoHierarchies) {
  for (const uint64_t hierarchy : {uint64_t{0}, uint64_t{1} << 62})
    Born(90 | hierarchy, kPod);
  for (const uint64_t hierarchy : {uint64_t{1} << 62, uint64_t{0}}) {
    Born(91 | hierarchy, kFirst);
    Born(92 | hierarchy, kSecond);
  }
  Tell({MakePod(kUid, "job", {{"main", {}}})}, 2s);
  EXPECT_EQ(Who(91), "shop/job/?");
  EXPECT_EQ(Who(92), "shop/job/main");
  EXPECT_EQ(Who(92 | uint64_t{1} << 62), "shop/job/main");
  EXPECT_EQ(enricher_.OwnerOf(92), enricher_.OwnerOf(92 | uint64_t{1} << 62));
  // Stopped and started again, it is another.
  for (const uint64_t hierarchy : {uint64_t{0}, uint64_t{1} << 62})
    enricher_.OnCgroup(Gone(92 | hierarchy, 3s));
  Born(95, kSecond, 4s);
  EXPECT_EQ(enricher_.OwnerOf(95), 95U);
}

// A static pod's uid may come again.
TEST_F(NamingTest, APodThatWentKeepsItsNameWhenItsUidComesAgain) {
  Tell({MakePod("fixed", "old", {{"main", {}}, {"side", {}}})}, 1s);
  Born(90, "/kubepods/podfixed");
  Born(91, "/kubepods/podfixed/" + ContainerId(1));
  Born(92, "/kubepods/podfixed/" + ContainerId(2));
  enricher_.OnCgroup(Gone(92, 2s));
  enricher_.OnCgroup(Gone(91, 2s));
  enricher_.OnCgroup(Gone(90, 2s));
  Tell({MakePod("fixed", "new", {{"main", {}}})}, 3s);
  EXPECT_EQ(Who(92), "shop/old/");
  Born(94, "/kubepods/podfixed", 4s);
  Tell({MakePod("fixed", "newest", {{"main", {}}})}, 5s);
  EXPECT_EQ(Who(92), "shop/old/");
  EXPECT_EQ(Who(94), "shop/newest");
}

TEST_F(NamingTest, APodThatNobodyToldIsNotNamedAfterTheNextOfItsUid) {
  Born(90, PodPath(kUid));
  Born(92, kFirst);
  enricher_.OnCgroup(Gone(92, 2s));
  enricher_.OnCgroup(Gone(90, 2s));
  Born(94, PodPath(kUid), 3s);
  Tell({MakePod(kUid, "new", {{"main", {}}})}, 4s);
  EXPECT_EQ(Who(92), "/");
  EXPECT_EQ(NamingOf(92), Naming::kMissing);
}

// Paths that lie.

TEST_F(NamingTest, APodMadeInsideAContainerIsTheContainers) {
  const std::string victim = PodUid(2);
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}}),
        MakePod(victim, "bank", {{"main", {ContainerId(2)}}})});
  Born(91, kFirst);
  Born(92, kFirst + PodPath(victim) + "/" + ContainerId(2));
  EXPECT_EQ(Who(92), "shop/web/main");
  EXPECT_EQ(enricher_.OwnerOf(92), 91U);
}

TEST_F(NamingTest, NamesNeitherPodWhereTheContainerIsAnothers) {
  const std::string victim = PodUid(2);
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}}),
        MakePod(victim, "bank", {{"main", {ContainerId(2)}}})});
  Born(92, kPod + "/" + ContainerId(2));
  EXPECT_EQ(Who(92), "/");
  EXPECT_EQ(NamingOf(92), Naming::kMissing);
}

TEST_F(NamingTest, ANodeInAContainerHasThePodsOfItsKubelet) {  // kind
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})});
  Born(91, "/docker/" + ContainerId(7) + "/kubelet" + kFirst);
  EXPECT_EQ(Who(91), "shop/web/main");
}

TEST_F(NamingTest, WishesForPodsWhenOneIsBornThatNobodyTold) {
  EXPECT_FALSE(enricher_.TakeWish());
  Born(90, kPod);
  EXPECT_TRUE(enricher_.TakeWish());
  EXPECT_FALSE(enricher_.TakeWish());
  Tell({MakePod(kUid, "web", {})});
  Born(91, kFirst);
  EXPECT_FALSE(enricher_.TakeWish());
}

TEST_F(NamingTest, NamesTheClientsOfACaptureByAddress) {
  PodState pod = MakePod(kUid, "web", {{"main", {ContainerId(1)}}});
  pod.addresses = {*IpAddress::Parse("10.1.0.9"), *IpAddress::Parse("fd00::9")};
  Tell({pod});
  enricher_.OnCgroup(Found(2, 0, "/pcap/10.1.0.9"));
  enricher_.OnCgroup(Found(3, 0, "/pcap/fd00::9"));
  enricher_.OnCgroup(Found(4, 0, "/pcap/10.1.0.10"));
  EXPECT_EQ(Who(2), "shop/web");
  EXPECT_EQ(Who(3), "shop/web");
  EXPECT_EQ(Who(4), "");
}

TEST_F(NamingTest, OfAGonePodIsKnownForItsLastPackets) {
  Tell({MakePod(kUid, "web", {{"main", {ContainerId(1)}}})}, 1s);
  Born(91, kFirst);
  Tell({}, 2s);
  Tell({}, 3s);
  enricher_.OnCgroup(Gone(91, 3s));
  EXPECT_EQ(Who(91, 60s), "shop/web/main");
}

}  // namespace
}  // namespace nameward
