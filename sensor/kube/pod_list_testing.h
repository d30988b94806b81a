// SPDX-License-Identifier: Apache-2.0
// For the tests of this module: the documents of testdata/pod_list_json, and
// what it takes to compare snapshots.
#ifndef NAMEWARD_KUBE_POD_LIST_TESTING_H_
#define NAMEWARD_KUBE_POD_LIST_TESTING_H_

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "kube/pod_list_json.h"

namespace nameward {

inline std::string ReadPodList(const std::string& name) {
  std::ifstream file(NW_SOURCE_DIR "/sensor/kube/testdata/pod_list_json/" +
                     name + ".json");
  std::ostringstream text;
  text << file.rdbuf();
  EXPECT_FALSE(text.str().empty()) << name;
  return text.str();
}

inline PodSnapshot MustParse(const std::string& json,
                             PodListCounts* counts = nullptr) {
  auto snapshot = ParsePodList(json, counts);
  EXPECT_TRUE(snapshot) << (snapshot ? "" : snapshot.error().ToString());
  return snapshot ? *snapshot : PodSnapshot();
}

inline const PodState& PodCalled(const PodSnapshot& snapshot,
                                 const std::string& name) {
  for (const PodState& state : snapshot.pods) {
    if (state.pod->name == name) return state;
  }
  static const PodState none{.pod = std::make_shared<const Pod>()};
  ADD_FAILURE() << "no pod " << name;
  return none;
}

inline const PodContainer& ContainerCalled(const PodState& state,
                                           const std::string& name) {
  for (const PodContainer& container : state.containers) {
    if (container.name == name) return container;
  }
  static const PodContainer none;
  ADD_FAILURE() << "no container " << name;
  return none;
}

inline std::string Reduced(const PodSnapshot& snapshot) {
  std::string text;
  AppendPodList(snapshot, text);
  return text;
}

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_LIST_TESTING_H_
