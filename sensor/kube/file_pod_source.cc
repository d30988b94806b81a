// SPDX-License-Identifier: Apache-2.0
#include "kube/file_pod_source.h"

#include <utility>

#include "kube/file_text.h"

namespace nameward {

Result<std::unique_ptr<FilePodSource>> FilePodSource::Open(
    const std::string& path) {
  auto text = ReadFileText(path, kMaxBytes);
  if (!text) return text.error().Wrap("pods");
  std::unique_ptr<FilePodSource> source(new FilePodSource());
  PodSourceStatus& status = source->status_;
  const auto snapshot = ParsePodList(*text, &status.list);
  if (!snapshot) return snapshot.error().Wrap(path);
  AppendPodList(*snapshot, source->pod_list_);
  status.synced = true;
  status.answer_bytes = text->size();
  status.polls[static_cast<size_t>(PodPoll::kChanged)] = 1;
  return source;
}

}  // namespace nameward
