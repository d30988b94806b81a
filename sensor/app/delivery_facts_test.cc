// SPDX-License-Identifier: Apache-2.0
#include "app/delivery_facts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace nameward {
namespace {

using testing::HasSubstr;

constexpr uint64_t kMebibyte = uint64_t{1} << 20;

TEST(DeliveryFacts, AreOfTheSinkAloneWithoutSpoolAndBroker) {
  const auto facts = DeliveryFacts({});
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(facts[0].text, "to stdout");
}

TEST(DeliveryFacts, ASpoolNeedsItsQuotaOnADisk) {
  const auto fact = [](const FolderRoom& room) {
    return RoomFact("/spool", 100 * kMebibyte, room);
  };
  EXPECT_EQ(fact({.free = 60 * kMebibyte, .used = 40 * kMebibyte}).state,
            FactState::kOk);
  EXPECT_THAT(fact({.free = 59 * kMebibyte, .used = 40 * kMebibyte}).text,
              HasSubstr("only 59 MiB left"));
  EXPECT_EQ(fact({.free = kMebibyte << 10, .in_memory = true}).state,
            FactState::kDegraded);
}

TEST(DeliveryFacts, ASpoolThatCanNotBeMadeIsMissing) {
  Settings settings;
  settings.spool = "/no/such/folder";
  const auto facts = DeliveryFacts(settings);
  ASSERT_EQ(facts.size(), 2U);
  EXPECT_EQ(facts[1].state, FactState::kMissing) << facts[1].text;
  settings.spool = "/dev/null";
  EXPECT_THAT(DeliveryFacts(settings)[1].text, HasSubstr("is no folder"));
}

TEST(DeliveryFacts, ATopicMustBeThereAndOutliveABroker) {
  KafkaCluster cluster{3, {{"alerts", 12, 3, ""}, {"dry-runs", 1, 3, ""}}};
  EXPECT_EQ(ClusterFact(cluster).state, FactState::kOk);
  cluster.topics[1].replicas = 1;
  EXPECT_EQ(ClusterFact(cluster).state, FactState::kDegraded);
  cluster.topics[1].error = "Broker: Unknown topic or partition";
  EXPECT_EQ(ClusterFact(cluster).state, FactState::kMissing);
  EXPECT_THAT(ClusterFact(cluster).text, HasSubstr("dry-runs: Broker: Unk"));
}

TEST(DeliveryFacts, ABrokerThatIsNotThereIsMissing) {
  Settings settings;
  settings.kafka.brokers = {"127.0.0.1:1"};
  const auto facts = DeliveryFacts(settings);
  ASSERT_EQ(facts.size(), 3U);
  EXPECT_EQ(facts[1].state, FactState::kDegraded);  // no spool
  EXPECT_EQ(facts[2].state, FactState::kMissing);
  EXPECT_THAT(facts[2].text, HasSubstr("Connection refused"));
}

TEST(DeliveryFacts, APasswordInClearIsNamedWithItsMend) {
  Settings settings;
  settings.kafka.brokers = {"127.0.0.1:1"};
  settings.kafka.sasl_mechanism = "PLAIN";
  const auto facts = DeliveryFacts(settings);
  ASSERT_EQ(facts.size(), 4U);
  EXPECT_EQ(facts[2].name, "kafka security");
  EXPECT_EQ(facts[2].state, FactState::kDegraded);
  EXPECT_THAT(facts[2].text, HasSubstr("password in clear"));
  EXPECT_THAT(facts[2].mend, HasSubstr("kafka.tls"));
}

// One of the two halves runs, whichever library is linked.
TEST(DeliveryFacts, ALibraryThatCanNotSpeakScramIsNamed) {
  Settings settings;
  settings.kafka.brokers = {"127.0.0.1:1"};
  settings.kafka.sasl_mechanism = "SCRAM-SHA-512";
  settings.kafka.tls = true;
  const auto facts = DeliveryFacts(settings);
  const std::string limits = KafkaLimits(settings.kafka);
  ASSERT_EQ(facts.size(), limits.empty() ? 3U : 4U);
  if (limits.empty()) return;
  EXPECT_EQ(facts[2].state, FactState::kDegraded);
  EXPECT_THAT(facts[2].text, HasSubstr("Kafka 3.8.1"));
}

}  // namespace
}  // namespace nameward
