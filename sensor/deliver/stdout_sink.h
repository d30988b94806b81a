// SPDX-License-Identifier: Apache-2.0
// Alerts as lines on a descriptor that somebody else opened: standard output, a
// pipe, a terminal.  See LineWriter for what happens when it is slow or gone.
#ifndef NAMEWARD_DELIVER_STDOUT_SINK_H_
#define NAMEWARD_DELIVER_STDOUT_SINK_H_

#include <unistd.h>

#include "deliver/line_writer.h"
#include "deliver/sink.h"

namespace nameward {

class StdoutSink final : public AlertSink {
 public:
  // A slow reader is waited for this long at the end.
  static constexpr Nanoseconds kFlushWait = 1s;

  explicit StdoutSink(int fd = STDOUT_FILENO) : writer_(stats_) {
    writer_.SetFd(fd);
  }
  Status Offer(const RenderedAlert& alert) override {
    return writer_.Write(alert.text);
  }
  Status Flush() override { return writer_.Drain(kFlushWait); }

 private:
  LineWriter writer_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_STDOUT_SINK_H_
