// SPDX-License-Identifier: Apache-2.0
// Error codes and delays of librdkafka's mock cluster; real brokers, their
// death and their security are in tests/e2e/kafka.
#include "deliver/kafka_sink.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>

#include <functional>
#include <map>
#include <set>

#include "deliver/delivery.h"
#include "deliver/kafka_producer.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

constexpr int16_t kProduce = 0;  // of Kafka's protocol
constexpr int16_t kInitProducerId = 22;
constexpr char kTopic[] = "nameward.alerts";

struct Destroy {
  void operator()(rd_kafka_t* client) const { rd_kafka_destroy(client); }
};
using Client = std::unique_ptr<rd_kafka_t, Destroy>;

Client MakeClient(rd_kafka_type_t type, const KafkaProperties& properties) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  for (const auto& [name, value] : properties)
    rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0);
  return Client(rd_kafka_new(type, conf, nullptr, 0));
}

bool Await(const std::function<bool()>& condition) {
  for (int i = 0; i < 4000; ++i) {  // 20 s and more
    if (condition()) return true;
    poll(nullptr, 0, 5);
  }
  return false;
}

// Three brokers, one topic, and a sensor's delivery to them.
class KafkaSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    host_ = MakeClient(RD_KAFKA_PRODUCER, {});
    cluster_ = rd_kafka_mock_cluster_new(host_.get(), 3);
    rd_kafka_mock_topic_create(cluster_, kTopic, 1, 3);
  }
  void TearDown() override {
    if (delivery_) delivery_->Stop();
    rd_kafka_mock_cluster_destroy(cluster_);
  }

  void Begin(int alerts) {
    KafkaOptions options;
    options.brokers = {rd_kafka_mock_cluster_bootstraps(cluster_)};
    // A broker refuses a batch whose sequence has a gap; the mock takes it, so
    // one must not overtake another that was refused: one at a time, and what
    // is offered at once is one.
    options.properties = {"max.in.flight.requests.per.connection=1",
                          "linger.ms=300"};
    auto spool = Spool::InMemory(TestOptions());
    std::vector<std::unique_ptr<SpooledSink>> sinks;
    sinks.push_back(*MakeKafkaSink(options, spool->id(), clock_));
    delivery_ =
        std::make_unique<Delivery>(std::move(spool), std::move(sinks),
                                   std::vector<std::string>{"kafka"}, clock_);
    Offer(alerts);
    delivery_->Start();
  }
  void Offer(int alerts) {
    for (int i = 0; i < alerts; ++i)
      ASSERT_TRUE(delivery_->Offer(TestAlert(offered_++)));
  }
  void Answer(int16_t request, std::vector<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster_, request, errors.size(),
                                            errors.data());
  }
  SinkLedger Ledger() { return delivery_->Report().sinks[0].ledger; }
  std::string Trouble() { return delivery_->Report().sinks[0].trouble; }
  bool AwaitSettled() {
    return Await([this] { return Ledger().pending() == 0; });
  }

  // The ids of the topic in their order, each once.
  std::vector<std::string> Read() {
    const Client client = MakeClient(
        RD_KAFKA_CONSUMER,
        {{"bootstrap.servers", rd_kafka_mock_cluster_bootstraps(cluster_)},
         {"group.id", "test"},
         {"enable.partition.eof", "true"}});
    rd_kafka_topic_partition_list_t* all = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(all, kTopic, 0)->offset =
        RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_assign(client.get(), all);
    rd_kafka_topic_partition_list_destroy(all);
    std::vector<std::string> ids;
    std::set<std::string> seen;
    bool ended = false;
    while (!ended) {
      rd_kafka_message_t* message = rd_kafka_consumer_poll(client.get(), 10000);
      if (message == nullptr) break;
      ended = message->err != RD_KAFKA_RESP_ERR_NO_ERROR;
      const std::string id = ended ? "" : IdOf(*message);
      rd_kafka_message_destroy(message);
      if (!ended && seen.insert(id).second) ids.push_back(id);
    }
    rd_kafka_consumer_close(client.get());
    return ids;
  }
  static std::string IdOf(const rd_kafka_message_t& message) {
    rd_kafka_headers_t* headers = nullptr;
    const void* value = nullptr;
    size_t size = 0;
    rd_kafka_message_headers(&message, &headers);
    rd_kafka_header_get_last(headers, "ce_id", &value, &size);
    return {static_cast<const char*>(value), size};
  }
  std::vector<std::string> Offered() const {
    std::vector<std::string> ids;
    for (int i = 0; i < offered_; ++i) ids.push_back(TestAlert(i).uid);
    return ids;
  }

  SystemClock clock_;
  Client host_;
  rd_kafka_mock_cluster_t* cluster_ = nullptr;
  std::unique_ptr<Delivery> delivery_;
  int offered_ = 0;
};

// Each is answered to a batch, and then to the one that comes again.
class EachError : public KafkaSinkTest,
                  public testing::WithParamInterface<rd_kafka_resp_err_t> {};

TEST_P(EachError, DelaysAlertsAndLosesNone) {
  Begin(20);
  ASSERT_TRUE(AwaitSettled());
  Answer(kProduce, {GetParam(), GetParam()});
  Offer(200);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  Offer(1);  // what arrives ends the trouble
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Ledger().acked, 221U);
  EXPECT_EQ(Trouble(), "");
  EXPECT_EQ(Read(), Offered());
}

INSTANTIATE_TEST_SUITE_P(
    KafkaSink, EachError,
    testing::Values(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS,
                    RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND,
                    RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
                    RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED,
                    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                    RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID,
                    RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH,
                    RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER,
                    RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR,
                    RD_KAFKA_RESP_ERR__TRANSPORT),
    [](const auto& param) {
      std::string name = rd_kafka_err2name(param.param);
      name.erase(std::remove(name.begin(), name.end(), '_'), name.end());
      return name;
    });

TEST_F(KafkaSinkTest, ATopicForDryRunsThatIsMissingHoldsBackNoAlert) {
  constexpr int kDryRuns = 12'000, kAlerts = 200;
  const char* const missing = "nameward.dry-runs";
  rd_kafka_mock_topic_create(cluster_, missing, 1, 3);
  rd_kafka_mock_topic_set_error(cluster_, missing,
                                RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  Begin(0);
  for (int i = 0; i < kDryRuns; ++i) {
    RenderedAlert alert = TestAlert(1'000'000 + i);
    alert.dry_run = true;
    ASSERT_TRUE(delivery_->Offer(alert));
  }
  EXPECT_TRUE(
      Await([&] { return Trouble().find(missing) != std::string::npos; }));
  Offer(kAlerts);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Ledger().acked, kAlerts);
  EXPECT_EQ(Ledger().refused, kDryRuns);
  EXPECT_EQ(Read(), Offered());
}

TEST_F(KafkaSinkTest, SaysThatItMayNotWrite) {
  Answer(kProduce, std::vector<rd_kafka_resp_err_t>(
                       100, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED));
  Begin(5);
  EXPECT_TRUE(Await([this] {
    return Trouble().find("authorization failed") != std::string::npos;
  })) << Trouble();
  EXPECT_EQ(Ledger().pending(), 5U);
  rd_kafka_mock_clear_request_errors(cluster_, kProduce);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Read(), Offered());
}

TEST_F(KafkaSinkTest, SaysNoMoreThatBrokersAreDownWhenTheyAreBack) {
  Begin(1);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  for (int broker = 1; broker <= 3; ++broker)
    rd_kafka_mock_broker_set_down(cluster_, broker);
  EXPECT_TRUE(Await([this] { return !Trouble().empty(); }));
  for (int broker = 1; broker <= 3; ++broker)
    rd_kafka_mock_broker_set_up(cluster_, broker);
  EXPECT_TRUE(Await([this] { return Trouble().empty(); })) << Trouble();
}

TEST(KafkaProducer, NamesTheFileThatItCanNotUse) {
  class Silent final : public KafkaListener {
    void OnReport(uint64_t, Fate, const std::string&) override {}
    void OnTrouble(const std::string&, bool) override {}
  } listener;
  SystemClock clock;
  const auto why = [&](KafkaOptions options) {
    options.brokers = {"127.0.0.1:1"};
    options.tls = true;
    const auto producer = KafkaProducer::Make(options, {}, listener, clock);
    return producer ? "" : producer.error().ToString();
  };
  EXPECT_EQ(why({.ca_file = "/no/ca.crt"}),
            "kafka.ca_file: /no/ca.crt: No such file or directory (is the "
            "Secret mounted?)");
  EXPECT_THAT(why({.cert_file = "/dev/null"}),
              testing::HasSubstr("kafka.cert_file: /dev/null can't be used: "));
}

TEST_F(KafkaSinkTest, MakesAProducerAnewThatWasRefusedForGood) {
  Answer(kInitProducerId, {RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED});
  Begin(5);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Read(), Offered());
}

// The first answer is to the batch of all, the second to the first alone.
TEST_F(KafkaSinkTest, GivesUpOnlyTheAlertThatIsRefusedAlone) {
  Answer(kProduce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE,
                    RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  Begin(5);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Ledger().refused, 1U);
  EXPECT_EQ(Ledger().acked, 4U);
  std::vector<std::string> others = Offered();
  others.erase(others.begin());
  EXPECT_EQ(Read(), others);
}

TEST_F(KafkaSinkTest, WaitsForSlowAcknowledgements) {
  for (int broker = 1; broker <= 3; ++broker)
    rd_kafka_mock_broker_set_rtt(cluster_, broker, 400);
  Begin(500);
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Ledger().acked, 500U);
  EXPECT_EQ(Read(), Offered());
}

TEST_F(KafkaSinkTest, FollowsALeaderThatMoves) {
  Begin(1);
  for (int turn = 0; turn < 6; ++turn) {
    rd_kafka_mock_partition_set_leader(cluster_, kTopic, 0, turn % 3 + 1);
    Offer(50);
    ASSERT_TRUE(Await([&] { return Ledger().acked > 10U * unsigned(turn); }));
  }
  ASSERT_TRUE(AwaitSettled()) << Trouble();
  EXPECT_EQ(Read(), Offered());
}

}  // namespace
}  // namespace nameward

// ThreadSanitizer sees librdkafka's locks, but not its atomic counts: it takes
// what the last owner does, rd_list_destroy and the like, for a race.
extern "C" const char* __tsan_default_suppressions() {
  return "race:_destroy\n";
}
