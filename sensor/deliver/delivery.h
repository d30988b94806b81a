// SPDX-License-Identifier: Apache-2.0
// Alerts through the spool to several sinks, each at its own pace.
//
// Offer appends and returns; a syncer makes alerts durable within kSyncEvery,
// and at once after a critical one; each sink has a thread that gives it the
// spool's alerts in order.  So a slow or dead sink delays neither the sensor
// nor another sink.  Alerts that had to be given up are told as an alert, too,
// and so is a disk that refuses, every kTellTroubleEvery while it does.
//
// Threads: Offer by one; Start once the rights are dropped; the rest by any.
#ifndef NAMEWARD_DELIVER_DELIVERY_H_
#define NAMEWARD_DELIVER_DELIVERY_H_

#include <array>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "deliver/sink.h"
#include "deliver/spool.h"
#include "deliver/spooled_sink.h"

namespace nameward {

// From the event to the acknowledgement, or of a sync.
struct LatencyHistogram {
  static constexpr std::array<int, 12> kMilliseconds = {
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 60'000};
  std::array<uint64_t, kMilliseconds.size() + 1> counts{};  // the last: more
  double seconds = 0;
  void Add(Nanoseconds latency);
};

struct DeliveryReport {
  struct Sink {
    std::string name;
    SinkLedger ledger;
    LatencyHistogram latency;
    std::string trouble;
    Nanoseconds oldest{0};  // age of the oldest in flight
  };
  SpoolStats spool;
  LatencyHistogram syncs;  // that had something to sync
  uint64_t quota = 0;
  std::string trouble;  // of the spool
  // At the rate of the last minutes; negative: nothing comes.
  double minutes_left = -1;
  std::vector<Sink> sinks;
};

class Delivery final : public AlertSink {
 public:
  static constexpr Nanoseconds kSyncEvery = 40ms;  // and a sync takes its time
  static constexpr Nanoseconds kTellTroubleEvery = 10min;
  // A stop waits so long for sinks that are well, and then cancels.
  static constexpr Nanoseconds kDrain = 5s;

  using TellLoss = std::function<RenderedAlert(const LostAlerts&)>;
  using TellTrouble = std::function<RenderedAlert(const std::string& trouble)>;
  // `sinks` in the order of the spool's names.
  Delivery(std::unique_ptr<Spool> spool,
           std::vector<std::unique_ptr<SpooledSink>> sinks,
           std::vector<std::string> names, Clock& clock);
  ~Delivery() override;

  // Makes an alert of a loss; before Start.
  void SetTellLoss(TellLoss tell) { tell_loss_ = std::move(tell); }
  void SetTellTrouble(TellTrouble tell) { tell_trouble_ = std::move(tell); }
  // Other than kSyncEvery; before Start.
  void SetSyncEvery(Nanoseconds every) { sync_every_ = every; }
  void Start();
  // Drains as far as the sinks let it, and closes the spool.
  void Stop();

  Status Offer(const RenderedAlert& alert) override;
  Status Flush() override { return Ok(); }
  // Of the sinks' lines; what else is on its way, Report says.
  SinkStats stats() const override;

  DeliveryReport Report();

 private:
  struct Feed {
    std::string name;
    std::unique_ptr<SpooledSink> sink;
    std::thread thread;
    std::mutex mutex;  // guards latency
    LatencyHistogram latency;
  };
  void RunFeed(size_t index);
  bool Drained(size_t index);
  void RunSyncer();
  void OnAck(size_t index, uint64_t position, Spool::Outcome outcome);
  void TellOfItself();
  WallTime WallNow() { return clock_.Offset().ToWall(clock_.Now()); }

  const std::unique_ptr<Spool> spool_;
  std::vector<std::unique_ptr<Feed>> feeds_;
  Clock& clock_;
  TellLoss tell_loss_;
  TellTrouble tell_trouble_;
  std::optional<BootTime> trouble_told_;
  std::atomic<bool> stopping_{false};
  std::atomic<bool> closing_{false};
  std::mutex feeding_mutex_;  // guards feeding_
  size_t feeding_ = 0;        // threads that feed a sink
  std::condition_variable fed_;
  std::atomic<int64_t> deadline_ns_{0};
  Nanoseconds sync_every_ = kSyncEvery;
  std::thread syncer_;
  std::mutex syncs_mutex_;
  LatencyHistogram syncs_;
  BootTime rate_since_{};  // of Report, under rate_mutex_
  std::mutex rate_mutex_;
  uint64_t rate_bytes_ = 0;
  double bytes_per_second_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_DELIVERY_H_
