// SPDX-License-Identifier: Apache-2.0
#include "deliver/kafka_producer.h"

#include <fcntl.h>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/unique_fd.h"
#include "deliver/secret_file.h"

namespace nameward {
namespace {

// What a bearer token is taken to be good for; the broker knows better, and its
// refusal shows as trouble.
constexpr Nanoseconds kTokenLife = 10min;
// 2.6.1: before it SCRAM's proofs were made wrongly (librdkafka's issue 4895).
constexpr int kScramSince = 0x020601ff;

struct DestroyConf {
  void operator()(rd_kafka_conf_t* conf) const { rd_kafka_conf_destroy(conf); }
};
using Conf = std::unique_ptr<rd_kafka_conf_t, DestroyConf>;

int Milliseconds(Nanoseconds duration) {
  const auto ms = std::chrono::ceil<std::chrono::milliseconds>(duration);
  return static_cast<int>(ms.count());
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

Status AddPassword(const KafkaOptions& options, rd_kafka_conf_t* conf) {
  if (options.sasl_password_file.empty()) return Ok();
  const auto password = ReadSecret(options.sasl_password_file);
  if (!password) return password.error().Wrap("kafka");
  return Set(conf, "sasl.password", *password);
}

// librdkafka names a property of its own; people know the key and the file.
Error WhyNot(const KafkaOptions& options, const std::string& why) {
  struct {
    std::string property, key, file, fix;
  } const files[] = {
      {"ssl.ca.location", "kafka.ca_file", options.ca_file,
       "PEM of who signs the brokers' certificates"},
      {"ssl.certificate.location", "kafka.cert_file", options.cert_file,
       "PEM, ours first, then what leads to an authority"},
      {"ssl.key.location", "kafka.key_file", options.key_file,
       "PEM without a passphrase, of the certificate in kafka.cert_file"}};
  for (const auto& [property, key, file, fix] : files) {
    if (file.empty() || !why.starts_with(property)) continue;
    if (!UniqueFd(open(file.c_str(), O_RDONLY | O_CLOEXEC)))
      return ErrnoError(file, errno, "is the Secret mounted?").Wrap(key);
    return Error{key, std::string(file).append(" can't be used: ").append(why),
                 fix};
  }
  return Error{"kafka", why};
}

// Of one message, whatever its neighbours in the batch are.
bool IsRefusal(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ||
         error == RD_KAFKA_RESP_ERR_INVALID_RECORD ||
         error == RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE;
}

// Metadata said so for `topic.metadata.propagation.max.ms`, or a broker does.
bool IsNoTopic(rd_kafka_resp_err_t error) {
  return error == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC ||
         error == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION ||
         error == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
         error == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED;
}

KafkaListener::Fate FateOf(rd_kafka_resp_err_t error) {
  using Fate = KafkaListener::Fate;
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Fate::kDelivered;
  if (IsNoTopic(error)) return Fate::kNoTopic;
  return IsRefusal(error) ? Fate::kRefused : Fate::kFailed;
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

// A number, not a pointer: it only comes back with the report.
void* Opaque(uint64_t tag) {
  return reinterpret_cast<void*>(  // NOLINT(performance-no-int-to-ptr)
      static_cast<uintptr_t>(tag));
}

rd_kafka_headers_t* Headers(const KafkaMessage& message) {
  rd_kafka_headers_t* headers = rd_kafka_headers_new(message.headers.size());
  for (const auto& [name, value] : message.headers)
    if (!value.empty())
      (void)rd_kafka_header_add(headers, name, -1, value.data(),
                                static_cast<ssize_t>(value.size()));
  return headers;
}

KafkaTopic TopicOf(const rd_kafka_metadata_topic_t& found) {
  KafkaTopic topic{found.topic, found.partition_cnt, 0, ""};
  if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR)
    topic.error = rd_kafka_err2str(found.err);
  for (int i = 0; i < found.partition_cnt; ++i) {
    const int replicas = found.partitions[i].replica_cnt;
    topic.replicas = i == 0 ? replicas : std::min(topic.replicas, replicas);
  }
  return topic;
}

}  // namespace

void KafkaProducer::Destroy::operator()(rd_kafka_s* producer) const {
  (void)rd_kafka_purge(producer,
                       RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_destroy(producer);
}

KafkaProducer::KafkaProducer(const KafkaOptions& options,
                             KafkaListener& listener, Clock& clock)
    : options_(options),
      secrets_(Fingerprint(SecretFiles(options))),
      listener_(listener),
      clock_(clock) {}

KafkaProducer::~KafkaProducer() = default;

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::Make(
    const KafkaOptions& options, const KafkaProperties& further,
    KafkaListener& listener, Clock& clock) {
  std::unique_ptr<KafkaProducer> producer(
      new KafkaProducer(options, listener, clock));
  NW_RETURN_IF_ERROR(producer->Open(further));
  return producer;
}

Status KafkaProducer::Open(const KafkaProperties& further) {
  auto conf = MakeConf(options_);
  if (!conf) return conf.error();
  NW_RETURN_IF_ERROR(AddPassword(options_, conf->get()));
  for (const auto& [name, value] : further)
    NW_RETURN_IF_ERROR(Set(conf->get(), name, value));
  rd_kafka_conf_set_opaque(conf->get(), this);
  rd_kafka_conf_set_log_cb(conf->get(), nullptr);
  rd_kafka_conf_set_events(conf->get(),
                           RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR);
  rd_kafka_conf_set_background_event_cb(conf->get(), OnEvent);
  const bool has_token = !options_.sasl_token_file.empty();
  if (has_token) {
    rd_kafka_conf_enable_sasl_queue(conf->get(), 1);
    rd_kafka_conf_set_oauthbearer_token_refresh_cb(conf->get(), OnTokenRefresh);
  }
  std::array<char, 512> why{};
  producer_.reset(
      rd_kafka_new(RD_KAFKA_PRODUCER, conf->get(), why.data(), why.size()));
  if (!producer_) return WhyNot(options_, why.data());
  (void)conf->release();  // it is the producer's now
  ServeInBackground(producer_.get());
  if (has_token)
    rd_kafka_error_destroy(
        rd_kafka_sasl_background_callbacks_enable(producer_.get()));
  return Ok();
}

bool KafkaProducer::SecretsChanged() const {
  return Fingerprint(SecretFiles(options_)) != secrets_;
}

KafkaProducer::Answer KafkaProducer::Produce(const KafkaMessage& message,
                                             std::string& why) {
  rd_kafka_headers_t* headers = Headers(message);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(
          message.time.time_since_epoch());
  const rd_kafka_resp_err_t error = rd_kafka_producev(
      producer_.get(), RD_KAFKA_V_TOPIC(message.topic.c_str()),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(message.value.data()),
                       message.value.size()),
      RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_TIMESTAMP(milliseconds.count()), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_OPAQUE(Opaque(message.tag)), RD_KAFKA_V_END);
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR) return Answer::kTaken;
  rd_kafka_headers_destroy(headers);
  if (error == RD_KAFKA_RESP_ERR__QUEUE_FULL) return Answer::kFull;
  if (error == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) return Answer::kTooLarge;
  why = "kafka: topic " + message.topic + ": " + rd_kafka_err2str(error);
  return IsNoTopic(error) ? Answer::kNoTopic : Answer::kFailed;
}

void KafkaProducer::Flush(Nanoseconds most) {
  (void)rd_kafka_flush(producer_.get(), Milliseconds(most));
}

Result<KafkaCluster> KafkaProducer::Describe(
    const std::vector<std::string>& topics, Nanoseconds most) {
  KafkaCluster cluster;
  for (const std::string& name : topics) {
    rd_kafka_topic_t* const topic =
        rd_kafka_topic_new(producer_.get(), name.c_str(), nullptr);
    const rd_kafka_metadata_t* found = nullptr;
    const rd_kafka_resp_err_t error = rd_kafka_metadata(
        producer_.get(), 0, topic, &found, Milliseconds(most));
    rd_kafka_topic_destroy(topic);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      return Error{"kafka", rd_kafka_err2str(error)};
    cluster.brokers = found->broker_cnt;
    for (int i = 0; i < found->topic_cnt; ++i)
      cluster.topics.push_back(TopicOf(found->topics[i]));
    rd_kafka_metadata_destroy(found);
  }
  return cluster;
}

void KafkaProducer::OnEvent(rd_kafka_s* producer, rd_kafka_op_s* event,
                            void* self) {
  auto* const ours = static_cast<KafkaProducer*>(self);
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR)
    ours->OnReports(event);
  else if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_ERROR)
    ours->OnError(producer, event);
  rd_kafka_event_destroy(event);
}

void KafkaProducer::OnReports(rd_kafka_op_s* event) {
  using Fate = KafkaListener::Fate;
  while (const rd_kafka_message_t* message =
             rd_kafka_event_message_next(event)) {
    const auto tag =
        static_cast<uint64_t>(reinterpret_cast<uintptr_t>(message->_private));
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      listener_.OnReport(tag, Fate::kDelivered, "");
    } else if (!IsPurge(message->err)) {
      const char* const topic =
          message->rkt ? rd_kafka_topic_name(message->rkt) : "?";
      listener_.OnReport(tag, FateOf(message->err),
                         std::string("kafka: topic ") + topic + ": " +
                             rd_kafka_err2str(message->err));
    }
  }
}

// Most of these the library mends by itself; people may have to mend the rest.
void KafkaProducer::OnError(rd_kafka_s* producer, rd_kafka_op_s* event) {
  std::array<char, 512> why{};
  const rd_kafka_resp_err_t fatal =
      rd_kafka_fatal_error(producer, why.data(), why.size());
  if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR)
    return listener_.OnTrouble(
        std::string("kafka: ") + rd_kafka_err2name(fatal) + ": " + why.data(),
        true);
  listener_.OnTrouble(
      std::string("kafka: ") + rd_kafka_event_error_string(event), false);
}

void KafkaProducer::OnTokenRefresh(rd_kafka_s* producer, const char*,
                                   void* self) {
  auto* const ours = static_cast<KafkaProducer*>(self);
  const auto token = ReadSecret(ours->options_.sasl_token_file);
  if (!token) {
    rd_kafka_oauthbearer_set_token_failure(producer,
                                           token.error().ToString().c_str());
    return;
  }
  Clock& clock = ours->clock_;
  const WallTime until = clock.Offset().ToWall(clock.Now() + kTokenLife);
  const auto until_ms = std::chrono::duration_cast<std::chrono::milliseconds>(
      until.time_since_epoch());
  std::array<char, 256> why{};
  const std::string& name = ours->options_.sasl_username;
  const rd_kafka_resp_err_t error =
      rd_kafka_oauthbearer_set_token(producer, token->c_str(), until_ms.count(),
                                     name.empty() ? "nameward" : name.c_str(),
                                     nullptr, 0, why.data(), why.size());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    rd_kafka_oauthbearer_set_token_failure(producer, why.data());
}

Status CheckKafkaOptions(const KafkaOptions& options) {
  const auto conf = MakeConf(options);
  if (!conf) return conf.error();
  return Ok();
}

std::string KafkaLimits(const KafkaOptions& options) {
  if (options.sasl_mechanism.rfind("SCRAM-", 0) != 0) return {};
  if (rd_kafka_version() >= kScramSince) return {};
  return std::string("kafka.sasl_mechanism: brokers from Kafka 3.8.1 on ") +
         "refuse SCRAM as librdkafka " + rd_kafka_version_str() +
         " speaks it (build with tools/dev/librdkafka.sh, or use another)";
}

}  // namespace nameward
