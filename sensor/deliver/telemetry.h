// SPDX-License-Identifier: Apache-2.0
// Raw telemetry to Kafka: bulk that may never hold back or displace an alert.
//
// It has a queue of its own in memory, a thread and a producer of its own, and
// no spool.  Offer never waits: what finds the queue full is dropped, and so is
// what the brokers do not take within half a minute.  At any time, for each
// stream, offered = sent + dropped + pending; each is a count of its own.
//
// Threads: Offer by one; the rest by any.
#ifndef NAMEWARD_DELIVER_TELEMETRY_H_
#define NAMEWARD_DELIVER_TELEMETRY_H_

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "deliver/kafka_options.h"
#include "deliver/kafka_producer.h"
#include "model/alert.h"

namespace nameward {

enum class TelemetryStream : uint8_t { kDns, kConnect };
inline constexpr size_t kTelemetryStreams = 2;

struct TelemetryTopics {
  std::string dns;  // empty: off
  std::string connect;
};

struct TelemetryStats {
  uint64_t offered = 0;
  uint64_t sent = 0;  // a broker has it
  uint64_t dropped = 0;
  uint64_t queued = 0;
  uint64_t in_producer = 0;
  uint64_t pending() const { return queued + in_producer; }
};

class Telemetry final : KafkaListener {
 public:
  // Waiting here, as much again on the way to the producer, and as much in it.
  static constexpr size_t kMaxQueued = size_t{2} << 20;

  // Checks the options; connects to nothing before Start.
  static Result<std::unique_ptr<Telemetry>> Make(const KafkaOptions& options,
                                                 const TelemetryTopics& topics,
                                                 Clock& clock);
  ~Telemetry() override;

  void Start();
  // Sends what the brokers take within a few seconds; the rest is dropped.
  void Stop();

  bool Wants(TelemetryStream stream) const {
    return !topics_[static_cast<size_t>(stream)].empty();
  }
  // False: the record would be dropped, so it need not be rendered; counted.
  bool HasRoom(TelemetryStream stream);
  void Offer(TelemetryStream stream, const RenderedAlert& record);

  TelemetryStats stats(TelemetryStream stream) const;
  // What keeps it from sending, for people; empty: nothing.
  std::string Trouble() const;

 private:
  struct Item {
    TelemetryStream stream{};
    WallTime time;
    size_t uid = 0;  // bytes, one behind the other
    size_t key = 0;
    size_t text = 0;
  };
  struct Batch {
    std::string bytes;
    std::vector<Item> items;
    void Clear() { bytes.clear(), items.clear(); }
  };
  using Place = uint64_t TelemetryStats::*;

  Telemetry(const KafkaOptions& options, const TelemetryTopics& topics,
            Clock& clock);
  void Run();
  bool Take(Batch& batch);
  void Send(const Batch& batch);
  void SendOne(const Item& item, const char* bytes);
  KafkaProducer::Answer Produce(const KafkaMessage& message);
  bool HasProducer();
  void TearDown();
  bool GivesUp() const;
  void OnReport(uint64_t tag, Fate fate, const std::string& why) override;
  void OnTrouble(const std::string& text, bool fatal) override;
  void Move(size_t stream, Place from, Place to);

  const KafkaOptions options_;
  const std::array<std::string, kTelemetryStreams> topics_;
  Clock& clock_;
  std::unique_ptr<KafkaProducer> producer_;
  BootTime built_{};
  BootTime secrets_looked_at_{};
  std::atomic<bool> rebuild_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<int64_t> deadline_ns_{0};
  mutable std::mutex mutex_;  // guards the rest but the thread
  std::condition_variable changed_;
  std::array<TelemetryStats, kTelemetryStreams> stats_;
  Batch queue_;
  std::string trouble_;
  std::thread thread_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_TELEMETRY_H_
