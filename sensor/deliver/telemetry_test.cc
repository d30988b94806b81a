// SPDX-License-Identifier: Apache-2.0
#include "deliver/telemetry.h"

#include <gtest/gtest.h>

#include <string>

namespace nameward {
namespace {

KafkaOptions Nobody() {
  KafkaOptions options;
  options.brokers = {"127.0.0.1:1"};
  return options;
}

RenderedAlert Record(size_t size) {
  RenderedAlert record;
  record.uid = "boot.1.1";
  record.key = "payments/Deployment/checkout";
  record.text = std::string(size, 'x');
  return record;
}

TEST(Telemetry, DropsAndCountsWhatFindsTheQueueFull) {
  SystemClock clock;
  auto telemetry = Telemetry::Make(Nobody(), {"dns", "connects"}, clock);
  ASSERT_TRUE(telemetry);
  const RenderedAlert record = Record(size_t{1} << 20);
  for (int i = 0; i < 3; ++i)
    (*telemetry)->Offer(TelemetryStream::kDns, record);
  (*telemetry)->Offer(TelemetryStream::kConnect, record);
  const TelemetryStats dns = (*telemetry)->stats(TelemetryStream::kDns);
  EXPECT_EQ(dns.offered, 3U);
  EXPECT_EQ(dns.dropped, 2U);  // keys take room, too
  EXPECT_EQ(dns.pending(), 1U);
  EXPECT_EQ((*telemetry)->stats(TelemetryStream::kConnect).dropped, 1U);
}

TEST(Telemetry, SaysBeforehandThatThereIsNoRoom) {
  SystemClock clock;
  auto telemetry = Telemetry::Make(Nobody(), {"dns", ""}, clock);
  ASSERT_TRUE(telemetry);
  EXPECT_TRUE((*telemetry)->HasRoom(TelemetryStream::kDns));
  RenderedAlert record = Record(0);
  record.text.resize(Telemetry::kMaxQueued - record.uid.size() -
                     record.key.size());
  (*telemetry)->Offer(TelemetryStream::kDns, record);
  EXPECT_FALSE((*telemetry)->HasRoom(TelemetryStream::kDns));
  const TelemetryStats stats = (*telemetry)->stats(TelemetryStream::kDns);
  EXPECT_EQ(stats.offered, 2U);
  EXPECT_EQ(stats.dropped, 1U);
}

TEST(Telemetry, EndsInTimeWithoutABrokerAndLeavesNothingUncounted) {
  SystemClock clock;
  auto telemetry = Telemetry::Make(Nobody(), {"dns", "connects"}, clock);
  ASSERT_TRUE(telemetry);
  (*telemetry)->Start();
  for (int i = 0; i < 20'000; ++i)
    (*telemetry)->Offer(TelemetryStream::kConnect, Record(1000));
  const BootTime before = clock.Now();
  (*telemetry)->Stop();
  EXPECT_LT(clock.Now() - before, 20s);
  const TelemetryStats stats = (*telemetry)->stats(TelemetryStream::kConnect);
  EXPECT_EQ(stats.offered, 20'000U);
  EXPECT_EQ(stats.sent, 0U);
  EXPECT_EQ(stats.dropped, 20'000U);
}

TEST(Telemetry, IsOffWhereNoTopicIsNamed) {
  SystemClock clock;
  auto telemetry = Telemetry::Make(Nobody(), {"", "connects"}, clock);
  ASSERT_TRUE(telemetry);
  EXPECT_FALSE((*telemetry)->Wants(TelemetryStream::kDns));
  EXPECT_TRUE((*telemetry)->Wants(TelemetryStream::kConnect));
}

TEST(Telemetry, NeedsABroker) {
  SystemClock clock;
  EXPECT_FALSE(Telemetry::Make({}, {"dns", ""}, clock));
}

}  // namespace
}  // namespace nameward
