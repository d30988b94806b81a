// SPDX-License-Identifier: Apache-2.0
// Alerts as lines of a file that is appended to and rotated by size.
//
// A file that would outgrow max_bytes is renamed FILE.1, what was FILE.1
// becomes FILE.2, and the oldest of `kept` goes: disk use is bounded by
// (kept + 1) × max_bytes.  A line is never split over two files, nor torn: one
// that a crash left unfinished is ended before the first new one.
//
// A full disk or a failed rotation is an error that is returned and counted;
// the next alert is tried again.  Rotation needs the right to rename and make
// files in the file's folder, so give it one of its own.  One thread.
#ifndef NAMEWARD_DELIVER_FILE_SINK_H_
#define NAMEWARD_DELIVER_FILE_SINK_H_

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "base/unique_fd.h"
#include "deliver/line_writer.h"
#include "deliver/sink.h"

namespace nameward {

struct FileSinkOptions {
  uint64_t max_bytes = 64 << 20;  // some 20,000 alerts of named pods
  uint32_t kept = 4;              // rotated files beside the current one
};

class FileSink final : public AlertSink {
 public:
  // Makes the file (mode 0640, for it shows what pods do) if it is not there.
  static Result<std::unique_ptr<FileSink>> Open(
      const std::string& path, const FileSinkOptions& options = {});

  Status Offer(const RenderedAlert& alert) override;
  Status Flush() override { return writer_.Drain(Nanoseconds(0)); }
  uint64_t rotations() const { return rotations_; }

 private:
  FileSink(std::string path, const FileSinkOptions& options)
      : path_(std::move(path)), options_(options), writer_(stats_) {}
  Status OpenFile();
  Status EndTornLine();
  Status Rotate();
  std::string Rotated(uint32_t number) const;

  const std::string path_;
  const FileSinkOptions options_;
  UniqueFd file_;
  uint64_t size_ = 0;  // of the current file, with what waits to be written
  uint64_t rotations_ = 0;
  LineWriter writer_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_FILE_SINK_H_
