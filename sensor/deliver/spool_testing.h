// SPDX-License-Identifier: Apache-2.0
// A disk in memory for the spool's tests: it can refuse or stop at any call,
// and forget what was not synced.
#ifndef NAMEWARD_DELIVER_SPOOL_TESTING_H_
#define NAMEWARD_DELIVER_SPOOL_TESTING_H_

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "deliver/disk.h"
#include "deliver/spool.h"

namespace nameward {

struct ModelFile {
  std::vector<uint8_t> bytes;
  std::vector<uint8_t> synced;
  size_t forgotten = 0;  // before it: called clean after a failed sync

  void Sync() {
    const std::vector<uint8_t> before = std::move(synced);
    synced = bytes;
    const size_t clean = std::min(forgotten, synced.size());
    std::fill_n(synced.begin(), clean, uint8_t{0});
    std::copy_n(before.begin(), std::min(clean, before.size()), synced.begin());
  }
};

struct ModelDiskState {
  std::mutex mutex;  // one call at a time; the rest is for who has no threads
  std::map<std::string, std::shared_ptr<ModelFile>> files;
  std::set<std::string> synced_names;
  int calls = 0;  // that change something
  int fail_at =
      -1;  // this call is refused with `error`, and `failures` after it
  int failures = 1;
  int error = 0;
  bool syncs_fail = false;
  int crash_at = -1;      // this call and all after it never happen
  bool full = false;      // every write is refused
  int reads = 0;          // calls that change nothing
  int fail_read_at = -1;  // this one and `read_failures` in all, with EIO
  int read_failures = 1;
  std::string unreadable;  // a file of which no read succeeds

  bool ReadRefused(const std::string& name) {
    const int read = reads++;
    return (fail_read_at >= 0 && read >= fail_read_at &&
            read < fail_read_at + read_failures) ||
           (!name.empty() && name == unreadable);
  }

  bool Refused(int& code) {
    const int call = calls++;
    code = EIO;
    if (crash_at >= 0 && call >= crash_at) return true;
    code = full ? ENOSPC : error;
    return full ||
           (fail_at >= 0 && call >= fail_at && call < fail_at + failures);
  }

  bool SyncRefused(int& code) {
    const bool refused = Refused(code);
    if (syncs_fail) code = EIO;
    return refused || syncs_fail;
  }

  // As after the death of the process: everything written is there.
  std::shared_ptr<ModelDiskState> AfterCrash() const {
    auto image = std::make_shared<ModelDiskState>();
    for (const auto& [name, file] : files)
      image->files[name] = std::make_shared<ModelFile>(*file);
    image->synced_names = synced_names;
    return image;
  }
  // As after a power cut: only what was synced, under names that were.
  std::shared_ptr<ModelDiskState> AfterPowerCut() const {
    auto image = std::make_shared<ModelDiskState>();
    for (const auto& [name, file] : files) {
      if (synced_names.count(name) == 0) continue;
      image->files[name] =
          std::make_shared<ModelFile>(ModelFile{file->synced, file->synced, 0});
    }
    image->synced_names = synced_names;
    return image;
  }
  // The same, where the disk had come to some sectors and names by itself.
  std::shared_ptr<ModelDiskState> AfterPowerCut(std::mt19937& random) const {
    constexpr size_t kSector = 512;  // is written whole or not at all
    auto image = std::make_shared<ModelDiskState>();
    for (const auto& [name, file] : files) {
      if (synced_names.count(name) == 0 && random() % 2 == 0) continue;
      std::vector<uint8_t> left = file->synced;
      if (random() % 2 == 0) left.resize(file->bytes.size());
      for (size_t at = 0; at < left.size(); at += kSector) {
        if (random() % 2 == 0 || at >= file->bytes.size()) continue;
        const size_t end =
            std::min({at + kSector, left.size(), file->bytes.size()});
        std::copy(file->bytes.begin() + static_cast<ptrdiff_t>(at),
                  file->bytes.begin() + static_cast<ptrdiff_t>(end),
                  left.begin() + static_cast<ptrdiff_t>(at));
      }
      image->files[name] =
          std::make_shared<ModelFile>(ModelFile{left, left, 0});
      image->synced_names.insert(name);
    }
    return image;
  }
};

class ModelDiskFile final : public DiskFile {
 public:
  ModelDiskFile(std::shared_ptr<ModelFile> file,
                std::shared_ptr<ModelDiskState> disk, std::string name = {})
      : file_(std::move(file)),
        disk_(std::move(disk)),
        name_(std::move(name)) {}

  Status Write(Bytes bytes, uint64_t offset) override {
    const std::lock_guard lock(disk_->mutex);
    int code = 0;
    // A write that is refused may still have written a part.
    const bool refused = disk_->Refused(code);
    const size_t size = refused ? bytes.size() / 2 : bytes.size();
    const bool crashed =
        disk_->crash_at >= 0 && disk_->calls > disk_->crash_at + 1;
    if (!crashed && !(refused && code == EROFS)) {
      if (file_->bytes.size() < offset + size)
        file_->bytes.resize(static_cast<size_t>(offset) + size);
      std::memcpy(file_->bytes.data() + offset, bytes.data(), size);
    }
    if (refused) return ErrnoError("write", code);
    return Ok();
  }
  Result<size_t> Read(std::span<uint8_t> bytes, uint64_t offset) override {
    const std::lock_guard lock(disk_->mutex);
    if (disk_->ReadRefused(name_)) return ErrnoError("read", EIO);
    if (offset >= file_->bytes.size()) return size_t{0};
    const size_t size = std::min<size_t>(
        bytes.size(), file_->bytes.size() - static_cast<size_t>(offset));
    std::memcpy(bytes.data(), file_->bytes.data() + offset, size);
    return size;
  }
  Status Truncate(uint64_t size) override {
    const std::lock_guard lock(disk_->mutex);
    int code = 0;
    if (disk_->Refused(code)) return ErrnoError("truncate", code);
    file_->bytes.resize(static_cast<size_t>(size));
    return Ok();
  }
  Status Sync() override {
    const std::lock_guard lock(disk_->mutex);
    int code = 0;
    if (disk_->SyncRefused(code)) {
      file_->forgotten = file_->bytes.size();
      return ErrnoError("sync", code);
    }
    file_->Sync();
    return Ok();
  }

 private:
  std::shared_ptr<ModelFile> file_;
  std::shared_ptr<ModelDiskState> disk_;
  const std::string name_;
};

class ModelDisk final : public Disk {
 public:
  explicit ModelDisk(std::shared_ptr<ModelDiskState> state)
      : state_(std::move(state)) {}
  Result<std::unique_ptr<DiskFile>> Open(const std::string& name,
                                         Mode mode) override {
    const std::lock_guard lock(state_->mutex);
    auto at = state_->files.find(name);
    if (mode == Mode::kRead && state_->ReadRefused(name))
      return ErrnoError("open " + name, EMFILE);
    if (mode == Mode::kRead && at == state_->files.end())
      return ErrnoError(name, ENOENT);
    if (mode == Mode::kCreate && at != state_->files.end())
      return ErrnoError(name, EEXIST);
    if (at == state_->files.end()) {
      int code = 0;
      if (state_->Refused(code)) return ErrnoError("open " + name, code);
      at = state_->files.emplace(name, std::make_shared<ModelFile>()).first;
    }
    return std::unique_ptr<DiskFile>(
        std::make_unique<ModelDiskFile>(at->second, state_, name));
  }
  Status Remove(const std::string& name) override {
    const std::lock_guard lock(state_->mutex);
    int code = 0;
    if (state_->Refused(code)) return ErrnoError("remove", code);
    state_->files.erase(name);
    return Ok();
  }
  Result<std::vector<DiskEntry>> List() override {
    const std::lock_guard lock(state_->mutex);
    if (state_->ReadRefused({})) return ErrnoError("list", EIO);
    std::vector<DiskEntry> entries;
    for (const auto& [name, file] : state_->files)
      entries.push_back({name, file->bytes.size()});
    return entries;
  }
  Status SyncNames() override {
    const std::lock_guard lock(state_->mutex);
    int code = 0;
    if (state_->SyncRefused(code)) return ErrnoError("sync", code);
    state_->synced_names.clear();
    for (const auto& [name, file] : state_->files)
      state_->synced_names.insert(name);
    return Ok();
  }
  Status Lock() override { return Ok(); }

 private:
  std::shared_ptr<ModelDiskState> state_;
};

inline RenderedAlert TestAlert(int number,
                               Severity severity = Severity::kMedium,
                               size_t padding = 0) {
  RenderedAlert alert;
  alert.uid = "uid-" + std::to_string(number);
  alert.key = "key-" + std::to_string(number % 3);
  alert.finding_uid = "finding";
  alert.rule = "rule";
  alert.severity = severity;
  alert.time = WallTime(Nanoseconds(1'000'000'000LL * number));
  alert.text = "{\"metadata\":{\"uid\":\"" + alert.uid + "\"}}";
  alert.sequence_at = 13;
  // Text that does not shrink.
  uint64_t state = static_cast<uint64_t>(number) + 1;
  for (size_t i = 0; i < padding; ++i) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    alert.text += static_cast<char>('!' + (state >> 33) % 94);
  }
  return alert;
}

inline SpoolOptions TestOptions(std::vector<std::string> sinks = {"kafka"}) {
  SpoolOptions options;
  options.boot_id = "boot-1";
  options.sinks = std::move(sinks);
  return options;
}

inline std::unique_ptr<Spool> OpenSpool(std::shared_ptr<ModelDiskState> disk,
                                        SpoolOptions options = TestOptions()) {
  auto spool = Spool::Open(std::make_unique<ModelDisk>(std::move(disk)),
                           std::move(options));
  return spool ? std::move(*spool) : nullptr;
}

// The uids that are given now, acknowledged at once or not.
inline std::vector<std::string> Drain(Spool& spool, size_t sink = 0,
                                      bool acknowledge = true) {
  std::vector<std::string> uids;
  SpooledAlert alert;
  while (spool.Next(sink, alert, 0ms)) {
    uids.push_back(alert.alert.uid);
    if (acknowledge) (void)spool.Ack(sink, alert.position);
  }
  return uids;
}

inline bool Closes(const SinkLedger& ledger) {
  return ledger.spooled == ledger.acked + ledger.refused + ledger.evicted +
                               ledger.damaged + ledger.pending();
}

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SPOOL_TESTING_H_
