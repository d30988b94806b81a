// SPDX-License-Identifier: Apache-2.0
#include "app/health.h"

#include <httplib.h>

#include <optional>
#include <thread>

#include "app/starting_answer.h"
#include "model/address.h"

namespace nameward {
namespace {

constexpr size_t kThreads = 2;  // a scrape and a probe at the same time
constexpr int kAskSeconds = 2;
constexpr char kText[] = "text/plain; charset=utf-8";

// The library's server, and the one thing that it does not show.
class Listener final : public httplib::Server {
 public:
  int fd() const { return svr_sock_; }
};

class HttplibHealthServer final : public HealthServer {
 public:
  HttplibHealthServer() {
    server_.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_.set_payload_max_length(0);
    server_.set_read_timeout(5);
    server_.set_write_timeout(5);
    server_.set_keep_alive_max_count(100);
  }
  ~HttplibHealthServer() override {
    server_.stop();
    if (thread_.joinable()) thread_.join();
  }

  Status Bind(const Endpoint& listen) {
    const std::string host = listen.address.ToString();
    if (listen.port == 0) {
      port_ = server_.bind_to_any_port(host);
    } else if (server_.bind_to_port(host, listen.port)) {
      port_ = listen.port;
    }
    if (port_ > 0) {
      starting_.emplace(server_.fd());
      return Ok();
    }
    return Error{"metrics.listen " + listen.ToString(),
                 "the address can't be bound",
                 "choose another with --metrics-listen, or \"\" for none"};
  }

  void Serve(HealthProbes probes) override {
    probes_ = std::move(probes);
    server_.Get("/metrics", [this](const auto&, httplib::Response& response) {
      response.set_content(probes_.ledger().ToPrometheus() + probes_.gauges(),
                           "text/plain; version=0.0.4; charset=utf-8");
    });
    server_.Get("/api/ledger",
                [this](const auto&, httplib::Response& response) {
                  response.set_content(probes_.ledger().ToJson() + "\n",
                                       "application/json");
                });
    server_.Get("/healthz", [this](const auto&, httplib::Response& response) {
      Answer(probes_.alive(), "", response);
    });
    server_.Get("/readyz", [this](const auto&, httplib::Response& response) {
      Answer(probes_.ready(), probes_.notes(), response);
    });
    starting_.reset();
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }

  int port() const override { return port_; }

 private:
  static void Answer(const std::string& missing, const std::string& notes,
                     httplib::Response& response) {
    response.status = missing.empty() ? 200 : 503;
    response.set_content((missing.empty() ? "ok\n" : missing) + notes, kText);
  }

  Listener server_;
  std::optional<StartingAnswer> starting_;
  HealthProbes probes_;
  std::thread thread_;
  int port_ = -1;
};

}  // namespace

Result<std::unique_ptr<HealthServer>> HealthServer::Open(
    const std::string& listen) {
  const auto endpoint = Endpoint::Parse(listen);
  if (!endpoint)
    return Error{"metrics.listen " + listen, "not an address with a port",
                 "write 127.0.0.1:9464"};
  auto server = std::make_unique<HttplibHealthServer>();
  NW_RETURN_IF_ERROR(server->Bind(*endpoint));
  return std::unique_ptr<HealthServer>(std::move(server));
}

std::string AskReady(const std::string& listen) {
  const auto endpoint = Endpoint::Parse(listen);
  if (!endpoint) return "";
  httplib::Client client(endpoint->address.ToString(), endpoint->port);
  client.set_connection_timeout(kAskSeconds);
  client.set_read_timeout(kAskSeconds);
  const auto answer = client.Get("/readyz");
  return answer ? answer->body.substr(0, answer->body.find('\n')) : "";
}

}  // namespace nameward
