// SPDX-License-Identifier: Apache-2.0
// Whatever drips or floods has an end: the handshake, the headers, the body.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <condition_variable>
#include <future>

#include "base/unique_fd.h"
#include "kube/kubelet_testing.h"

namespace nameward {
namespace {

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

KubeletOptions Plain(const RawPeer& peer) {
  KubeletOptions options;
  options.addresses = {*IpAddress::Parse("127.0.0.1")};
  options.port = peer.port();
  options.plain_http = true;
  options.time_limit = 200ms;
  return options;
}

constexpr char kOk[] = "HTTP/1.1 200 OK\r\n";

TEST(RequestWatch, EndsHeadersThatDrip) {
  const RawPeer peer(kOk, "X-More: and more\r\n", RawPeer::Pace::kDrip);
  EXPECT_EQ(FetchOnce(Plain(peer)).poll(), PodPoll::kTimeout);
}

TEST(RequestWatch, EndsABodyThatDrips) {
  const RawPeer peer(std::string(kOk) + "Content-Length: 1000000\r\n\r\n", "x",
                     RawPeer::Pace::kDrip);
  const Fetched fetched = FetchOnce(Plain(peer));
  EXPECT_EQ(fetched.poll(), PodPoll::kTimeout);
  EXPECT_GT(fetched.body.size(), 0U);
}

TEST(RequestWatch, EndsAPeerThatSaysNothing) {
  const RawPeer peer("", "\r", RawPeer::Pace::kDrip);
  EXPECT_EQ(FetchOnce(Plain(peer)).poll(), PodPoll::kTimeout);
}

TEST(RequestWatch, EndsAHandshakeThatDrips) {
  // A handshake record of 16 KiB (RFC 8446 5.1) that never ends.
  const RawPeer peer("\x16\x03\x03\x40", std::string("\x01\x02"),
                     RawPeer::Pace::kDrip);
  KubeletOptions options = Plain(peer);
  options.plain_http = false;
  options.tls = KubeletTls::kInsecure;
  options.token_file = "";
  EXPECT_EQ(FetchOnce(options).poll(), PodPoll::kTimeout);
}

TEST(RequestWatch, EndsHeadersThatNeverStop) {
  const RawPeer peer(kOk, std::string(64 * 1024, 'x'), RawPeer::Pace::kFlood);
  KubeletOptions options = Plain(peer);
  options.max_answer = 64 * 1024;
  options.time_limit = 60s;  // it is not the time that ends it
  EXPECT_EQ(FetchOnce(options).poll(), PodPoll::kTooBig);
}

TEST(RequestWatch, EndsARequestThatIsCancelled) {
  const RawPeer peer(std::string(kOk) + "Content-Length: 1000000\r\n\r\n", "x",
                     RawPeer::Pace::kDrip);
  KubeletOptions options = Plain(peer);
  options.time_limit = 60s;
  auto client = NewKubeletClient(options);
  AnswerBuffer answer(options.max_answer);
  auto fetch =
      std::async(std::launch::async, [&] { return (*client)->Fetch(answer); });
  (*client)->Cancel();
  EXPECT_TRUE(fetch.get().has_value());
}

}  // namespace
}  // namespace nameward
