// SPDX-License-Identifier: Apache-2.0
#include <httplib.h>
#include <openssl/err.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/request_watch.h"
#include "kube/file_text.h"
#include "kube/kubelet_client.h"
#include "kube/kubelet_failure.h"
#include "kube/kubelet_tls.h"
#include "model/address.h"

namespace nameward {
namespace {

constexpr size_t kMaxToken = 64 * 1024;  // real ones have 1 to 2 KiB
// What may come beside the body: certificates, headers, chunk sizes, records.
constexpr uint64_t kOverhead = uint64_t{1} << 20;
constexpr Nanoseconds kConnectLimit = 3s;  // it is this machine

// A token goes into a header as it is: nothing in it may end that header.
bool CanBeToken(std::string_view token) {
  return !token.empty() && std::all_of(token.begin(), token.end(), [](char c) {
    return c > ' ' && c < 0x7f;
  });
}

Result<std::string> ReadToken(const std::string& path) {
  constexpr char kFix[] =
      "mount the service account's token there, or name another file";
  auto text = ReadFileText(path, kMaxToken);
  if (!text) {
    Error error = text.error();
    error.fix = kFix;
    return error;
  }
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t begin = std::min(text->find_first_not_of(kSpace), text->size());
  const size_t end = text->find_last_not_of(kSpace) + 1;
  std::string token = text->substr(begin, end - begin);
  if (!CanBeToken(token)) return Error{path, "holds no token", kFix};
  return token;
}

void SetTimeouts(httplib::ClientImpl& client, Nanoseconds limit) {
  const auto whole = [](Nanoseconds time) {
    return std::chrono::ceil<std::chrono::seconds>(time).count();
  };
  client.set_connection_timeout(whole(std::min(limit, kConnectLimit)));
  client.set_read_timeout(whole(limit));
  client.set_write_timeout(whole(limit));
}

class KubeletClient final : public PodFetch {
 public:
  explicit KubeletClient(KubeletOptions options)
      : options_(std::move(options)) {}

  std::optional<FetchFailure> Fetch(AnswerBuffer& answer) override;
  void Cancel() override { cancelled_ = true; }

 private:
  using Failure = std::optional<FetchFailure>;

  Failure FetchFrom(const IpAddress& address, AnswerBuffer& answer);
  Failure FetchPlain(const Endpoint& to, AnswerBuffer& answer);
  Failure FetchTls(const Endpoint& to, AnswerBuffer& answer);
  Exchange Get(httplib::ClientImpl& client, httplib::Headers headers,
               AnswerBuffer& answer);

  const KubeletOptions options_;
  std::atomic<bool> cancelled_{false};
  size_t last_ = 0;  // of the addresses, the one that last answered
};

// One GET.  The library's word on what failed counts only where nothing here
// knows better.
Exchange KubeletClient::Get(httplib::ClientImpl& client,
                            httplib::Headers headers, AnswerBuffer& answer) {
  Exchange exchange;
  RequestWatch watch({options_.time_limit, answer.limit() + kOverhead},
                     cancelled_);
  client.set_socket_options([&](int socket) { watch.Watch(socket); });
  SetTimeouts(client, options_.time_limit);
  client.set_decompress(false);
  client.set_keep_alive(false);
  headers.emplace("Accept", "application/json");
  headers.emplace("Accept-Encoding", "identity");
  headers.emplace("User-Agent", "nameward");
  const auto result = client.Get(
      "/pods", headers,
      [&](const httplib::Response& response) {
        exchange.status = response.status;
        return response.status == 200;
      },
      [&](const char* piece, size_t size) {
        exchange.too_big = !answer.Append({piece, size});
        return !exchange.too_big;
      });
  if (result) exchange.status = result->status;  // 204 has no body
  exchange.whole = static_cast<bool>(result);
  exchange.watch = watch.end();
  exchange.no_connection = result.error() == httplib::Error::Connection ||
                           result.error() == httplib::Error::ConnectionTimeout;
  exchange.no_handshake = result.error() == httplib::Error::SSLConnection;
  return exchange;
}

std::optional<FetchFailure> KubeletClient::FetchPlain(const Endpoint& to,
                                                      AnswerBuffer& answer) {
  httplib::ClientImpl client(to.address.ToString(), to.port);
  return FailureOf(Get(client, {{"Host", to.ToString()}}, answer), to,
                   options_);
}

std::optional<FetchFailure> KubeletClient::FetchTls(const Endpoint& to,
                                                    AnswerBuffer& answer) {
  const std::string& name = options_.node_name;
  const std::string port = std::to_string(to.port);
  httplib::Headers headers = {
      {"Host", name.empty() ? to.ToString() : name + ":" + port}};
  if (!options_.token_file.empty()) {
    const auto token = ReadToken(options_.token_file);
    if (!token)
      return FetchFailure{PodPoll::kCredentials, token.error().Wrap("kubelet")};
    headers.emplace("Authorization", "Bearer " + *token);
  }
  KubeletTrust trust(options_, to.address);
  // The name is for SNI; the address stands beside it, nothing is looked up.
  const std::string address = to.address.ToString();
  const std::string& host = name.empty() ? address : name;
  httplib::SSLClient client(host, to.port);
  client.set_hostname_addr_map({{host, address}});
  client.enable_server_certificate_verification(false);  // `trust` does
  if (const auto installed = trust.Install(client.ssl_context()); !installed)
    return FetchFailure{PodPoll::kCredentials,
                        installed.error().Wrap("kubelet")};
  ERR_clear_error();
  Exchange exchange = Get(client, std::move(headers), answer);
  exchange.refusal = trust.refusal();
  const auto code = ERR_peek_last_error();
  if (const char* reason = ERR_reason_error_string(code);
      reason != nullptr && ERR_GET_LIB(code) == ERR_LIB_SSL)
    exchange.tls_reason = reason;
  ERR_clear_error();
  return FailureOf(exchange, to, options_);
}

std::optional<FetchFailure> KubeletClient::FetchFrom(const IpAddress& address,
                                                     AnswerBuffer& answer) {
  const Endpoint to{.address = address, .port = options_.port};
  return options_.plain_http ? FetchPlain(to, answer) : FetchTls(to, answer);
}

std::optional<FetchFailure> KubeletClient::Fetch(AnswerBuffer& answer) {
  Failure first;
  for (size_t tried = 0; tried < options_.addresses.size(); ++tried) {
    const size_t at = (last_ + tried) % options_.addresses.size();
    Failure failure = FetchFrom(options_.addresses[at], answer);
    if (!failure || failure->poll != PodPoll::kUnreachable) {
      last_ = at;
      return failure;
    }
    if (!first) first = std::move(failure);
  }
  return first;
}

Error Contradiction(std::string why, std::string fix) {
  return {"kubelet", std::move(why), std::move(fix)};
}

}  // namespace

Result<std::unique_ptr<PodFetch>> NewKubeletClient(KubeletOptions options) {
  if (options.addresses.empty())
    return Contradiction("no address", "give the node's, as in status.hostIP");
  if (options.certificate_file.empty() != options.key_file.empty())
    return Contradiction(
        "a client certificate needs its key, and a key its "
        "certificate",
        "give both files or none");
  if (!options.plain_http && options.tls == KubeletTls::kPin &&
      options.pinned_file.empty())
    return Contradiction("no certificate to pin", "name its file");
  options.max_answer = std::min(options.max_answer, KubeletOptions::kMaxAnswer);
  return std::unique_ptr<PodFetch>(
      std::make_unique<KubeletClient>(std::move(options)));
}

}  // namespace nameward
