// SPDX-License-Identifier: Apache-2.0
#include "deliver/spooled_sink.h"

#include <gtest/gtest.h>

#include "deliver/delivery.h"
#include "deliver/spool_testing.h"

namespace nameward {
namespace {

// Keeps a line while it is full, as a file on a full disk does.
class FullDisk final : public AlertSink {
 public:
  explicit FullDisk(const bool& full) : full_(full) {}
  Status Offer(const RenderedAlert&) override {
    ++stats_.offered;
    ++stats_.pending;
    return Flush();
  }
  Status Flush() override {
    if (full_) {
      ++stats_.errors;
      return ErrnoError("write alert", ENOSPC);
    }
    stats_.delivered += std::exchange(stats_.pending, 0);
    return Ok();
  }

 private:
  const bool& full_;
};

SpooledAlert At(uint64_t position) {
  return {position, position, TestAlert(static_cast<int>(position))};
}

TEST(LineSpooledSink, ItsTroubleEndsWithTheDisks) {
  bool full = true;
  std::vector<uint64_t> acked;
  LineSpooledSink sink(std::make_unique<FullDisk>(full));
  sink.Start([&](uint64_t position, Spool::Outcome outcome) {
    EXPECT_EQ(outcome, Spool::Outcome::kDelivered);
    acked.push_back(position);
  });
  EXPECT_TRUE(sink.Offer(At(7)));
  sink.Wait(0ms);
  EXPECT_FALSE(sink.Offer(At(8)));
  EXPECT_NE(sink.Trouble().find("No space left"), std::string::npos);
  EXPECT_EQ(sink.Lines().pending, 1U);
  EXPECT_EQ(sink.Lines().errors, 2U);
  EXPECT_TRUE(acked.empty());
  full = false;
  sink.Wait(0ms);
  EXPECT_EQ(sink.Trouble(), "");
  EXPECT_EQ(acked, std::vector<uint64_t>{7});
  EXPECT_EQ(sink.Lines().delivered, 1U);
}

TEST(LineSpooledSink, ItsLinesAreCountedByDelivery) {
  const bool full = true;
  SystemClock clock;
  std::vector<std::unique_ptr<SpooledSink>> sinks;
  sinks.push_back(
      std::make_unique<LineSpooledSink>(std::make_unique<FullDisk>(full)));
  Delivery delivery(Spool::InMemory(TestOptions({"file"})), std::move(sinks),
                    {"file"}, clock);
  EXPECT_TRUE(delivery.Offer(TestAlert(0)));
  EXPECT_TRUE(delivery.Offer(TestAlert(1)));
  delivery.Start();
  delivery.Stop();
  const SinkStats stats = delivery.stats();
  EXPECT_EQ(stats.offered, 1U);  // the other waits in the spool
  EXPECT_EQ(stats.pending, 1U);
  EXPECT_GT(stats.errors, 0U);
  EXPECT_EQ(delivery.Report().sinks[0].ledger.pending(), 2U);
}

}  // namespace
}  // namespace nameward
