// SPDX-License-Identifier: Apache-2.0
// The programs, loaded and attached, and what the keeper does with them.
// OpenLive makes it; after the fork the keeper's copy is the one that lives.
#ifndef NAMEWARD_SOURCE_BPF_KERNEL_H_
#define NAMEWARD_SOURCE_BPF_KERNEL_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.h"
#include "source/bpf_object.h"
#include "source/bpf_source.h"
#include "source/cgroup_root.h"
#include "source/keeper.h"

namespace nameward {

class AttachedKernel final : public LiveKernel, public KeptKernel {
 public:
  // More first-level cgroups than a host's slices and runtimes make.
  static constexpr size_t kMaxAttached = 1024;

  // `pids`: the v1 hierarchy that names containers beside v2.
  AttachedKernel(CgroupRoot root, std::optional<CgroupRoot> pids,
                 std::unique_ptr<KernelObject> object)
      : root_(std::move(root)),
        pids_(std::move(pids)),
        object_(std::move(object)) {}
  // Attaches everything and fills the report.
  Status Start(const BpfOptions& options);

  const LiveReport& report() const override { return report_; }
  int ring() const { return object_->Map("events"); }
  // NW_CGROUP records of what stood when the hooks were in place.
  const RecordBatch& found() const { return found_; }

  Status Follow() override;
  Result<std::string> CgroupPath(uint64_t id) override;
  Result<std::vector<uint64_t>> Counters() override;
  Result<std::vector<CgroupLoss>> Losses() override;
  void Detach() override;
  std::vector<int> Descriptors() const override;

 private:
  Status AttachByPlan();
  Status AttachOne(const Attachment& at, int cgroup);
  Status AttachChild(const CgroupEntry& child);

  void FindCgroups();

  CgroupRoot root_;
  std::optional<CgroupRoot> pids_;
  std::unique_ptr<KernelObject> object_;
  std::map<uint64_t, std::vector<UniqueFd>> links_;  // by cgroup
  RecordBatch found_;
  LiveReport report_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_BPF_KERNEL_H_
