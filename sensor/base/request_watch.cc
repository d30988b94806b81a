// SPDX-License-Identifier: Apache-2.0
#include "base/request_watch.h"

#include <fcntl.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

namespace nameward {
namespace {

// How late a request may be ended: short beside its limit, and long enough
// that looking costs nothing.
constexpr std::chrono::milliseconds kTick{50};

uint64_t BytesReceived(int socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (getsockopt(socket, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return info.tcpi_bytes_received;  // Linux 4.1
}

// Whatever is blocked on the socket fails.  shutdown() alone would let a peer
// go on that sends faster than we read: Linux still hands out what arrives.
// Dissolving the association (connect(2), AF_UNSPEC) drops that, too.
void Abort(int socket) {
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  (void)connect(socket, &none, sizeof none);
  (void)shutdown(socket, SHUT_RDWR);
}

}  // namespace

RequestWatch::RequestWatch(Limits limits, const std::atomic<bool>& cancelled)
    : limits_(limits),
      cancelled_(cancelled),
      deadline_(std::chrono::steady_clock::now() + limits.time),
      thread_([this] { Run(); }) {}

RequestWatch::~RequestWatch() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void RequestWatch::Watch(int socket) {
  const std::lock_guard lock(mutex_);
  socket_.Reset(fcntl(socket, F_DUPFD_CLOEXEC, 0));
  received_before_ = BytesReceived(socket_.get());
}

RequestWatch::End RequestWatch::Look() const {
  if (cancelled_) return End::kCancelled;
  if (std::chrono::steady_clock::now() >= deadline_) return End::kTooLong;
  if (socket_ &&
      BytesReceived(socket_.get()) - received_before_ > limits_.bytes)
    return End::kTooMuch;
  return End::kNone;
}

// Goes on after the end: a request that is ended while it still connects gets
// its socket afterwards.
void RequestWatch::Run() {
  std::unique_lock lock(mutex_);
  while (!done_) {
    if (end_ == End::kNone) end_ = Look();
    if (end_ != End::kNone && socket_) Abort(socket_.get());
    changed_.wait_for(lock, kTick, [this] { return done_; });
  }
}

}  // namespace nameward
