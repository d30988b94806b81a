// SPDX-License-Identifier: Apache-2.0
// A kubelet's /pods answer (a v1 PodList as JSON) into a PodSnapshot, and back.
//
// What is not kept is dropped while it is parsed (SAX, no tree): env values
// above all, but the addresses that literal *_SERVICE_HOST variables hold.
// Every field may be absent, null or of another type: such a field counts as
// absent, such a pod as skipped, and the rest stays right.  Only text that is
// no JSON, or no object, is an error.  A string over its limit is absent, not
// cut: half a name would be a wrong name.
//
// AppendPodList writes the reduced PodList: equal snapshots give equal bytes,
// and ParsePodList reads them back to the same snapshot.  It is what a
// recording keeps (RecordType::kPods) and what `replay --pods` takes.
//
// Pure; any thread.  Time and memory are linear in the text; 250 pods in 3 MB
// take some 50 ms and keep some 300 KB.
//
//   auto snapshot = ParsePodList(body);
//   if (!snapshot) return snapshot.error();
//   std::string record;
//   AppendPodList(*snapshot, record);
#ifndef NAMEWARD_KUBE_POD_LIST_JSON_H_
#define NAMEWARD_KUBE_POD_LIST_JSON_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/pod_snapshot.h"

namespace nameward {

// What lies above a limit is left out and counted in PodListCounts::clipped.
struct PodListLimits {
  static constexpr size_t kPods = 4096;  // a node's default is 110
  static constexpr size_t kContainers = 256;
  static constexpr size_t kContainerIds = 3;  // runs, ended, ended before
  static constexpr size_t kLabels = 256;
  static constexpr size_t kAddresses = 256;  // each list of one pod
  static constexpr size_t kSearches = 32;    // the API's own limit
  static constexpr size_t kText = 1024;      // images; names end at 253
  static constexpr size_t kDepth = 128;      // the object's own is below 20
};

struct PodListCounts {
  uint64_t pods = 0;
  uint64_t skipped = 0;  // null, not an object, without uid or name, twice
  uint64_t clipped = 0;  // fields or elements over a limit
};

// Pods come sorted by uid, addresses of the node by value: the kubelet lists
// them in an order that changes with every answer.
Result<PodSnapshot> ParsePodList(std::string_view json,
                                 PodListCounts* counts = nullptr);

// Appends to `out`, without a final newline.
void AppendPodList(const PodSnapshot& snapshot, std::string& out);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_POD_LIST_JSON_H_
