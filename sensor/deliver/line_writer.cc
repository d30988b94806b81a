// SPDX-License-Identifier: Apache-2.0
#include "deliver/line_writer.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace nameward {
namespace {

constexpr std::string_view kWhat = "write alert";

bool WaitWritable(int fd, Nanoseconds wait) {
  pollfd poll_fd{fd, POLLOUT, 0};
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(wait);
  return poll(&poll_fd, 1, static_cast<int>(ms.count())) > 0;
}

}  // namespace

Status LineWriter::Write(std::string_view line) {
  ++stats_.offered;
  if (broken_) return Refuse("the reader is gone");
  if (pending_.size() + line.size() + 1 > kMaxPending)
    return Refuse("too much waits to be written");
  pending_ += line;
  pending_ += '\n';
  ++stats_.pending;
  return Drain(Nanoseconds(0));
}

Status LineWriter::Refuse(const char* why) {
  ++stats_.failed;
  return Error{std::string(kWhat), why};
}

Status LineWriter::Drain(Nanoseconds wait) {
  while (!pending_.empty()) {
    const Result<bool> more = WriteSome();
    if (!more) return more.error();
    if (*more) continue;
    if (wait <= Nanoseconds(0) || !WaitWritable(fd_, wait)) break;
  }
  return Ok();
}

Result<bool> LineWriter::WriteSome() {
  const ssize_t size = write(fd_, pending_.data(), pending_.size());
  if (size >= 0) {
    Taken(static_cast<size_t>(size));
    return true;
  }
  if (errno == EINTR) return true;
  if (errno == EAGAIN) return false;
  const int code = errno;
  ++stats_.errors;
  if (code == EPIPE) {
    broken_ = true;
    Discard();
  }
  return ErrnoError(kWhat, code);
}

void LineWriter::Taken(size_t size) {
  const auto end = pending_.begin() + static_cast<ptrdiff_t>(size);
  const auto lines =
      static_cast<uint64_t>(std::count(pending_.begin(), end, '\n'));
  stats_.delivered += lines;
  stats_.pending -= lines;
  stats_.bytes += size;
  pending_.erase(0, size);
}

void LineWriter::Discard() {
  stats_.failed += stats_.pending;
  stats_.pending = 0;
  pending_.clear();
}

}  // namespace nameward
