// SPDX-License-Identifier: Apache-2.0
// Any bytes as a /pods answer: what is read is written, read again and written
// again to the same bytes.
#include <cstdlib>

#include "kube/pod_list_json.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace nameward;
  const auto first = ParsePodList(
      std::string_view(reinterpret_cast<const char*>(bytes), size));
  if (!first) return 0;
  std::string once;
  AppendPodList(*first, once);
  PodListCounts counts;
  const auto second = ParsePodList(once, &counts);
  if (!second || counts.skipped + counts.clipped != 0) std::abort();
  std::string twice;
  AppendPodList(*second, twice);
  if (once != twice) std::abort();
  return 0;
}
