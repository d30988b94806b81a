// SPDX-License-Identifier: Apache-2.0
#include "deliver/webhook_sink.h"

#include <fcntl.h>
#include <httplib.h>
#include <poll.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <random>
#include <utility>

#include "base/request_watch.h"
#include "base/unique_fd.h"
#include "deliver/secret_file.h"

namespace nameward {
namespace {

constexpr Nanoseconds kFirstPause = 500ms;
constexpr Nanoseconds kLongestPause = 30s;
constexpr Nanoseconds kMostRetryAfter = 10min;
// Nobody reads it; more is no answer to an alert.
constexpr size_t kMaxAnswer = size_t{64} * 1024;
// What may come beside it: certificates, headers, chunk sizes.
constexpr uint64_t kOverhead = uint64_t{1} << 20;

struct Answer {
  int status = 0;  // 0: none came
  std::string why;
  Nanoseconds retry_after{0};
};

bool IsDelivered(int status) { return status >= 200 && status < 300; }

bool MayPassLater(int status) {
  switch (status) {
    case 0:
    case 401:
    case 403:
    case 404:
    case 407:
    case 408:
    case 429:
      return true;
    default:
      return status < 400 || status >= 500;
  }
}

// Seconds; the other form, a date, is answered with the pause of our own.
Nanoseconds RetryAfter(const httplib::Response& response) {
  const std::string text = response.get_header_value("Retry-After");
  uint32_t seconds = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (read.ec != std::errc()) return Nanoseconds(0);
  return std::min<Nanoseconds>(std::chrono::seconds(seconds), kMostRetryAfter);
}

// A token goes into a header as it is: nothing in it may end that header.
bool CanBeToken(std::string_view token) {
  return std::all_of(token.begin(), token.end(),
                     [](char c) { return c > ' ' && c < 0x7f; });
}

class WebhookSink final : public SpooledSink {
 public:
  WebhookSink(const WebhookOptions& options, WebhookTarget target,
              std::string spool_id, Clock& clock)
      : options_(options),
        target_(std::move(target)),
        spool_id_(std::move(spool_id)),
        clock_(clock) {}

  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override;
  void Wait(Nanoseconds most) override;
  void Cancel() override { cancelled_ = true; }
  std::string Trouble() const override;

 private:
  httplib::ClientImpl& Client();
  void Connect();
  Status AddToken(httplib::Headers& headers) const;
  httplib::Headers Headers(const SpooledAlert& alert) const;
  Answer Post(const SpooledAlert& alert);
  void Send(httplib::Request& request, Answer& answer);
  void Pause(const Answer& answer);
  void SetTrouble(std::string text);

  const WebhookOptions options_;
  const WebhookTarget target_;
  const std::string spool_id_;
  Clock& clock_;
  Acknowledge acknowledge_;
  std::unique_ptr<httplib::ClientImpl> client_;
  RequestWatch* watch_ = nullptr;  // of the request under way
  UniqueFd socket_;                // a duplicate of its connection's
  std::atomic<bool> cancelled_{false};
  std::string files_;  // their fingerprint
  BootTime files_looked_at_{};
  BootTime next_try_{};
  Nanoseconds pause_ = kFirstPause;
  std::minstd_rand random_{std::random_device()()};
  mutable std::mutex mutex_;  // guards trouble_
  std::string trouble_;
};

httplib::ClientImpl& WebhookSink::Client() {
  const BootTime now = clock_.Now();
  if (client_ && now - files_looked_at_ < kLookAtSecretsEvery) return *client_;
  files_looked_at_ = now;
  std::string files = Fingerprint(TlsFiles(options_));
  if (client_ && files == files_) return *client_;
  files_ = std::move(files);
  Connect();
  return *client_;
}

void WebhookSink::Connect() {
  if (target_.tls) {
    auto client = std::make_unique<httplib::SSLClient>(
        target_.host, target_.port, options_.cert_file, options_.key_file);
    if (!options_.ca_file.empty())
      client->set_ca_cert_path(options_.ca_file.c_str());
    client->enable_server_certificate_verification(true);
    if (client->is_valid())
      SSL_CTX_set_min_proto_version(client->ssl_context(), TLS1_2_VERSION);
    client_ = std::move(client);
  } else {
    client_ = std::make_unique<httplib::ClientImpl>(target_.host, target_.port);
  }
  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(options_.timeout).count();
  client_->set_connection_timeout(seconds);
  client_->set_read_timeout(seconds);
  client_->set_write_timeout(seconds);
  client_->set_keep_alive(true);
  client_->set_tcp_nodelay(true);
  client_->set_follow_location(false);
  client_->set_url_encode(false);
  client_->set_decompress(false);
  client_->set_socket_options([this](int socket) {
    socket_.Reset(fcntl(socket, F_DUPFD_CLOEXEC, 0));
    if (watch_ != nullptr) watch_->Watch(socket_.get());
  });
}

Status WebhookSink::AddToken(httplib::Headers& headers) const {
  if (options_.token_file.empty()) return Ok();
  const auto token = ReadSecret(options_.token_file);
  if (!token) return token.error();
  if (!CanBeToken(*token))
    return Error{options_.token_file, "holds no token",
                 "one line of printable ASCII"};
  headers.emplace("Authorization", "Bearer " + *token);
  return Ok();
}

// As in Kafka, with the names that HTTP has for them.
httplib::Headers WebhookSink::Headers(const SpooledAlert& spooled) const {
  const RenderedAlert& alert = spooled.alert;
  const std::pair<const char*, std::string> all[] = {
      {"ce-specversion", "1.0"},
      {"ce-id", alert.uid},
      {"ce-source", options_.source},
      {"ce-type", "egress.finding.v1"},
      {"ce-subject", alert.rule},
      {"ce-time", FormatRfc3339(alert.time)},
      {"ce-dataschema", options_.data_schema},
      {"ce-sequence", std::to_string(spooled.sequence)},
      {"ce-spool", spool_id_},
      {"severity", std::string(ToString(alert.severity))},
      {"dedup-id", alert.finding_uid},
      {"dry-run", alert.dry_run ? "true" : ""}};
  httplib::Headers headers = {{"Content-Type", "application/json"},
                              {"User-Agent", "nameward"}};
  for (const auto& [name, value] : all)
    if (!value.empty()) headers.emplace(name, PercentEncoded(value));
  return headers;
}

Answer WebhookSink::Post(const SpooledAlert& spooled) {
  Answer answer;
  httplib::Request request;
  request.method = "POST";
  request.path = target_.path;
  request.headers = Headers(spooled);
  if (const Status added = AddToken(request.headers); !added) {
    answer.why = added.error().ToString();
    return answer;
  }
  request.body = spooled.alert.text;
  if (!Client().is_valid()) {
    answer.why = "webhook.cert_file or webhook.key_file can't be used";
    return answer;
  }
  Send(request, answer);
  return answer;
}

// The library's timeouts are for one read each: the watch's is for them all.
void WebhookSink::Send(httplib::Request& request, Answer& answer) {
  request.response_handler = [&](const httplib::Response& response) {
    answer.status = response.status;
    answer.retry_after = RetryAfter(response);
    return true;
  };
  size_t size = 0;
  request.content_receiver = [&](const char*, size_t piece, uint64_t,
                                 uint64_t) {
    size += piece;
    return size <= kMaxAnswer;
  };
  RequestWatch watch({options_.timeout, kMaxAnswer + kOverhead}, cancelled_);
  if (socket_) watch.Watch(socket_.get());
  watch_ = &watch;
  const httplib::Result result = client_->send(request);
  watch_ = nullptr;
  if (result) answer.status = result->status;  // 204 has no body
  if (answer.status != 0)
    answer.why = "it answers " + std::to_string(answer.status);
  else if (watch.end() == RequestWatch::End::kTooLong)
    answer.why = "no whole answer within webhook.timeout";
  else
    answer.why = httplib::to_string(result.error());
}

bool WebhookSink::Offer(const SpooledAlert& alert) {
  if (cancelled_ || clock_.Now() < next_try_) return false;
  const Answer answer = Post(alert);
  if (!IsDelivered(answer.status) && MayPassLater(answer.status)) {
    SetTrouble("webhook " + target_.host + ": " + answer.why);
    Pause(answer);
    return false;
  }
  SetTrouble("");
  pause_ = kFirstPause;
  acknowledge_(alert.position, IsDelivered(answer.status)
                                   ? Spool::Outcome::kDelivered
                                   : Spool::Outcome::kRefused);
  return true;
}

// Between half of the pause and all of it: sensors that lost the same server
// come back one by one.
void WebhookSink::Pause(const Answer& answer) {
  std::uniform_int_distribution<int64_t> jitter(pause_.count() / 2,
                                                pause_.count());
  next_try_ =
      clock_.Now() + std::max(answer.retry_after, Nanoseconds(jitter(random_)));
  pause_ = std::min(pause_ * 2, kLongestPause);
}

void WebhookSink::Wait(Nanoseconds most) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(most);
  if (ms.count() > 0) poll(nullptr, 0, static_cast<int>(ms.count()));
}

void WebhookSink::SetTrouble(std::string text) {
  const std::lock_guard lock(mutex_);
  trouble_ = std::move(text);
}

std::string WebhookSink::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace

Result<std::unique_ptr<SpooledSink>> MakeWebhookSink(
    const WebhookOptions& options, const std::string& spool_id, Clock& clock) {
  auto target = TargetOf(options);
  if (!target) return target.error();
  return std::unique_ptr<SpooledSink>(std::make_unique<WebhookSink>(
      options, std::move(*target), spool_id, clock));
}

}  // namespace nameward
