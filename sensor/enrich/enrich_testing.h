// SPDX-License-Identifier: Apache-2.0
// Pods, cgroups and events as the tests of enrich write them.
#ifndef NAMEWARD_ENRICH_ENRICH_TESTING_H_
#define NAMEWARD_ENRICH_ENRICH_TESTING_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "enrich/enrich.h"

namespace nameward {

inline BootTime At(Nanoseconds since) { return BootTime(since); }

// 64 hex digits that begin with the number.
inline std::string ContainerId(uint64_t number) {
  std::string id = std::to_string(number);
  return id + std::string(64 - id.size(), 'a');
}

inline std::string PodUid(uint64_t number) {
  const std::string digits = std::to_string(100'000'000'000 + number);
  return "2c48913c-b29f-11e7-9350-" + digits;
}

struct TestContainer {
  std::string name;
  std::vector<std::string> ids;
};

inline PodState MakePod(const std::string& uid, const std::string& name,
                        const std::vector<TestContainer>& containers) {
  auto pod = std::make_shared<Pod>();
  pod->namespace_name = "shop";
  pod->name = name;
  pod->uid = uid;
  pod->workload = "Deployment/" + name;
  PodState state;
  for (const TestContainer& container : containers)
    state.containers.push_back({container.name, container.name + ":1",
                                ContainerKind::kRegular, container.ids});
  state.pod = std::move(pod);
  return state;
}

inline std::string PodPath(const std::string& uid) {
  return "/kubepods/burstable/pod" + uid;
}

inline CgroupChange Found(uint64_t id, uint64_t parent,
                          const std::string& path) {
  return {CgroupChange::What::kFound, id, parent, At(1s), path};
}
inline CgroupChange Born(uint64_t id, const std::string& path,
                         Nanoseconds when) {
  return {CgroupChange::What::kBorn, id, 0, At(when), path};
}
inline CgroupChange Gone(uint64_t id, Nanoseconds when) {
  return {CgroupChange::What::kGone, id, 0, At(when), {}};
}

// An event of a process in the cgroup.
inline Event EventOf(uint64_t cgroup, Nanoseconds when = 1s) {
  Event event;
  event.time = At(when);
  event.origin.cgroup_id = cgroup;
  return event;
}

inline WorkloadRef WorkloadOf(Enricher& enricher, uint64_t cgroup,
                              Nanoseconds when = 1s) {
  Event event = EventOf(cgroup, when);
  (void)enricher.Enrich(event);
  return event.origin.workload;
}

}  // namespace nameward

#endif  // NAMEWARD_ENRICH_ENRICH_TESTING_H_
