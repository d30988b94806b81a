// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>

#include <random>
#include <tuple>

#include "kube/pod_list_testing.h"

namespace nameward {
namespace {

auto Fields(const Pod& pod) {
  const PodDns& dns = pod.dns;
  return std::tie(pod.namespace_name, pod.name, pod.uid, pod.workload,
                  pod.labels, pod.host_network, pod.service_account, dns.policy,
                  dns.nameservers, dns.searches, dns.ndots, pod.host_aliases,
                  pod.service_hosts);
}

void ExpectSame(const PodSnapshot& a, const PodSnapshot& b) {
  EXPECT_EQ(a.node_addresses, b.node_addresses);
  ASSERT_EQ(a.pods.size(), b.pods.size());
  for (size_t i = 0; i < a.pods.size(); ++i) {
    EXPECT_EQ(Fields(*a.pods[i].pod), Fields(*b.pods[i].pod));
    EXPECT_EQ(a.pods[i].addresses, b.pods[i].addresses);
    EXPECT_EQ(a.pods[i].finished, b.pods[i].finished);
    const auto& ours = a.pods[i].containers;
    const auto& theirs = b.pods[i].containers;
    ASSERT_EQ(ours.size(), theirs.size());
    for (size_t c = 0; c < ours.size(); ++c) {
      EXPECT_EQ(std::tie(ours[c].name, ours[c].image, ours[c].kind, ours[c].ids,
                         ours[c].image_id),
                std::tie(theirs[c].name, theirs[c].image, theirs[c].kind,
                         theirs[c].ids, theirs[c].image_id));
    }
  }
}

TEST(PodListWriter, WritesWhatTheParserReadsBack) {
  for (const char* name :
       {"no_pods", "owners", "containers", "network", "odd"}) {
    const PodSnapshot first = MustParse(ReadPodList(name));
    PodListCounts counts;
    const PodSnapshot second = MustParse(Reduced(first), &counts);
    ExpectSame(first, second);
    EXPECT_EQ(counts.skipped + counts.clipped, 0U) << name;
    EXPECT_EQ(Reduced(first), Reduced(second)) << name;
  }
}

TEST(PodListWriter, DoesNotDependOnTheOrderOfThePods) {
  const std::string a = R"({"metadata":{"name":"a","uid":"1"},)"
                        R"("status":{"hostIP":"192.0.2.1"}})";
  const std::string b = R"({"metadata":{"name":"b","uid":"2"},)"
                        R"("status":{"hostIP":"192.0.2.2"}})";
  EXPECT_EQ(Reduced(MustParse(R"({"items":[)" + a + "," + b + "]}")),
            Reduced(MustParse(R"({"items":[)" + b + "," + a + "]}")));
}

// A snapshot in which everything that can be there sometimes is.
class RandomPods {
 public:
  explicit RandomPods(uint32_t seed) : random_(seed) {}

  PodSnapshot Snapshot() {
    PodSnapshot snapshot;
    for (size_t i = 0, count = Below(6); i < count; ++i)
      snapshot.pods.push_back(State(std::to_string(i)));
    if (!snapshot.pods.empty()) snapshot.node_addresses = Addresses();
    std::sort(snapshot.node_addresses.begin(), snapshot.node_addresses.end());
    return snapshot;
  }

 private:
  size_t Below(size_t bound) { return random_() % bound; }
  bool Chance() { return Below(2) == 0; }
  std::string Text(size_t least) {
    static constexpr std::string_view kPieces[] = {
        "a",    "Z", "-", "_", ".", "\"", "\\", "\n", "\x01",
        "\x7f", "é", "𝄞", "{", "]", ":",  ",",  " "};
    std::string text;
    for (size_t i = 0, count = least + Below(6); i < count; ++i)
      text += kPieces[Below(std::size(kPieces))];
    return text;
  }
  std::vector<IpAddress> Addresses() {
    std::vector<IpAddress> addresses;
    for (uint32_t i = 0, count = static_cast<uint32_t>(Below(4)); i < count;
         ++i)
      addresses.push_back(IpAddress::V4(0x0a000000U + 7 * i));
    return addresses;
  }
  PodDns Dns() {
    PodDns dns;
    dns.policy = static_cast<PodDns::Policy>(Below(4));
    dns.nameservers = Addresses();
    for (size_t i = 0, count = Below(3); i < count; ++i)
      dns.searches.push_back(
          *DomainName::Parse("s" + std::to_string(i) + ".example"));
    if (Chance()) dns.ndots = static_cast<uint32_t>(Below(16));
    return dns;
  }
  PodState State(const std::string& index) {
    Pod pod;
    pod.uid = index + Text(1);
    pod.name = Text(1);
    pod.namespace_name = Text(0);
    pod.workload = Chance() ? "Pod/" + pod.name : "Deployment/" + Text(1);
    for (size_t i = 0, count = Below(4); i < count; ++i)
      pod.labels[Text(0)] = Text(0);
    pod.host_network = Chance();
    pod.service_account = Text(0);
    pod.dns = Dns();
    pod.host_aliases = Addresses();
    pod.service_hosts = Addresses();
    PodState state{.pod = std::make_shared<const Pod>(std::move(pod))};
    state.addresses = Addresses();
    state.finished = Chance();
    for (const ContainerKind kind :
         {ContainerKind::kRegular, ContainerKind::kInit,
          ContainerKind::kSidecar, ContainerKind::kEphemeral}) {
      for (size_t i = 0, count = Below(3); i < count; ++i)
        AddContainer(state, kind);
    }
    return state;
  }
  void AddContainer(PodState& state, ContainerKind kind) {
    PodContainer container{
        .name = std::to_string(state.containers.size()) + Text(0),
        .image = Text(0),
        .kind = kind};
    for (size_t i = 0, count = Below(4); i < count; ++i)
      container.ids.push_back(std::string(64, static_cast<char>('a' + i)));
    if (!container.ids.empty()) container.image_id = "sha256:" + Text(0);
    state.containers.push_back(std::move(container));
  }

  std::mt19937 random_;
};

TEST(PodListWriter, RoundTripsAnySnapshot) {
  for (uint32_t seed = 0; seed < 300; ++seed) {
    const PodSnapshot snapshot = RandomPods(seed).Snapshot();
    SCOPED_TRACE("seed " + std::to_string(seed) + ": " + Reduced(snapshot));
    ExpectSame(snapshot, MustParse(Reduced(snapshot)));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace nameward
