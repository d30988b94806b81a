// SPDX-License-Identifier: Apache-2.0
#include "deliver/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/unique_fd.h"

namespace nameward {
namespace {

class PosixFile final : public DiskFile {
 public:
  PosixFile(UniqueFd fd, std::string path)
      : fd_(std::move(fd)), path_(std::move(path)) {}

  Status Write(Bytes bytes, uint64_t offset) override {
    while (!bytes.empty()) {
      const ssize_t size = pwrite(fd_.get(), bytes.data(), bytes.size(),
                                  static_cast<off_t>(offset));
      if (size < 0 && errno == EINTR) continue;
      if (size <= 0)
        return ErrnoError("write " + path_, size < 0 ? errno : EIO);
      bytes = bytes.subspan(static_cast<size_t>(size));
      offset += static_cast<uint64_t>(size);
    }
    return Ok();
  }

  Result<size_t> Read(std::span<uint8_t> bytes, uint64_t offset) override {
    size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t size =
          pread(fd_.get(), bytes.data() + done, bytes.size() - done,
                static_cast<off_t>(offset + done));
      if (size < 0 && errno == EINTR) continue;
      if (size < 0) return ErrnoError("read " + path_, errno);
      if (size == 0) break;
      done += static_cast<size_t>(size);
    }
    return done;
  }

  Status Truncate(uint64_t size) override {
    if (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
      return ErrnoError("truncate " + path_, errno);
    return Ok();
  }

  Status Sync() override {
    if (fdatasync(fd_.get()) != 0) return ErrnoError("sync " + path_, errno);
    return Ok();
  }

 private:
  UniqueFd fd_;
  const std::string path_;
};

class PosixDisk final : public Disk {
 public:
  PosixDisk(UniqueFd folder, std::string path)
      : folder_(std::move(folder)), path_(std::move(path)) {}

  Result<std::unique_ptr<DiskFile>> Open(const std::string& name,
                                         Mode mode) override {
    constexpr int kFlags[] = {O_RDONLY, O_RDWR | O_CREAT,
                              O_RDWR | O_CREAT | O_EXCL};
    const std::string path = path_ + "/" + name;
    UniqueFd fd(openat(folder_.get(), name.c_str(),
                       kFlags[static_cast<int>(mode)] | O_CLOEXEC | O_NOFOLLOW,
                       0600));
    if (!fd) return ErrnoError("open " + path, errno);
    return std::unique_ptr<DiskFile>(
        std::make_unique<PosixFile>(std::move(fd), path));
  }

  Status Remove(const std::string& name) override {
    if (unlinkat(folder_.get(), name.c_str(), 0) != 0 && errno != ENOENT)
      return ErrnoError("remove " + path_ + "/" + name, errno);
    return Ok();
  }

  Result<std::vector<DiskEntry>> List() override {
    // A descriptor of its own: the position of a folder is shared with dup.
    const int fd =
        openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR* stream = fd < 0 ? nullptr : fdopendir(fd);
    if (stream == nullptr) return ErrnoError("list " + path_, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> owner(stream, closedir);
    std::vector<DiskEntry> entries;
    while (const dirent* entry = readdir(stream)) {
      struct stat status {};
      if (fstatat(folder_.get(), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) ==
              0 &&
          S_ISREG(status.st_mode))
        entries.push_back(
            {entry->d_name, static_cast<uint64_t>(status.st_size)});
    }
    return entries;
  }

  Status SyncNames() override {
    if (fsync(folder_.get()) != 0) return ErrnoError("sync " + path_, errno);
    return Ok();
  }

  Status Lock() override {
    if (flock(folder_.get(), LOCK_EX | LOCK_NB) == 0) return Ok();
    if (errno != EWOULDBLOCK) return ErrnoError("lock " + path_, errno);
    return Error{path_, "another sensor uses this spool",
                 "stop it, or give each its own folder", EWOULDBLOCK};
  }

 private:
  UniqueFd folder_;
  std::string path_;
};

class ReadOnlyDisk final : public Disk {
 public:
  explicit ReadOnlyDisk(PosixDisk disk) : disk_(std::move(disk)) {}
  Result<std::unique_ptr<DiskFile>> Open(const std::string& name,
                                         Mode mode) override {
    if (mode != Mode::kRead) return Refuse();
    return disk_.Open(name, mode);
  }
  Status Remove(const std::string&) override { return Refuse(); }
  Result<std::vector<DiskEntry>> List() override { return disk_.List(); }
  Status SyncNames() override { return Refuse(); }
  Status Lock() override { return Refuse(); }

 private:
  static Error Refuse() { return ErrnoError("spool", EROFS); }
  PosixDisk disk_;
};

Result<PosixDisk> OpenFolder(const std::string& folder) {
  UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd)
    return ErrnoError("spool " + folder, errno,
                      "alerts.spool wants a folder that can be written");
  return PosixDisk(std::move(fd), folder);
}

}  // namespace

bool MayPass(const Error& error) {
  return error.code == ENOSPC || error.code == EDQUOT || error.code == EIO ||
         error.code == EROFS;
}

Result<std::unique_ptr<Disk>> OpenDisk(const std::string& folder) {
  if (mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return ErrnoError("spool " + folder, errno,
                      "alerts.spool wants a folder that can be written");
  auto disk = OpenFolder(folder);
  if (!disk) return disk.error();
  return std::unique_ptr<Disk>(std::make_unique<PosixDisk>(std::move(*disk)));
}

Result<std::unique_ptr<Disk>> OpenDiskReadOnly(const std::string& folder) {
  auto disk = OpenFolder(folder);
  if (!disk) return disk.error();
  return std::unique_ptr<Disk>(
      std::make_unique<ReadOnlyDisk>(std::move(*disk)));
}

}  // namespace nameward
