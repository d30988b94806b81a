// SPDX-License-Identifier: Apache-2.0
// Whatever drips or floods has an end: the handshake, the headers, the body.
#include <gmock/gmock.h>

#include <future>

#include "base/raw_peer_testing.h"
#include "kube/kubelet_testing.h"

namespace nameward {
namespace {

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
