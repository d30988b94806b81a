// SPDX-License-Identifier: Apache-2.0
#include "deliver/delivery.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <set>

#include "deliver/kafka_options.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

// Takes up to `room` alerts; acknowledges at once if told to.
class FakeSink final : public SpooledSink {
 public:
  explicit FakeSink(bool acknowledges) : acknowledges_(acknowledges) {}
  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override {
    const std::lock_guard lock(mutex_);
    if (room_ == 0) return false;
    --room_;
    given_.push_back(alert.alert.uid);
    if (acknowledges_) acknowledge_(alert.position, Spool::Outcome::kDelivered);
    changed_.notify_all();
    return true;
  }
  void Wait(Nanoseconds most) override {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, most);
  }
  bool WantsRewind() override { return rewind_.exchange(false); }
  std::string Trouble() const override {
    return acknowledges_ ? "" : "the other side is gone";
  }

  void SetRoom(size_t room) {
    const std::lock_guard lock(mutex_);
    room_ = room;
    changed_.notify_all();
  }
  void Rewind() { rewind_ = true; }
  std::vector<std::string> AwaitGiven(size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 20s, [&] { return given_.size() >= count; });
    return given_;
  }

 private:
  const bool acknowledges_;
  Acknowledge acknowledge_;
  std::atomic<bool> rewind_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t room_ = SIZE_MAX;
  std::vector<std::string> given_;
};

class DeliveryTest : public testing::Test {
 protected:
  void Make(SpoolOptions options = TestOptions({"good", "dead"})) {
    auto good = std::make_unique<FakeSink>(true);
    auto dead = std::make_unique<FakeSink>(false);
    good_ = good.get();
    dead_ = dead.get();
    std::vector<std::unique_ptr<SpooledSink>> sinks;
    sinks.push_back(std::move(good));
    sinks.push_back(std::move(dead));
    delivery_ = std::make_unique<Delivery>(
        OpenSpool(disk_, options), std::move(sinks), options.sinks, clock_);
  }

  std::shared_ptr<ModelDiskState> disk_ = std::make_shared<ModelDiskState>();
  SystemClock clock_;
  FakeSink* good_ = nullptr;
  FakeSink* dead_ = nullptr;
  std::unique_ptr<Delivery> delivery_;
};

TEST_F(DeliveryTest, ADeadSinkDelaysNoOtherAndEachLedgerCloses) {
  Make();
  dead_->SetRoom(3);
  delivery_->Start();
  for (int i = 0; i < 500; ++i)
    EXPECT_TRUE(
        delivery_->Offer(TestAlert(i, static_cast<Severity>(1 + i % 5))));
  EXPECT_EQ(good_->AwaitGiven(500).size(), 500U);
  EXPECT_EQ(dead_->AwaitGiven(3).size(), 3U);
  delivery_->Stop();
  const DeliveryReport report = delivery_->Report();
  ASSERT_EQ(report.sinks.size(), 2U);
  EXPECT_EQ(report.sinks[0].ledger.acked, 500U);
  EXPECT_EQ(report.sinks[1].ledger.pending(), 500U);
  for (const auto& sink : report.sinks) EXPECT_TRUE(Closes(sink.ledger));
  EXPECT_EQ(report.sinks[1].trouble, "the other side is gone");
  uint64_t counted = 0;
  for (const uint64_t count : report.sinks[0].latency.counts) counted += count;
  EXPECT_EQ(counted, 500U);
}

TEST_F(DeliveryTest, ASinkThatForgotIsGivenAllAgainInOrder) {
  Make();
  delivery_->Start();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(delivery_->Offer(TestAlert(i)));
  (void)dead_->AwaitGiven(5);
  dead_->Rewind();
  const auto given = dead_->AwaitGiven(10);
  ASSERT_EQ(given.size(), 10U);
  for (size_t i = 0; i < 10; ++i)
    EXPECT_EQ(given[i], "uid-" + std::to_string(i % 5));
}

TEST_F(DeliveryTest, WhatHadToBeGivenUpIsToldAsAnAlert) {
  SpoolOptions options = TestOptions({"good", "dead"});
  options.quota = 256 << 10;
  Make(options);
  dead_->SetRoom(0);
  std::atomic<uint64_t> told{0};
  delivery_->SetTellLoss([&](const LostAlerts& loss) {
    told += loss.count;
    RenderedAlert alert = TestAlert(9999, Severity::kHigh);
    alert.rule = "lost";
    return alert;
  });
  delivery_->Start();
  for (int i = 0; i < 400; ++i)
    ASSERT_TRUE(delivery_->Offer(TestAlert(i, Severity::kLow, 1000)));
  EXPECT_GT(told, 100U);
  const auto given = good_->AwaitGiven(401);
  EXPECT_THAT(given, testing::Contains("uid-9999"));
  delivery_->Stop();
  EXPECT_EQ(delivery_->Report().sinks[1].ledger.evicted, told.load());
}

TEST_F(DeliveryTest, ADiskThatRefusesIsToldOnceAndDelaysNothing) {
  Make(TestOptions({"good", "dead"}));
  disk_->full = true;
  std::atomic<int> told{0};
  std::string trouble;
  delivery_->SetTellTrouble([&](const std::string& text) {
    ++told;
    trouble = text;
    return TestAlert(9999, Severity::kHigh);
  });
  delivery_->Start();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(delivery_->Offer(TestAlert(i)));
  EXPECT_THAT(good_->AwaitGiven(11), testing::Contains("uid-9999"));
  EXPECT_EQ(told, 1);
  EXPECT_THAT(trouble, testing::HasSubstr("No space left"));
}

TEST_F(DeliveryTest, AStopDrainsASinkThatIsWell) {
  Make();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(delivery_->Offer(TestAlert(i)));
  delivery_->Start();
  delivery_->Stop();
  EXPECT_EQ(delivery_->Report().sinks[0].ledger.acked, 100U);
  const auto spool = OpenSpool(disk_, TestOptions({"good", "dead"}));
  EXPECT_EQ(spool->ledger(0).pending(), 0U);
  EXPECT_EQ(spool->ledger(1).pending(), 100U);
}

std::string PropertyOf(const KafkaOptions& options, const std::string& name) {
  std::string found;
  const auto properties = PropertiesOf(options);
  if (!properties) return properties.error().ToString();
  for (const auto& [key, value] : *properties)
    if (key == name) found = value;  // the last holds
  return found;
}

TEST(KafkaOptions, KeepWhatDeliveryRestsOn) {
  const KafkaOptions options{.brokers = {"a:1", "b:2"}};
  EXPECT_EQ(PropertyOf(options, "bootstrap.servers"), "a:1,b:2");
  EXPECT_EQ(PropertyOf(options, "enable.idempotence"), "true");
  EXPECT_EQ(PropertyOf(options, "acks"), "all");
  EXPECT_EQ(PropertyOf(options, "partitioner"), "murmur2_random");
  EXPECT_EQ(PropertyOf(options, "message.timeout.ms"), "0");
  for (const char* property :
       {"acks=1", "enable.idempotence=false", "partitioner=random",
        "message.timeout.ms=1", "delivery.timeout.ms=1",
        "metadata.broker.list=c:3", "plugin.library.paths=x.so"})
    EXPECT_FALSE(PropertiesOf({.properties = {property}})) << property;
}

TEST(KafkaOptions, ATlsConnectionAlwaysChecksWhoAnswers) {
  const KafkaOptions options{.tls = true, .sasl_mechanism = "PLAIN"};
  EXPECT_EQ(PropertyOf(options, "security.protocol"), "sasl_ssl");
  EXPECT_EQ(PropertyOf(options, "enable.ssl.certificate.verification"), "true");
  EXPECT_EQ(PropertyOf(options, "ssl.endpoint.identification.algorithm"),
            "https");
  for (const char* property :
       {"security.protocol=plaintext", "sasl.mechanism=PLAIN",
        "enable.ssl.certificate.verification=false",
        "ssl.endpoint.identification.algorithm=none"})
    EXPECT_FALSE(PropertiesOf({.tls = true, .properties = {property}}))
        << property;
}

TEST(KafkaOptions, NoSecretStandsInAProperty) {
  for (const char* property :
       {"sasl.password=x", "ssl.key.password=x", "ssl.key.pem=x",
        "sasl.oauthbearer.client.secret=x", "sasl.oauthbearer.config=x"}) {
    const auto refused = PropertiesOf({.properties = {property}});
    ASSERT_FALSE(refused) << property;
    EXPECT_THAT(refused.error().ToString(), testing::HasSubstr("secret"));
  }
}

TEST(KafkaOptions, FurtherPropertiesWin) {
  EXPECT_EQ(PropertyOf({.properties = {"linger.ms=50"}}, "linger.ms"), "50");
  EXPECT_FALSE(PropertiesOf({.properties = {"linger.ms"}}));
}

}  // namespace
}  // namespace nameward
