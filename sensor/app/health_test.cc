// SPDX-License-Identifier: Apache-2.0
#include "app/health.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/unique_fd.h"

namespace nameward {
namespace {

std::string Get(int port, const std::string& path) {
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  to.sin_port = htons(static_cast<uint16_t>(port));
  if (connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    return "refused";
  const std::string request = "GET " + path +
                              " HTTP/1.1\r\nHost: x\r\n"
                              "Connection: close\r\n\r\n";
  (void)!send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL);
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = recv(fd.get(), buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<size_t>(got));
  return answer;
}

HealthProbes Probes(std::string missing) {
  HealthProbes probes;
  probes.ledger = [] { return Ledger(); };
  probes.alive = [] { return std::string(); };
  probes.ready = [missing] { return missing; };
  probes.notes = [] { return std::string("policy: a.yaml:3:5: bad\n"); };
  probes.gauges = [] { return std::string(); };
  return probes;
}

class Health : public testing::Test {
 protected:
  void SetUp() override {
#ifdef __SANITIZE_THREAD__
    GTEST_SKIP() << "ThreadSanitizer runs a thread of its own";
#endif
    auto opened = HealthServer::Open("127.0.0.1:0");
    ASSERT_TRUE(opened);
    server_ = std::move(*opened);
  }
  std::unique_ptr<HealthServer> server_;
};

TEST_F(Health, SaysThatItStartsBeforeItServes) {
  for (int i = 0; i < 20; ++i) {
    const std::string answer = Get(server_->port(), "/readyz");
    EXPECT_NE(answer.find(" 503 "), std::string::npos) << answer;
    EXPECT_NE(answer.find("\r\n\r\nstarting\n"), std::string::npos) << answer;
  }
  server_->Serve(Probes(""));
  const std::string answer = Get(server_->port(), "/readyz");
  EXPECT_NE(answer.find(" 200 "), std::string::npos) << answer;
  EXPECT_NE(answer.find("ok\npolicy: a.yaml:3:5: bad\n"), std::string::npos);
}

TEST_F(Health, SaysWhatIsMissing) {
  server_->Serve(Probes("first pod list is missing: kubelet: 403\n"));
  const std::string answer = Get(server_->port(), "/readyz");
  EXPECT_NE(answer.find(" 503 "), std::string::npos) << answer;
  EXPECT_NE(answer.find("\r\n\r\nfirst pod list is missing: kubelet: 403\n"),
            std::string::npos)
      << answer;
}

}  // namespace
}  // namespace nameward
