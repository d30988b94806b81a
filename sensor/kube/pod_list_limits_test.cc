// SPDX-License-Identifier: Apache-2.0
// Each limit of PodListLimits, reached.
#include <gmock/gmock.h>

#include "kube/pod_list_testing.h"

namespace nameward {
namespace {

using ::testing::HasSubstr;
using Limits = PodListLimits;

// `count` times piece(i), with commas.
template <typename Piece>
std::string Repeat(size_t count, Piece piece) {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out.append(i == 0 ? "" : ",").append(piece(std::to_string(i)));
  return out;
}

std::string OnePod(const std::string& metadata, const std::string& rest) {
  return R"({"items":[{"metadata":{"name":"p","uid":"u")" + metadata + "}" +
         rest + "}]}";
}

TEST(PodListLimits, KeepsNoMorePodsThanTheLimit) {
  PodListCounts counts;
  const PodSnapshot pods = MustParse(
      R"({"items":[)" +
          Repeat(Limits::kPods + 3,
                 [](const std::string& i) {
                   return R"({"metadata":{"name":"p","uid":"u)" + i + "\"}}";
                 }) +
          "]}",
      &counts);
  EXPECT_EQ(pods.pods.size(), Limits::kPods);
  EXPECT_EQ(counts.clipped, 3U);
}

TEST(PodListLimits, KeepsTheStatusOfAsManyContainersAsTheLimit) {
  PodListCounts counts;
  const auto named = [](const std::string& i) {
    return R"({"name":"c)" + i + R"(","containerID":"x://)" + i + "\"}";
  };
  const std::string list = Repeat(Limits::kContainers + 1, named);
  const PodSnapshot pods = MustParse(
      OnePod("", R"(,"spec":{"containers":[)" + list +
                     R"(]},"status":{"containerStatuses":[)" + list + "]}"),
      &counts);
  ASSERT_EQ(pods.pods[0].containers.size(), Limits::kContainers);
  EXPECT_EQ(counts.clipped, 2U);
  EXPECT_EQ(pods.pods[0].containers.back().ids.size(), 1U);
}

TEST(PodListLimits, KeepsNoMoreLabelsAddressesAndSearchesThanTheLimit) {
  PodListCounts counts;
  const auto label = [](const std::string& i) { return "\"l" + i + "\":\"\""; };
  const auto alias = [](const std::string& i) {
    return R"({"ip":"2001:db8::)" + i + "\"}";
  };
  const auto search = [](const std::string& i) { return "\"s" + i + "\""; };
  const PodSnapshot pods = MustParse(
      OnePod(R"(,"labels":{)" + Repeat(Limits::kLabels + 1, label) + "}",
             R"(,"spec":{"hostAliases":[)" +
                 Repeat(Limits::kAddresses + 1, alias) +
                 R"(],"dnsConfig":{"searches":[)" +
                 Repeat(Limits::kSearches + 1, search) + "]}}"),
      &counts);
  const Pod& pod = *pods.pods[0].pod;
  EXPECT_EQ(pod.labels.size(), Limits::kLabels);
  EXPECT_EQ(pod.host_aliases.size(), Limits::kAddresses);
  EXPECT_EQ(pod.dns.searches.size(), Limits::kSearches);
  EXPECT_EQ(counts.clipped, 3U);
}

TEST(PodListLimits, TakesATextOverTheLimitForAbsent) {
  PodListCounts counts;
  const std::string longest(Limits::kText, 'x');
  EXPECT_EQ(MustParse(OnePod(R"(,"namespace":")" + longest + "\"", ""), &counts)
                .pods[0]
                .pod->namespace_name,
            longest);
  EXPECT_EQ(counts.clipped, 0U);
  EXPECT_EQ(
      MustParse(OnePod(R"(,"namespace":")" + longest + "x\"", ""), &counts)
          .pods[0]
          .pod->namespace_name,
      "");
  EXPECT_EQ(counts.clipped, 1U);
}

TEST(PodListLimits, DoesNotCountWhatItDoesNotKeep) {
  PodListCounts counts;
  const std::string secret(4 * Limits::kText, 's');
  MustParse(OnePod(R"(,"annotations":{"a":")" + secret + "\"}",
                   R"(,"spec":{"containers":[{"name":"c","env":[{"name":"S",)"
                   R"("value":")" +
                       secret + "\"}]}]}"),
            &counts);
  EXPECT_EQ(counts.clipped, 0U);
}

TEST(PodListLimits, KeepsThreeIdsOfAContainer) {
  const auto status = [](const std::string& i) {
    return R"({"name":"c","containerID":"x://)" + i + "\"}";
  };
  const PodSnapshot pods = MustParse(OnePod(
      "", R"(,"status":{"containerStatuses":[)" + Repeat(5, status) + "]}"));
  EXPECT_EQ(pods.pods[0].containers[0].ids.size(), Limits::kContainerIds);
}

TEST(PodListLimits, RefusesADocumentThatIsTooDeep) {
  const auto nested = [](size_t depth) {
    return R"({"x":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_TRUE(ParsePodList(nested(Limits::kDepth - 1)));
  const auto bomb = ParsePodList(nested(1'000'000));
  ASSERT_FALSE(bomb);
  EXPECT_THAT(bomb.error().ToString(), HasSubstr("nested too deeply"));
}

}  // namespace
}  // namespace nameward
