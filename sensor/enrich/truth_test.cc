// SPDX-License-Identifier: Apache-2.0
// Enricher and waiting events against a model of the truth: a node of pods that
// start, restart and go, a kubelet that lags and forgets, records that get
// lost.  Whatever the schedule: never a wrong pod or container, never an event
// twice, late or out of the order of its cgroup.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <set>

#include "enrich/enrich.h"
#include "enrich/enrich_testing.h"
#include "enrich/waiting.h"

namespace nameward {
namespace {

struct TrueContainer {
  std::string uid;
  std::string pod;
  std::string name;  // empty: the sandbox
};

// What the kubelet would say of a pod at this moment.
struct TruePod {
  std::string uid;
  std::string name;
  std::vector<TestContainer> containers;
  std::vector<uint64_t> cgroups;  // its own, then its children's
  bool told_ids = false;
};

class Node final : public WaitingSink {
 public:
  Node(uint64_t seed, bool births_are_lost)
      : random_(seed), births_are_lost_(births_are_lost) {
    enricher_.ExpectPods();
  }

  void Run(int steps) {
    for (int i = 0; i < steps; ++i) Step();
    waiting_.ReleaseAll(*this);
    EXPECT_EQ(left_, made_);
  }

  bool IsNamed(Event& event) override { return enricher_.Enrich(event); }
  void OnUnnamed(uint64_t cgroup) override { enricher_.GiveUp(cgroup, now_); }
  void OnReleased(Event& event, Release) override {
    (void)enricher_.Enrich(event);
    Check(event);
  }

  uint64_t right_ = 0;
  uint64_t unnamed_ = 0;

 private:
  uint64_t Roll(uint64_t sides) {
    return std::uniform_int_distribution<uint64_t>(0, sides - 1)(random_);
  }

  void Step() {
    now_ += Nanoseconds(1ms) * static_cast<int64_t>(Roll(200));
    waiting_.ReleaseDue(now_, *this);
    switch (Roll(12)) {
      case 0:
        return StartPod();
      case 1:
        return AddContainer();
      case 2:
        return EndPod();
      case 3:
      case 4:
        return Poll();
      case 5:
        if (!pods_.empty()) Any().told_ids = true;
        return;
      default:
        return Speak();
    }
  }

  TruePod& Any() {
    return std::next(pods_.begin(), static_cast<long>(Roll(pods_.size())))
        ->second;
  }

  // A static pod's uid comes again, in a pod of another name.
  std::string NextUid() {
    if (!free_uids_.empty() && Roll(3) == 0) {
      std::string uid = free_uids_.back();
      free_uids_.pop_back();
      return uid;
    }
    return PodUid(++last_);
  }

  void StartPod() {
    TruePod pod;
    pod.uid = NextUid();
    pod.name = "pod" + std::to_string(++last_);
    const uint64_t containers = 1 + Roll(3);
    for (uint64_t i = 0; i < containers; ++i)
      pod.containers.push_back({"c" + std::to_string(i), {}});
    pod.cgroups.push_back(NewCgroup(PodPath(pod.uid), {pod.uid, pod.name, ""}));
    NewChild(pod, "");
    pods_[pod.uid] = pod;
  }

  void NewChild(TruePod& pod, const std::string& container) {
    const std::string id = ContainerId(++last_);
    pod.cgroups.push_back(
        NewCgroup(PodPath(pod.uid) + "/" + id, {pod.uid, pod.name, container}));
    for (TestContainer& one : pod.containers)
      if (one.name == container) {
        one.ids.insert(one.ids.begin(), id);
        if (one.ids.size() > 2) one.ids.pop_back();
      }
  }

  uint64_t NewCgroup(const std::string& path, TrueContainer who) {
    const uint64_t id = 1000 + ++last_;
    truth_[id] = std::move(who);
    if (!births_are_lost_ || Roll(10) > 0) {
      enricher_.OnCgroup({CgroupChange::What::kBorn, id, 0, now_, path});
    } else if (Roll(2) > 0) {
      enricher_.OnCgroup({CgroupChange::What::kFound, id, 0, now_, path});
    }
    return id;
  }

  void AddContainer() {  // a first run, or a restart
    if (pods_.empty()) return;
    TruePod& pod = Any();
    NewChild(pod, pod.containers[Roll(pod.containers.size())].name);
    pod.told_ids = Roll(2) > 0;
  }

  void EndPod() {
    if (pods_.size() < 5) return;
    const TruePod pod = Any();
    for (auto at = pod.cgroups.rbegin(); at != pod.cgroups.rend(); ++at)
      enricher_.OnCgroup({CgroupChange::What::kGone, *at, 0, now_, {}});
    for (const uint64_t id : pod.cgroups) speakers_.insert(id);
    pods_.erase(pod.uid);
    if (Roll(2) > 0) free_uids_.push_back(pod.uid);
  }

  // The kubelet's list of now, with ids as far as it was told of them.
  void Poll() {
    PodSnapshot snapshot;
    for (const auto& [uid, pod] : pods_) {
      if (Roll(50) == 0) continue;  // a kubelet that has just restarted
      PodState state = MakePod(uid, pod.name, pod.containers);
      if (!pod.told_ids)
        for (PodContainer& container : state.containers) container.ids = {};
      snapshot.pods.push_back(state);
    }
    enricher_.OnPods(snapshot, now_);
    waiting_.ReleaseNamed(*this);
  }

  void Speak() {
    if (truth_.empty()) return;
    const auto who =
        std::next(truth_.begin(), static_cast<long>(Roll(truth_.size())));
    Event event = EventOf(who->first);
    event.time = now_;
    event.seq = ++made_;
    if (enricher_.Enrich(event) && !waiting_.Holds(who->first))
      Check(event);
    else
      waiting_.Push(event, now_, *this);
  }

  void Check(const Event& event) {
    ++left_;
    const uint64_t cgroup = event.origin.cgroup_id;
    EXPECT_GT(event.seq, last_seq_[cgroup]);
    last_seq_[cgroup] = event.seq;
    EXPECT_LE(now_, event.time + WaitingEvents::kLongest + 200ms);
    const Workload& workload = *event.origin.workload;
    const TrueContainer& truth = truth_[cgroup];
    if (!workload.pod) {
      ++unnamed_;
      return;
    }
    EXPECT_EQ(workload.pod->uid, truth.uid);
    if (!workload.container || workload.container->name.empty()) {
      ++unnamed_;
      return;
    }
    ++right_;
    EXPECT_EQ(workload.pod->name, truth.pod);
    EXPECT_EQ(workload.container->name, truth.name);
  }

  std::mt19937_64 random_;
  const bool births_are_lost_;
  BootTime now_{1s};
  Enricher enricher_;
  WaitingEvents waiting_;
  uint64_t last_ = 0;
  uint64_t made_ = 0;
  uint64_t left_ = 0;
  std::map<std::string, TruePod> pods_;
  std::vector<std::string> free_uids_;
  std::map<uint64_t, TrueContainer> truth_;  // by cgroup, the gone too
  std::set<uint64_t> speakers_;
  std::map<uint64_t, uint64_t> last_seq_;
};

TEST(Truth, NeverAWrongPodWhateverTheSchedule) {
  uint64_t right = 0;
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Node node(seed, seed % 2 == 0);
    node.Run(2000);
    right += node.right_;
    if (::testing::Test::HasFailure()) return;
  }
  EXPECT_GT(right, 10'000U);
}

}  // namespace
}  // namespace nameward
