// SPDX-License-Identifier: Apache-2.0
// The pods of a file: a kubelet's /pods answer, `kubectl get pods -A -o json`,
// or the pods record of a recording.  For replay, and for a node without a
// kubelet to ask.
//
// The file is read in Open, once.  Start hands the list out on the caller's
// thread; there is no other.
#ifndef NAMEWARD_KUBE_FILE_POD_SOURCE_H_
#define NAMEWARD_KUBE_FILE_POD_SOURCE_H_

#include <memory>
#include <string>

#include "base/result.h"
#include "kube/pod_source.h"

namespace nameward {

class FilePodSource final : public PodSource {
 public:
  // As much as the kubelet's answer may have at most.
  static constexpr size_t kMaxBytes = size_t{128} << 20;

  static Result<std::unique_ptr<FilePodSource>> Open(const std::string& path);

  const std::string& pod_list() const { return pod_list_; }

  void Start(Sink sink) override { sink(pod_list_); }
  void Stop() override {}
  void Ask() override {}
  PodSourceStatus status() const override { return status_; }

 private:
  FilePodSource() = default;

  std::string pod_list_;
  PodSourceStatus status_;
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_FILE_POD_SOURCE_H_
