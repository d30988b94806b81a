// SPDX-License-Identifier: Apache-2.0
#include "deliver/file_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace nameward {

Result<std::unique_ptr<FileSink>> FileSink::Open(
    const std::string& path, const FileSinkOptions& options) {
  std::unique_ptr<FileSink> sink(new FileSink(path, options));
  NW_RETURN_IF_ERROR(sink->OpenFile());
  return sink;
}

Status FileSink::OpenFile() {
  UniqueFd file(open(path_.c_str(),
                     O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0)
    return ErrnoError(path_, errno, "give a file that can be written");
  if (!S_ISREG(status.st_mode))
    return Error{path_, "not a regular file",
                 "leave alerts.file empty to write to standard output"};
  file_ = std::move(file);
  size_ = static_cast<uint64_t>(status.st_size);
  writer_.SetFd(file_.get());
  return EndTornLine();
}

Status FileSink::EndTornLine() {
  char last = '\n';
  if (size_ > 0 &&
      pread(file_.get(), &last, 1, static_cast<off_t>(size_ - 1)) < 0)
    return ErrnoError("read " + path_, errno);
  if (last == '\n') return Ok();
  if (write(file_.get(), "\n", 1) != 1) return ErrnoError(path_, errno);
  ++size_;
  return Ok();
}

Status FileSink::Offer(const RenderedAlert& alert) {
  const uint64_t line = alert.text.size() + 1;
  Status rotated = Ok();
  // Not while the rest of a line waits for room: it belongs to this file.
  if (size_ > 0 && size_ + line > options_.max_bytes && writer_.empty())
    rotated = Rotate();
  const uint64_t failed = stats_.failed;
  Status written = writer_.Write(alert.text);
  if (stats_.failed == failed) size_ += line;
  return rotated ? written : rotated;
}

// On failure the current file goes on, beyond its bound: an alert matters more.
Status FileSink::Rotate() {
  for (uint32_t number = options_.kept - 1; number > 0; --number) {
    const bool moved =
        std::rename(Rotated(number).c_str(), Rotated(number + 1).c_str()) == 0;
    if (moved || errno == ENOENT) continue;
    ++stats_.errors;
    return ErrnoError("rotate " + Rotated(number), errno);
  }
  if (std::rename(path_.c_str(), Rotated(1).c_str()) != 0) {
    ++stats_.errors;
    return ErrnoError("rotate " + path_, errno);
  }
  Status opened = OpenFile();
  opened ? ++rotations_ : ++stats_.errors;
  return opened;
}

std::string FileSink::Rotated(uint32_t number) const {
  return path_ + "." + std::to_string(number);
}

}  // namespace nameward
