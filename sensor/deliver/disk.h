// SPDX-License-Identifier: Apache-2.0
// The few system calls that the spool makes, as a seam: tests put a disk behind
// it that fails, stops or forgets at any call.
//
// One folder, plain files in it, no paths.  Writes and reads are at offsets and
// whole or an error; Error::code is the errno.  Any thread, but two must not
// write to one file at once.
#ifndef NAMEWARD_DELIVER_DISK_H_
#define NAMEWARD_DELIVER_DISK_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"

namespace nameward {

class DiskFile {
 public:
  virtual ~DiskFile() = default;
  virtual Status Write(Bytes bytes, uint64_t offset) = 0;
  // What is there, up to the size of `bytes`; 0 at the end.
  virtual Result<size_t> Read(std::span<uint8_t> bytes, uint64_t offset) = 0;
  virtual Status Truncate(uint64_t size) = 0;
  // Data, and what is needed to read it back, survive a power cut.
  virtual Status Sync() = 0;
};

struct DiskEntry {
  std::string name;
  uint64_t size = 0;
};

class Disk {
 public:
  enum class Mode { kRead, kWrite, kCreate };  // kCreate: must not be there
  virtual ~Disk() = default;
  virtual Result<std::unique_ptr<DiskFile>> Open(const std::string& name,
                                                 Mode mode) = 0;
  virtual Status Remove(const std::string& name) = 0;
  virtual Result<std::vector<DiskEntry>> List() = 0;
  // Names made and removed survive a power cut.
  virtual Status SyncNames() = 0;
  // For this process alone, until the Disk goes; EWOULDBLOCK if taken.
  virtual Status Lock() = 0;
};

// Of a disk that may come back; anything else is a mistake to be mended.
bool MayPass(const Error& error);

// The folder is made if its parent is there, and is then for its owner alone.
Result<std::unique_ptr<Disk>> OpenDisk(const std::string& folder);

// Only to look: nothing is made, and Lock is refused.
Result<std::unique_ptr<Disk>> OpenDiskReadOnly(const std::string& folder);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_DISK_H_
