// SPDX-License-Identifier: Apache-2.0
// A kubelet of the test's own, for what a real one can't be made to do.
#ifndef NAMEWARD_KUBE_KUBELET_TESTING_H_
#define NAMEWARD_KUBE_KUBELET_TESTING_H_

#include <httplib.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "kube/certificate_testing.h"
#include "kube/kubelet_client.h"

namespace nameward {

class FakeKubelet {
 public:
  using Handler = httplib::Server::Handler;

  explicit FakeKubelet(std::unique_ptr<httplib::Server> server, Handler handler,
                       const std::string& address = "127.0.0.1")
      : server_(std::move(server)) {
    if (!server_->is_valid()) std::abort();
    server_->Get("/pods", [this, handler](const httplib::Request& request,
                                          httplib::Response& response) {
      {
        const std::lock_guard lock(mutex_);
        ++requests_;
        authorization_ = request.get_header_value("Authorization");
        host_ = request.get_header_value("Host");
      }
      handler(request, response);
    });
    port_ = server_->bind_to_any_port(address.c_str());
    if (port_ <= 0) std::abort();
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~FakeKubelet() {
    server_->stop();
    thread_.join();
  }
  FakeKubelet(const FakeKubelet&) = delete;
  FakeKubelet& operator=(const FakeKubelet&) = delete;

  uint16_t port() const { return static_cast<uint16_t>(port_); }
  int requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  std::string authorization() const {
    const std::lock_guard lock(mutex_);
    return authorization_;
  }
  std::string host() const {
    const std::lock_guard lock(mutex_);
    return host_;
  }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  int requests_ = 0;
  std::string authorization_;
  std::string host_;
};

inline std::unique_ptr<httplib::Server> TlsServer(const Identity& identity) {
  return std::make_unique<httplib::SSLServer>(identity.certificate(),
                                              identity.key());
}

inline FakeKubelet::Handler Answer(int status, const std::string& body) {
  return [=](const httplib::Request&, httplib::Response& response) {
    response.status = status;
    response.set_content(body, "application/json");
  };
}

// What the tests of the client start from: a cluster's CA, a node's kubelet
// certificate signed by it, a service account.
class KubeletLab {
 public:
  KubeletOptions Options(uint16_t port) const {
    KubeletOptions options;
    options.addresses = {*IpAddress::Parse("127.0.0.1")};
    options.port = port;
    options.node_name = "node-1";
    options.ca_file = folder.Write("ca.crt", ca.CertificatePem());
    options.token_file = folder.Write("token", "the-token\n");
    return options;
  }

  const TestFolder folder;
  const Identity ca = Authority("cluster CA");
  const Identity node{Identity::Spec{}, &ca};
};

struct Fetched {
  std::optional<FetchFailure> failure;
  std::string body;
  PodPoll poll() const { return failure ? failure->poll : PodPoll::kChanged; }
  std::string error() const {
    return failure ? failure->error.ToString() : std::string();
  }
};

inline Fetched FetchOnce(const KubeletOptions& options) {
  auto client = NewKubeletClient(options);
  if (!client) std::abort();
  AnswerBuffer answer(options.max_answer);
  Fetched fetched;
  fetched.failure = (*client)->Fetch(answer);
  fetched.body = answer.text();
  return fetched;
}

}  // namespace nameward

#endif  // NAMEWARD_KUBE_KUBELET_TESTING_H_
