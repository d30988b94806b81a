// SPDX-License-Identifier: Apache-2.0
#include "source/cgroup_root.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <fstream>
#include <memory>
#include <sstream>
#include <utility>

#include "bpf/event.h"

namespace nameward {
namespace {

constexpr uint64_t kRootInode = 1;
// FILEID_KERNFS of linux/exportfs.h: the handle is the 64-bit inode number.
constexpr int kFileIdKernfs = 0xfe;

struct CloseDir {
  void operator()(DIR* dir) const { closedir(dir); }
};
using UniqueDir = std::unique_ptr<DIR, CloseDir>;

// proc_pid_mountinfo(5): blanks and backslashes are \ooo.
std::string Unescape(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size()) {
      plain += text[i];
      continue;
    }
    int byte = 0;
    for (size_t k = 1; k <= 3; ++k) byte = byte * 8 + (text[i + k] - '0');
    plain += static_cast<char>(byte);
    i += 3;
  }
  return plain;
}

struct MountLine {
  std::string root;
  std::string point;
  std::string type;
  std::string super_options;
};

// id parent major:minor root point options [optional …] - type source super
bool ParseMountLine(const std::string& line, MountLine& mount) {
  std::istringstream fields(line);
  std::string id, parent, device, options, word, source;
  fields >> id >> parent >> device >> mount.root >> mount.point >> options;
  while (fields >> word && word != "-") {
  }
  fields >> mount.type >> source >> mount.super_options;
  return !fields.fail();
}

bool HasOption(const std::string& options, std::string_view wanted) {
  std::istringstream words(options);
  for (std::string word; std::getline(words, word, ',');) {
    if (word == wanted) return true;
  }
  return false;
}

// A hierarchy that runtimes put containers in.  A named one without controllers
// ("rw,xattr,name=systemd") may stand beside a pure v2 tree.
bool HasController(const MountLine& mount) {
  for (const char* controller : {"cpu", "cpuset", "memory", "pids"}) {
    if (HasOption(mount.super_options, controller)) return true;
  }
  return false;
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

UniqueFd OpenDirectory(int at, const char* path) {
  return UniqueFd(openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

Result<std::string> PathOfDescriptor(int fd) {
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  char path[PATH_MAX];
  const ssize_t size = readlink(link.c_str(), path, sizeof path);
  if (size < 0) return ErrnoError("cgroup by id", errno);
  return std::string(path, static_cast<size_t>(size));
}

// Whether a process listed in the root's cgroup.procs is more than a kernel
// thread; 0 stands for one that our pid namespace hides.
bool IsUserProcess(const std::string& pid) {
  return !ReadText("/proc/" + pid + "/cmdline").empty();
}

class TreeWalk {
 public:
  TreeWalk(uint32_t max_depth, std::vector<CgroupEntry>& entries)
      : max_depth_(max_depth), entries_(entries) {}

  void Visit(int at, const char* name, CgroupEntry entry) {
    UniqueFd fd = OpenDirectory(at, name);
    if (!fd || entries_.size() >= CgroupRoot::kMaxEntries) return;
    entry.id = CgroupIdOf(fd.get());
    entries_.push_back(entry);
    if (entry.level >= max_depth_) return;
    const UniqueDir dir(fdopendir(fd.get()));
    if (!dir) return;
    const int dir_fd = fd.Release();  // now the DIR's
    while (const dirent* child = readdir(dir.get())) {
      if (child->d_type != DT_DIR || child->d_name[0] == '.') continue;
      Visit(dir_fd, child->d_name, ChildOf(entry, child->d_name));
    }
  }

 private:
  static CgroupEntry ChildOf(const CgroupEntry& parent, const char* name) {
    const std::string prefix = parent.level == 0 ? "" : parent.path;
    return {0, parent.id, parent.level + 1, prefix + "/" + name};
  }
  const uint32_t max_depth_;
  std::vector<CgroupEntry>& entries_;
};

}  // namespace

std::string_view CgroupModeName(CgroupMode mode) {
  switch (mode) {
    case CgroupMode::kNone:
      return "none";
    case CgroupMode::kV1:
      return "v1";
    case CgroupMode::kHybrid:
      return "hybrid";
    case CgroupMode::kV2:
      return "v2";
  }
  return "";
}

CgroupMounts ParseCgroupMounts(std::string_view mountinfo,
                               const IsWhole& is_whole) {
  CgroupMounts mounts;
  bool v1 = false;
  bool whole = false;  // mounts.v2 shows the tree from its root
  std::istringstream lines{std::string(mountinfo)};
  for (std::string line; std::getline(lines, line);) {
    MountLine mount;
    if (!ParseMountLine(line, mount)) continue;
    const std::string point = Unescape(mount.point);
    if (mount.type == "cgroup2" && !whole) {
      whole = is_whole(point);
      if (whole || mounts.v2.empty()) mounts.v2 = point;
    }
    if (mount.type != "cgroup") continue;
    v1 = v1 || HasController(mount);
    if (mounts.pids.empty() && HasOption(mount.super_options, "pids") &&
        is_whole(point)) {
      mounts.pids = point;
    }
  }
  if (v1) {
    mounts.mode = mounts.v2.empty() ? CgroupMode::kV1 : CgroupMode::kHybrid;
  } else if (!mounts.v2.empty()) {
    mounts.mode = CgroupMode::kV2;
  }
  return mounts;
}

CgroupMounts FindCgroupMounts() {
  return ParseCgroupMounts(
      ReadText("/proc/self/mountinfo"), [](const std::string& point) {
        const UniqueFd fd = OpenDirectory(AT_FDCWD, point.c_str());
        return fd && CgroupIdOf(fd.get()) == kRootInode;
      });
}

uint64_t CgroupIdOf(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

Result<UniqueFd> MountCgroup2() {
  const UniqueFd context(fsopen("cgroup2", FSOPEN_CLOEXEC));
  if (!context ||
      fsconfig(context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return ErrnoError("cgroup v2: mount it", errno,
                      "in a container mount the host's /sys/fs/cgroup; on a v1 "
                      "host: mount -t cgroup2 none /run/cgroup2");
  }
  const UniqueFd mount(fsmount(context.get(), FSMOUNT_CLOEXEC, 0));
  if (!mount) return ErrnoError("cgroup v2: mount it", errno);
  UniqueFd fd = OpenDirectory(mount.get(), ".");
  if (!fd) return ErrnoError("cgroup v2: open it", errno);
  return fd;
}

Result<CgroupRoot> CgroupRoot::Open(std::string_view mount) {
  CgroupMounts found = FindCgroupMounts();
  const std::string path = mount.empty() ? found.v2 : std::string(mount);
  if (path.empty()) {
    auto own = MountCgroup2();
    if (!own) return own.error();
    return CgroupRoot("", std::move(*own), std::move(found));
  }
  UniqueFd fd = OpenDirectory(AT_FDCWD, path.c_str());
  if (!fd) return ErrnoError("open " + path, errno);
  if (CgroupIdOf(fd.get()) != kRootInode) {
    return Error{path, "it is not the root of the host's cgroup tree",
                 "run in the host's cgroup namespace, or mount the host's "
                 "/sys/fs/cgroup and name it in node.cgroup_mount"};
  }
  return CgroupRoot(path, std::move(fd), std::move(found));
}

std::vector<CgroupEntry> CgroupRoot::Walk(uint32_t max_depth) const {
  std::vector<CgroupEntry> entries;
  TreeWalk(max_depth, entries).Visit(fd(), ".", {kRootInode, 0, 0, "/"});
  return entries;
}

Result<UniqueFd> CgroupRoot::OpenById(uint64_t id) const {
  alignas(file_handle) char bytes[sizeof(file_handle) + sizeof id] = {};
  auto* handle = reinterpret_cast<file_handle*>(bytes);
  handle->handle_bytes = sizeof id;
  handle->handle_type = kFileIdKernfs;
  std::memcpy(bytes + sizeof(file_handle), &id, sizeof id);
  UniqueFd fd(
      open_by_handle_at(fd_.get(), handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd) return fd;
  if (errno != EPERM) return ErrnoError("cgroup by id", errno);
  // No CAP_DAC_READ_SEARCH: look for it.
  for (const CgroupEntry& entry : Walk()) {
    if (entry.id != id) continue;
    fd = OpenDirectory(fd_.get(), ("." + entry.path).c_str());
    if (fd) return fd;
  }
  return ErrnoError("cgroup by id", ESTALE);
}

Result<std::string> CgroupRoot::PathOf(uint64_t id) const {
  const auto fd = OpenById(id);
  if (!fd) return fd.error();
  // Both by their descriptors: the mount may have been named by a link.
  const auto root = PathOfDescriptor(fd_.get());
  if (!root) return root.error();
  const auto path = PathOfDescriptor(fd->get());
  if (!path) return path.error();
  const std::string_view above = *root == "/" ? std::string_view() : *root;
  std::string_view whole = *path;
  if (!whole.starts_with(above)) {
    return Error{"cgroup by id", "it lies outside of " + *root};
  }
  whole.remove_prefix(above.size());
  return whole.empty() ? std::string("/") : std::string(whole);
}

bool CgroupRoot::RootHoldsTasks() const {
  bool hidden = false;
  // Nothing but the root exists in the v2 tree of a v1 host.
  if (mount_.empty()) return true;
  std::istringstream pids(ReadText(mount_ + "/cgroup.procs"));
  for (std::string pid; std::getline(pids, pid);) {
    if (pid == "0") {
      hidden = true;
    } else if (IsUserProcess(pid)) {
      return true;
    }
  }
  return hidden && !OpenDirectory(fd_.get(), "init.scope").valid();
}

void AppendFoundCgroups(const std::vector<CgroupEntry>& entries,
                        uint64_t boot_ns, RecordBatch& batch) {
  for (const CgroupEntry& entry : entries) {
    nw_cgroup record{};
    record.h.kind = NW_CGROUP;
    record.h.length = sizeof record;
    record.h.time = boot_ns;
    record.id = entry.id;
    record.parent = entry.parent;
    record.level = entry.level;
    std::string_view path = entry.path;
    constexpr size_t kMost = sizeof record.path - 1;
    if (path.size() > kMost) path.remove_prefix(path.size() - kMost);
    record.size = static_cast<uint32_t>(path.size());
    std::memcpy(record.path, path.data(), path.size());
    batch.AppendStruct(RecordType::kKernel, record);
  }
}

}  // namespace nameward
