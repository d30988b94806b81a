// SPDX-License-Identifier: Apache-2.0
#include "deliver/kafka_sink.h"

#include <librdkafka/rdkafka.h>
#include <sys/stat.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <fstream>
#include <iterator>
#include <mutex>
#include <utility>

namespace nameward {
namespace {

constexpr Nanoseconds kRebuildEvery = 1s;  // at most
constexpr Nanoseconds kLookAtSecretsEvery = 10s;
// Longer than any secret, shorter than a mistake.
constexpr size_t kMaxSecret = size_t{64} * 1024;
constexpr int kFlushMs = 2000;
// What a bearer token is taken to be good for; the broker knows better, and its
// refusal shows in Trouble.
constexpr Nanoseconds kTokenLife = 10min;

struct DestroyProducer {
  void operator()(rd_kafka_t* producer) const { rd_kafka_destroy(producer); }
};
struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, DestroyConf>;

Result<std::string> ReadSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  if (!file.good() && !file.eof())
    return Error{path, "can't be read", "is the Secret mounted?"};
  if (text.empty() || text.size() > kMaxSecret)
    return Error{path, "holds no secret", "is the Secret mounted?"};
  return text;
}

// Changes when a file is replaced, also behind the links of a mounted Secret.
std::string Fingerprint(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) continue;
    text += std::to_string(status.st_ino) + "." +
            std::to_string(status.st_mtim.tv_sec) + "." +
            std::to_string(status.st_mtim.tv_nsec) + "." +
            std::to_string(status.st_size) + ";";
  }
  return text;
}

Status Set(rd_kafka_conf_t* conf, const std::string& name,
           const std::string& value) {
  std::array<char, 512> why{};
  if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), why.data(),
                        why.size()) == RD_KAFKA_CONF_OK)
    return Ok();
  return Error{"kafka: " + name, why.data(), "see kafka.properties"};
}

Result<Conf> MakeConf(const KafkaOptions& options) {
  const auto properties = PropertiesOf(options);
  if (!properties) return properties.error();
  Conf conf(rd_kafka_conf_new());
  for (const auto& [name, value] : *properties)
    NW_RETURN_IF_ERROR(Set(conf.get(), name, value));
  return conf;
}

// Of one message, whatever its neighbours in the batch are.
bool IsRefusal(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE;
}

// Ours: the producer is being taken down.
bool IsPurge(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
         error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT ||
         error == RD_KAFKA_RESP_ERR__DESTROY;
}

// Reports and errors go to the library's own thread instead of a poll of ours.
void ServeInBackground(rd_kafka_t* producer) {
  rd_kafka_queue_t* const main = rd_kafka_queue_get_main(producer);
  rd_kafka_queue_t* const background = rd_kafka_queue_get_background(producer);
  rd_kafka_queue_forward(main, background);
  rd_kafka_queue_destroy(background);
  rd_kafka_queue_destroy(main);
}

class KafkaSink final : public SpooledSink {
 public:
  KafkaSink(const KafkaOptions& options, std::string spool_id, Clock& clock)
      : options_(options), spool_id_(std::move(spool_id)), clock_(clock) {}
  ~KafkaSink() override { Stop(); }

  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override;
  void Wait(Nanoseconds most) override;
  bool WantsRewind() override { return std::exchange(wants_rewind_, false); }
  void Stop() override;
  std::string Trouble() const override;

 private:
  using Producer = std::unique_ptr<rd_kafka_t, DestroyProducer>;

  bool HasProducer();
  Status Build();
  void TearDown(bool flush);
  bool SecretsChanged(BootTime now);
  rd_kafka_resp_err_t Produce(const SpooledAlert& alert);
  rd_kafka_headers_t* Headers(const SpooledAlert& alert) const;

  // In a thread of librdkafka:
  static void OnEvent(rd_kafka_t*, rd_kafka_event_t* event, void* self);
  static void OnTokenRefresh(rd_kafka_t* producer, const char*, void* self);
  void OnReport(const rd_kafka_message_t& message);
  void OnError(rd_kafka_t* producer, rd_kafka_event_t* event);
  void Fail(const std::string& text, bool rebuild);

  const KafkaOptions options_;
  const std::string spool_id_;
  Clock& clock_;
  Acknowledge acknowledge_;
  Producer producer_;
  BootTime built_{};
  BootTime secrets_looked_at_{};
  std::string secrets_;
  bool wants_rewind_ = false;
  std::atomic<bool> rebuild_{false};
  std::atomic<bool> one_by_one_{false};
  mutable std::mutex mutex_;  // guards trouble_
  std::condition_variable room_;
  std::string trouble_;
};

bool KafkaSink::HasProducer() {
  const BootTime now = clock_.Now();
  if (producer_ && !rebuild_ && !SecretsChanged(now)) return true;
  if (producer_) TearDown(!rebuild_);
  if (now - built_ < kRebuildEvery && built_ != BootTime{}) return false;
  built_ = now;
  rebuild_ = false;
  const Status built = Build();
  if (!built) Fail(built.error().ToString(), false);
  return producer_ != nullptr;
}

bool KafkaSink::SecretsChanged(BootTime now) {
  if (now - secrets_looked_at_ < kLookAtSecretsEvery) return false;
  secrets_looked_at_ = now;
  return Fingerprint(SecretFiles(options_)) != secrets_;
}

Status KafkaSink::Build() {
  secrets_ = Fingerprint(SecretFiles(options_));
  auto conf = MakeConf(options_);
  if (!conf) return conf.error();
  if (!options_.sasl_password_file.empty()) {
    const auto password = ReadSecret(options_.sasl_password_file);
    if (!password) return password.error().Wrap("kafka");
    NW_RETURN_IF_ERROR(Set(conf->get(), "sasl.password", *password));
  }
  if (one_by_one_)
    NW_RETURN_IF_ERROR(Set(conf->get(), "batch.num.messages", "1"));
  rd_kafka_conf_set_opaque(conf->get(), this);
  rd_kafka_conf_set_log_cb(conf->get(), nullptr);
  rd_kafka_conf_set_events(conf->get(),
                           RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  rd_kafka_conf_set_background_event_cb(conf->get(), OnEvent);
  if (!options_.sasl_token_file.empty()) {
    rd_kafka_conf_enable_sasl_queue(conf->get(), 1);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf->get(), OnTokenRefresh);
  }
  std::array<char, 512> why{};
  producer_.reset(
      rd_kafka_new(RD_KAFKA_PRODUCER, conf->get(), why.data(), why.size()));
  if (!producer_) return Error{"kafka", why.data()};
  (void)conf->release();  // it is the producer's now
  ServeInBackground(producer_.get());
  if (options_.sasl_token_file.empty()) return Ok();
  rd_kafka_error_destroy(
      rd_kafka_sasl_background_callbacks_enable(producer_.get()));
  return Ok();
}

// Everything unacknowledged will come again.
void KafkaSink::TearDown(bool flush) {
  if (!producer_) return;
  if (flush) (void)rd_kafka_flush(producer_.get(), kFlushMs);
  (void)rd_kafka_purge(producer_.get(),
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  producer_.reset();
  wants_rewind_ = true;
}

void KafkaSink::Stop() { TearDown(Trouble().empty()); }

bool KafkaSink::Offer(const SpooledAlert& alert) {
  if (wants_rewind_ || !HasProducer() || wants_rewind_) return false;
  const rd_kafka_resp_err_t error = Produce(alert);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return true;
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    acknowledge_(alert.position, Spool::Outcome::kRefused);
    return true;
  }
  if (error != RD_KAFKA_RESP_ERR__QUEUE_FULL)
    Fail(std::string("kafka: ") + rd_kafka_err2str(error), true);
  return false;
}

rd_kafka_resp_err_t KafkaSink::Produce(const SpooledAlert& spooled) {
  const RenderedAlert& alert = spooled.alert;
  const std::string& topic =
      alert.dry_run ? options_.dry_run_topic : options_.topic;
  rd_kafka_headers_t* headers = Headers(spooled);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(
          alert.time.time_since_epoch());
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      producer_.get(), RD_KAFKA_V_TOPIC(topic.c_str()),
      RD_KAFKA_V_KEY(alert.key.data(), alert.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(alert.text.data()), alert.text.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_TIMESTAMP(milliseconds.count()), RD_KAFKA_V_HEADERS(headers),
      // A position, not a pointer: it comes back with the report.
      RD_KAFKA_V_OPAQUE(
          reinterpret_cast<void*>(static_cast<uintptr_t>(spooled.position))),
      RD_KAFKA_V_END);
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) rd_kafka_headers_destroy(headers);
  return error;
}

// CloudEvents 1.0, Kafka protocol binding 3.2 (binary), and its sequence
// extension; what a consumer may want to filter by without parsing besides.
rd_kafka_headers_t* KafkaSink::Headers(const SpooledAlert& spooled) const {
  const RenderedAlert& alert = spooled.alert;
  const std::pair<const char*, std::string> all[] = {
      {"ce_specversion", "1.0"},
      {"ce_id", alert.uid},
      {"ce_source", options_.source},
      {"ce_type", "egress.finding.v1"},
      {"ce_subject", alert.rule},
      {"ce_time", FormatRfc3339(alert.time)},
      {"ce_dataschema", options_.data_schema},
      {"ce_sequence", std::to_string(spooled.sequence)},
      {"ce_spool", spool_id_},
      {"content-type", "application/json"},
      {"severity", std::string(ToString(alert.severity))},
      {"dedup_id", alert.finding_uid}};
  rd_kafka_headers_t* headers = rd_kafka_headers_new(std::size(all));
  for (const auto& [name, value] : all)
    if (!value.empty())
      (void)rd_kafka_header_add(headers, name, -1, value.data(),
                                static_cast<ssize_t>(value.size()));
  return headers;
}

void KafkaSink::Wait(Nanoseconds most) {
  if (most <= Nanoseconds(0)) {
    (void)HasProducer();  // secrets are looked at while nothing comes, too
    return;
  }
  std::unique_lock lock(mutex_);
  room_.wait_for(lock, most);
}

void KafkaSink::OnEvent(rd_kafka_t* producer, rd_kafka_event_t* event,
                        void* self) {
  auto* sink = static_cast<KafkaSink*>(self);
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
    while (const rd_kafka_message_t* message =
               rd_kafka_event_message_next(event))
      sink->OnReport(*message);
    sink->room_.notify_one();
  } else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR) {
    sink->OnError(producer, event);
  }
  rd_kafka_event_destroy(event);
}

void KafkaSink::OnReport(const rd_kafka_message_t& message) {
  const auto position =
      static_cast<uint64_t>(reinterpret_cast<uintptr_t>(message._private));
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    {
      const std::lock_guard lock(mutex_);
      trouble_.clear();
    }
    return acknowledge_(position, Spool::Outcome::kDelivered);
  }
  if (IsPurge(message.err)) return;
  if (IsRefusal(message.err) && one_by_one_)
    return acknowledge_(position, Spool::Outcome::kRefused);
  if (IsRefusal(message.err)) one_by_one_ = true;
  Fail(std::string("kafka: topic ") +
           (message.rkt ? rd_kafka_topic_name(message.rkt) : "?") + ": " +
           rd_kafka_err2str(message.err),
       true);
}

// Most of these the library mends by itself; people may have to mend the rest.
void KafkaSink::OnError(rd_kafka_t* producer, rd_kafka_event_t* event) {
  std::array<char, 512> why{};
  if (rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__FATAL) {
    const rd_kafka_resp_err_t code =
        rd_kafka_fatal_error(producer, why.data(), why.size());
    return Fail(
        std::string("kafka: ") + rd_kafka_err2name(code) + ": " + why.data(),
        true);
  }
  Fail(std::string("kafka: ") + rd_kafka_event_error_string(event), false);
}

void KafkaSink::Fail(const std::string& text, bool rebuild) {
  if (rebuild) rebuild_ = true;
  {
    const std::lock_guard lock(mutex_);
    trouble_ = text;
  }
  room_.notify_one();
}

void KafkaSink::OnTokenRefresh(rd_kafka_t* producer, const char*, void* self) {
  auto* sink = static_cast<KafkaSink*>(self);
  const auto token = ReadSecret(sink->options_.sasl_token_file);
  if (!token) {
    rd_kafka_oauthbearer_set_token_failure(producer,
                                           token.error().ToString().c_str());
    return;
  }
  Clock& clock = sink->clock_;
  const WallTime until = clock.Offset().ToWall(clock.Now() + kTokenLife);
  const auto until_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      until.time_since_epoch());
  std::array<char, 256> why{};
  const std::string& name = sink->options_.sasl_username;
  const rd_kafka_resp_err_t error =
      rd_kafka_oauthbearer_set_token(producer, token->c_str(), until_ms.count(),
                                     name.empty() ? "nameward" : name.c_str(),
                                     nullptr, 0, why.data(), why.size());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_oauthbearer_set_token_failure(producer, why.data());
}

std::string KafkaSink::Trouble() const {
  const std::lock_guard lock(mutex_);
  return trouble_;
}

}  // namespace

Result<std::unique_ptr<SpooledSink>> MakeKafkaSink(const KafkaOptions& options,
                                                   const std::string& spool_id,
                                                   Clock& clock) {
  const auto conf = MakeConf(options);
  if (!conf) return conf.error();
  return std::unique_ptr<SpooledSink>(
      std::make_unique<KafkaSink>(options, spool_id, clock));
}

}  // namespace nameward
