// SPDX-License-Identifier: Apache-2.0
// Writes whole lines to a file descriptor that may be slow, full or gone.
//
// A line is never torn: what the kernel did not take waits here and goes first
// the next time.  At most kMaxPending bytes wait; a line that does not fit is
// refused and counted.  After EPIPE nothing is tried again.  The caller ignores
// SIGPIPE.  A blocking descriptor blocks its writer.  One thread.
#ifndef NAMEWARD_DELIVER_LINE_WRITER_H_
#define NAMEWARD_DELIVER_LINE_WRITER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "deliver/sink.h"

namespace nameward {

class LineWriter {
 public:
  // 128 alerts of the greatest length.
  static constexpr size_t kMaxPending = size_t{1} << 20;

  explicit LineWriter(SinkStats& stats) : stats_(stats) {}

  // Does not own the descriptor.
  void SetFd(int fd) {
    fd_ = fd;
    broken_ = false;
  }
  // `line` without its newline.
  Status Write(std::string_view line);
  // Waits at most `wait` each time that the descriptor would block.
  Status Drain(Nanoseconds wait);
  // Counts what waits as failed and forgets it.
  void Discard();
  bool empty() const { return pending_.empty(); }

 private:
  Status Refuse(const char* why);
  // One write(2); false: no more can be done now.
  Result<bool> WriteSome();
  void Taken(size_t size);

  SinkStats& stats_;
  int fd_ = -1;
  bool broken_ = false;
  std::string pending_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_LINE_WRITER_H_
