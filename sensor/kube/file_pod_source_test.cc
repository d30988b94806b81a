// SPDX-License-Identifier: Apache-2.0
#include "kube/file_pod_source.h"

#include <gmock/gmock.h>

#include "kube/pod_list_testing.h"

namespace nameward {
namespace {

using ::testing::HasSubstr;

constexpr char kFolder[] = NW_SOURCE_DIR "/sensor/kube/testdata/pod_list_json/";

TEST(FilePodSource, HandsOutTheReducedListOnce) {
  auto source = FilePodSource::Open(std::string(kFolder) + "network.json");
  ASSERT_TRUE(source) << source.error().ToString();
  std::string handed_out;
  (*source)->Start([&](std::string pods) { handed_out += pods; });
  EXPECT_EQ(handed_out, Reduced(MustParse(ReadPodList("network"))));
  EXPECT_TRUE((*source)->status().synced);
  EXPECT_EQ((*source)->status().list.pods, 3U);
}

TEST(FilePodSource, SaysWhichFileCanNotBeRead) {
  const auto missing = FilePodSource::Open("/nowhere/pods.json");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().ToString(), HasSubstr("/nowhere/pods.json"));
  const auto no_list = FilePodSource::Open("/dev/null");
  ASSERT_FALSE(no_list);
  EXPECT_THAT(no_list.error().ToString(), HasSubstr("/dev/null"));
}

}  // namespace
}  // namespace nameward
