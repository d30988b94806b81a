// SPDX-License-Identifier: Apache-2.0
#include <httplib.h>
#include <openssl/err.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "kube/file_text.h"
#include "kube/kubelet_client.h"
#include "kube/kubelet_failure.h"
#include "kube/kubelet_tls.h"
#include "kube/request_watch.h"
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
  std::string Authority() const;
  std::optional<FetchFailure> FetchPlain(AnswerBuffer& answer);
  std::optional<FetchFailure> FetchTls(AnswerBuffer& answer);
  Exchange Get(httplib::ClientImpl& client, httplib::Headers headers,
               AnswerBuffer& answer);

  const KubeletOptions options_;
  std::atomic<bool> cancelled_{false};
};

std::string KubeletClient::Authority() const {
  const bool v6 = options_.address.find(':') != std::string::npos;
  const std::string& name = options_.node_name;
  std::string host = v6 ? "[" + options_.address + "]" : options_.address;
  if (!name.empty()) host = name;
  return host + ":" + std::to_string(options_.port);
}

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
  headers.emplace("Host", Authority());
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
  exchange.connect_timeout =
      result.error() == httplib::Error::ConnectionTimeout;
  exchange.no_handshake = result.error() == httplib::Error::SSLConnection;
  return exchange;
}

std::optional<FetchFailure> KubeletClient::FetchPlain(AnswerBuffer& answer) {
  httplib::ClientImpl client(options_.address, options_.port);
  return FailureOf(Get(client, {}, answer), options_);
}

std::optional<FetchFailure> KubeletClient::FetchTls(AnswerBuffer& answer) {
  httplib::Headers headers;
  if (!options_.token_file.empty()) {
    const auto token = ReadToken(options_.token_file);
    if (!token)
      return FetchFailure{PodPoll::kCredentials, token.error().Wrap("kubelet")};
    headers.emplace("Authorization", "Bearer " + *token);
  }
  KubeletTrust trust(options_);
  // The name is for SNI; the address stands beside it, nothing is looked up.
  const std::string& host =
      options_.node_name.empty() ? options_.address : options_.node_name;
  httplib::SSLClient client(host, options_.port);
  client.set_hostname_addr_map({{host, options_.address}});
  client.enable_server_certificate_verification(false);  // `trust` does
  if (const auto installed = trust.Install(client.ssl_context()); !installed)
    return FetchFailure{PodPoll::kCredentials,
                        installed.error().Wrap("kubelet")};
  ERR_clear_error();
  Exchange exchange = Get(client, std::move(headers), answer);
  exchange.refusal = trust.refusal();
  const auto code = ERR_peek_last_error();
  if (ERR_GET_LIB(code) == ERR_LIB_SSL)
    exchange.tls_reason = ERR_reason_error_string(code);
  ERR_clear_error();
  return FailureOf(exchange, options_);
}

std::optional<FetchFailure> KubeletClient::Fetch(AnswerBuffer& answer) {
  return options_.plain_http ? FetchPlain(answer) : FetchTls(answer);
}

Error Contradiction(std::string why, std::string fix) {
  return {"kubelet", std::move(why), std::move(fix)};
}

}  // namespace

Result<std::unique_ptr<PodFetch>> NewKubeletClient(KubeletOptions options) {
  if (!IpAddress::Parse(options.address))
    return Contradiction("'" + options.address + "' is no IP address",
                         "give the node's, such as status.hostIP");
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
