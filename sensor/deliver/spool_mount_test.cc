// SPDX-License-Identifier: Apache-2.0
// A real disk that begins to refuse while the spool writes to it, in a mount
// namespace of the test's own.
//
// `mount -o remount,ro` is refused (EBUSY) while a file is open for writing, so
// the disks here turn read-only as they do in the field: ext4 by itself after
// an error (errors=remount-ro), for good until it is mounted anew; and files
// and folder by the immutable flag, which can be taken away again.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/fs.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/unique_fd.h"
#include "deliver/spool.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

std::string Output(const std::string& command) {
  std::string text(256, '\0');
  FILE* const pipe = popen((command + " 2>&1").c_str(), "r");
  text.resize(fread(text.data(), 1, text.size(), pipe));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return pclose(pipe) == 0 ? text : "";
}

class Folder {
 public:
  Folder() { EXPECT_NE(mkdtemp(path_.data()), nullptr); }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_ = testing::TempDir() + "nameward-mount-XXXXXX";
};

// An ext4 of 16 MiB in a file, that turns read-only at an error.
class Ext4 {
 public:
  explicit Ext4(const Folder& folder)
      : image_(folder / "image"), path_(folder / "disk") {
    std::filesystem::create_directory(path_);
    std::ofstream(image_).close();
    std::filesystem::resize_file(image_, 16 << 20);
    Output("PATH=$PATH:/sbin:/usr/sbin mkfs.ext4 -q -F " + image_);
    device_ = Output("PATH=$PATH:/sbin:/usr/sbin losetup -f --show " + image_);
  }
  ~Ext4() {
    if (device_.empty()) return;
    umount2(path_.c_str(), MNT_DETACH);
    Output("PATH=$PATH:/sbin:/usr/sbin losetup -d " + device_);
  }
  bool Mount() {
    return !device_.empty() && mount(device_.c_str(), path_.c_str(), "ext4", 0,
                                     "errors=remount-ro") == 0;
  }
  bool Unmount() { return umount(path_.c_str()) == 0; }
  bool CanFail() const { return access(Trigger().c_str(), W_OK) == 0; }
  void Fail() { std::ofstream(Trigger()) << "1"; }
  const std::string& path() const { return path_; }

 private:
  std::string Trigger() const {
    return "/sys/fs/ext4/" + device_.substr(device_.rfind('/') + 1) +
           "/trigger_fs_error";
  }

  std::string image_, path_, device_;
};

// Runs `test` in a thread that alone sees what it mounts.  A container may have
// no right to mount, no loop device, or a kernel without the trigger: there is
// no other way to an ext4 that fails, so the test says so and is skipped.
void OnExt4(const std::function<void(Ext4&)>& test) {
  std::thread([&] {
    if (unshare(CLONE_NEWNS) != 0 ||
        mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
      GTEST_SKIP() << "no mount namespace: " << std::strerror(errno);
    const Folder folder;
    Ext4 disk(folder);
    if (!disk.Mount() || !disk.CanFail())
      GTEST_SKIP() << "no ext4 on a loop device that can be made to fail";
    test(disk);
  }).join();
}

std::unique_ptr<Spool> OpenIn(const std::string& path) {
  return std::move(*Spool::Open(*OpenDisk(path), TestOptions()));
}

void Append(Spool& spool, int first, int last) {
  for (int i = first; i <= last; ++i) {
    spool.Append(TestAlert(i, static_cast<Severity>(1 + i % 5)));
    spool.Sync();
  }
}

std::vector<std::string> Uids(int first, int last) {
  std::vector<std::string> uids;
  for (int i = first; i <= last; ++i)
    uids.push_back("uid-" + std::to_string(i));
  return uids;
}

TEST(SpoolMount, AnExt4ThatTurnsReadOnlyStopsNothingAndKeepsWhatItHad) {
  OnExt4([](Ext4& disk) {
    const auto spool = OpenIn(disk.path());
    Append(*spool, 0, 9);
    disk.Fail();
    Append(*spool, 10, 19);
    EXPECT_THAT(spool->Trouble(), testing::HasSubstr("Read-only"));
    EXPECT_EQ(spool->stats().memory_records, 10U);
    EXPECT_EQ(Drain(*spool), Uids(0, 19));
    EXPECT_TRUE(Closes(spool->ledger(0)));
    spool->Close();
  });
}

TEST(SpoolMount, ARestartOnADiskThatWasMountedAnewFindsWhatItHeld) {
  OnExt4([](Ext4& disk) {
    {
      const auto spool = OpenIn(disk.path());
      Append(*spool, 0, 9);
      disk.Fail();
      Append(*spool, 10, 10);
    }
    ASSERT_TRUE(disk.Unmount() && disk.Mount());
    const auto spool = OpenIn(disk.path());
    EXPECT_EQ(spool->Trouble(), "");
    EXPECT_EQ(Drain(*spool), Uids(0, 9)) << "the last was in memory alone";
  });
}

// Whether the kernel took it.
bool SetImmutable(const std::string& path, bool immutable) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  int flags = 0;
  if (!fd || ioctl(fd.get(), FS_IOC_GETFLAGS, &flags) != 0) return false;
  flags = immutable ? flags | FS_IMMUTABLE_FL : flags & ~FS_IMMUTABLE_FL;
  return ioctl(fd.get(), FS_IOC_SETFLAGS, &flags) == 0;
}

bool SetAllImmutable(const std::string& folder, bool immutable) {
  bool all = SetImmutable(folder, immutable);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    all = SetImmutable(entry.path(), immutable) && all;
  return all;
}

TEST(SpoolMount, ADiskThatRefusesForAWhileGetsWhatItRefused) {
  const Folder folder;
  const std::string path = folder / "spool";
  {
    const auto spool = OpenIn(path);
    Append(*spool, 0, 9);
    // Not every file system has the flag, and setting it takes a capability.
    if (!SetAllImmutable(path, true)) {
      SetAllImmutable(path, false);
      GTEST_SKIP() << "no immutable files in " << path;
    }
    Append(*spool, 10, 19);
    EXPECT_THAT(spool->Trouble(), testing::HasSubstr("not permitted"));
    EXPECT_EQ(spool->stats().memory_records, 10U);
    SpooledAlert alert;
    for (int i = 0; i < 15; ++i) ASSERT_TRUE(spool->Next(0, alert, 0ms));
    EXPECT_EQ(alert.alert.uid, "uid-14");
    ASSERT_TRUE(SetAllImmutable(path, false));
    spool->Sync();
    EXPECT_EQ(spool->Trouble(), "");
    EXPECT_EQ(spool->stats().written_back, 10U);
    Append(*spool, 20, 24);
    EXPECT_EQ(spool->stats().memory_records, 0U);
  }  // killed
  const auto spool = OpenIn(path);
  EXPECT_EQ(Drain(*spool), Uids(0, 24));
}

}  // namespace
}  // namespace nameward
