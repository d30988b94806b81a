// SPDX-License-Identifier: Apache-2.0
// Telemetry, with a broker of librdkafka's own.
#include <gtest/gtest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <poll.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <functional>
#include <string>

#include "deliver/telemetry.h"

namespace nameward {
namespace {

class SkippingClock final : public Clock {
 public:
  BootTime Now() override { return clock_.Now() + Nanoseconds(skipped_); }
  ClockOffset Offset() override { return clock_.Offset(); }
  void Skip(Nanoseconds duration) { skipped_ += duration.count(); }

 private:
  SystemClock clock_;
  std::atomic<int64_t> skipped_{0};
};

class Cluster {
 public:
  Cluster()
      : host_(rd_kafka_new(RD_KAFKA_PRODUCER, nullptr, nullptr, 0)),
        cluster_(rd_kafka_mock_cluster_new(host_, 1)) {}
  ~Cluster() {
    rd_kafka_mock_cluster_destroy(cluster_);
    rd_kafka_destroy(host_);
  }
  std::string brokers() { return rd_kafka_mock_cluster_bootstraps(cluster_); }

 private:
  rd_kafka_t* host_;
  rd_kafka_mock_cluster_t* cluster_;
};

bool Await(const std::function<bool()>& condition) {
  for (int i = 0; i < 4000; ++i) {  // 20 s and more
    if (condition()) return true;
    poll(nullptr, 0, 5);
  }
  return false;
}

TEST(Telemetry, CountsEachRecordOnceThoughASecretChanges) {
  Cluster cluster;
  SkippingClock clock;
  KafkaOptions options;
  options.brokers = {cluster.brokers()};
  options.ca_file =
      testing::TempDir() + "telemetry_ca." + std::to_string(getpid());
  auto telemetry = Telemetry::Make(options, {"dns", ""}, clock);
  ASSERT_TRUE(telemetry);
  (*telemetry)->Start();
  RenderedAlert record;
  record.uid = "boot.1.1";
  record.text = "{}";
  const auto stats = [&] { return (*telemetry)->stats(TelemetryStream::kDns); };
  for (uint64_t i = 1; i <= 4; ++i) {
    std::ofstream(options.ca_file, std::ios::app) << "changed";
    clock.Skip(20s);
    (*telemetry)->Offer(TelemetryStream::kDns, record);
    ASSERT_TRUE(Await([&] { return stats().sent == i; }));
    EXPECT_EQ(stats().offered, i);
    EXPECT_EQ(stats().dropped, 0U);
    EXPECT_EQ(stats().pending(), 0U);
  }
  std::remove(options.ca_file.c_str());
}

}  // namespace
}  // namespace nameward
