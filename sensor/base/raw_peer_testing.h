// SPDX-License-Identifier: Apache-2.0
#ifndef NAMEWARD_BASE_RAW_PEER_TESTING_H_
#define NAMEWARD_BASE_RAW_PEER_TESTING_H_

#include <arpa/inet.h>
#include <sys/socket.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

#include "base/unique_fd.h"

namespace nameward {

// A peer that speaks no protocol: sends the first text whole, then the second
// for ever, a byte a while or as fast as it is taken, until the other side
// goes.
class RawPeer {
 public:
  enum class Pace { kDrip, kFlood };

  RawPeer(std::string first, std::string again, Pace pace)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof any;
    auto* address = reinterpret_cast<sockaddr*>(&any);
    if (bind(listener_.get(), address, size) != 0 ||
        listen(listener_.get(), 1) != 0 ||
        getsockname(listener_.get(), address, &size) != 0)
      std::abort();
    port_ = ntohs(any.sin_port);
    thread_ = std::thread([=, this] { Run(first, again, pace); });
  }
  ~RawPeer() {
    shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  uint16_t port() const { return port_; }

 private:
  void Run(const std::string& first, const std::string& again, Pace pace) {
    const UniqueFd peer(accept(listener_.get(), nullptr, nullptr));
    bool more = Send(peer.get(), first);
    std::mutex mutex;
    std::unique_lock lock(mutex);
    std::condition_variable never;
    for (size_t at = 0; more; ++at) {
      if (pace == Pace::kFlood) {
        more = Send(peer.get(), again);
      } else {
        more = Send(peer.get(), again.substr(at % again.size(), 1));
        never.wait_for(lock, std::chrono::milliseconds(5));
      }
    }
  }
  static bool Send(int fd, const std::string& text) {
    return text.empty() || send(fd, text.data(), text.size(), MSG_NOSIGNAL) > 0;
  }

  UniqueFd listener_;
  uint16_t port_ = 0;
  std::thread thread_;
};

}  // namespace nameward

#endif  // NAMEWARD_BASE_RAW_PEER_TESTING_H_
