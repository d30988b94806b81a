// SPDX-License-Identifier: Apache-2.0
// Ends a request that takes too long or brings too much, whatever part of it
// drips: the handshake, the headers, the body.
//
// The HTTP library's timeouts are for a single read each, so that one byte a
// second lasts for ever, and its headers have no limit.  This one is for the
// whole: a thread of its own shuts the socket down, which makes whatever is
// blocked on it fail.
#ifndef NAMEWARD_BASE_REQUEST_WATCH_H_
#define NAMEWARD_BASE_REQUEST_WATCH_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>

#include "base/unique_fd.h"

namespace nameward {

class RequestWatch {
 public:
  enum class End : uint8_t { kNone, kTooLong, kTooMuch, kCancelled };
  struct Limits {
    std::chrono::nanoseconds time;
    uint64_t bytes;  // received since Watch, with everything around the body
  };

  // `cancelled` outlives this.
  RequestWatch(Limits limits, const std::atomic<bool>& cancelled);
  ~RequestWatch();

  // Keeps a duplicate of `socket`: the number may be closed and used again by
  // others while the watch looks at it.
  void Watch(int socket);
  // Why the request was ended, if it was.  Any thread.
  End end() const { return end_; }

 private:
  void Run();
  End Look() const;

  const Limits limits_;
  const std::atomic<bool>& cancelled_;
  const std::chrono::steady_clock::time_point deadline_;
  std::atomic<End> end_{End::kNone};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  UniqueFd socket_;
  uint64_t received_before_ = 0;  // by requests that used it earlier
  bool done_ = false;
  std::thread thread_;
};

}  // namespace nameward

#endif  // NAMEWARD_BASE_REQUEST_WATCH_H_
