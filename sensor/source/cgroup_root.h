// SPDX-License-Identifier: Apache-2.0
// The host's cgroup trees: where they are mounted, what stands in them, and the
// path behind an id.
//
// A mount is read from /proc/self/mountinfo and never taken from a fixed path
// (hybrid hosts mount v2 at /sys/fs/cgroup/unified, pods below a hostPath). Its
// root must have inode 1: another number means a subtree, as a container's own
// mount shows it, in which hooks would see that container only.  The text of
// mountinfo can't tell: in a private cgroup namespace the container's own mount
// has the root "/" and the host's "/../../..".  An id is the directory's inode
// (kernfs).  One thread; start-up and rare look-ups only.  Source: cgroups(7),
// cgroup_namespaces(7), open_by_handle_at(2), proc_pid_mountinfo(5).
#ifndef NAMEWARD_SOURCE_CGROUP_ROOT_H_
#define NAMEWARD_SOURCE_CGROUP_ROOT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "model/record.h"

namespace nameward {

enum class CgroupMode {
  kNone,    // no cgroup file system at all
  kV1,      // v1 controllers, no v2 mount
  kHybrid,  // v1 controllers beside a v2 mount
  kV2,
};
std::string_view CgroupModeName(CgroupMode mode);

struct CgroupMounts {
  CgroupMode mode = CgroupMode::kNone;
  std::string v2;    // mount point of cgroup2, empty: none
  std::string pids;  // of the whole v1 pids hierarchy, empty: none
};

// Whether a mount point shows its hierarchy from the root.
using IsWhole = std::function<bool(const std::string& mount_point)>;

// Reads the text of /proc/self/mountinfo.  The first mount of a kind that is
// whole wins; a v2 mount that is not is better than none, for the error's sake.
CgroupMounts ParseCgroupMounts(std::string_view mountinfo,
                               const IsWhole& is_whole);
// Of this process.
CgroupMounts FindCgroupMounts();

struct CgroupEntry {
  uint64_t id = 0;
  uint64_t parent = 0;
  uint32_t level = 0;  // 0: the root
  std::string path;    // from the root, begins with "/"
};

class CgroupRoot {
 public:
  // More cgroups than a node of 500 pods has; the walk stops there and says so.
  static constexpr size_t kMaxEntries = 65536;
  static constexpr uint32_t kMaxDepth = 32;

  // Opens the root; `mount` empty: the one that /proc/self/mountinfo names, or
  // on a v1 host one of our own that is in nobody's mount table.
  static Result<CgroupRoot> Open(std::string_view mount);

  const std::string& mount() const { return mount_; }
  int fd() const { return fd_.get(); }
  const CgroupMounts& mounts() const { return mounts_; }

  // Every cgroup, parents first.
  std::vector<CgroupEntry> Walk(uint32_t max_depth = kMaxDepth) const;
  // "/kubepods/pod…" of an id: by file handle (CAP_DAC_READ_SEARCH), else by
  // walking the tree.
  Result<std::string> PathOf(uint64_t id) const;
  // A directory descriptor of it.
  Result<UniqueFd> OpenById(uint64_t id) const;
  // Whether a user process sits in the root itself.  In a pid namespace that
  // hides them, the absence of an init.scope says so.
  bool RootHoldsTasks() const;

 private:
  CgroupRoot(std::string mount, UniqueFd fd, CgroupMounts mounts)
      : mount_(std::move(mount)),
        fd_(std::move(fd)),
        mounts_(std::move(mounts)) {}
  std::string mount_;  // empty: our own, which is in nobody's mount table
  UniqueFd fd_;
  CgroupMounts mounts_;
};

// Appends an NW_CGROUP record (found at start) for each entry.  A path longer
// than NW_PATH_LEN keeps its end, which carries the container.
void AppendFoundCgroups(const std::vector<CgroupEntry>& entries,
                        uint64_t boot_ns, RecordBatch& batch);

// A cgroup2 mount of our own, of the whole tree (needs CAP_SYS_ADMIN).
Result<UniqueFd> MountCgroup2();

// The kernfs inode of a directory, 0 if it can't be had.
uint64_t CgroupIdOf(int fd);

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_CGROUP_ROOT_H_
