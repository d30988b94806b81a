// SPDX-License-Identifier: Apache-2.0
#include "app/pipeline.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "app/policy_files.h"
#include "app/pump.h"
#include "source/replay_source.h"

namespace nameward {
namespace {

const std::string kReplay = std::string(NW_SOURCE_DIR) + "/tests/replay/";

// Refuses every line, as a full disk or a closed pipe does.
class RefusingSink final : public AlertSink {
 public:
  explicit RefusingSink(int code) : code_(code) {}
  Status Offer(const RenderedAlert&) override {
    ++stats_.offered;
    ++stats_.failed;
    ++stats_.errors;
    return ErrnoError("write alert", code_);
  }
  Status Flush() override { return Ok(); }

 private:
  const int code_;
};

// The golden recording, which raises alerts, through a pipeline.
Status Replay(AlertSink& alerts, Ledger& ledger) {
  const auto policy = ReadPolicy({kReplay + "policy.yaml"});
  EXPECT_TRUE(policy);
  PipelineOutputs outputs;
  outputs.alerts = &alerts;
  Pipeline pipeline(LoadOrComplain(*policy), outputs);
  auto source = ReplaySource::Open(kReplay + "golden/v1.nwrec");
  EXPECT_TRUE(source);
  Status pumped = Pump(*source, pipeline, [](uint64_t) {});
  Status finished = pipeline.Finish();
  pipeline.AddTo(ledger);
  return pumped ? finished : pumped;
}

TEST(Pipeline, AFullDiskIsCountedAndEndsNothing) {
  RefusingSink disk(ENOSPC);
  Ledger ledger;
  EXPECT_TRUE(Replay(disk, ledger));
  EXPECT_GT(disk.stats().offered, 1U);
  EXPECT_EQ(ledger.At("sink_lines", "failed"), disk.stats().offered);
  EXPECT_EQ(ledger.Total("sink_errors"), disk.stats().offered);
}

TEST(Pipeline, AReaderThatIsGoneEndsTheRun) {
  RefusingSink pipe(EPIPE);
  Ledger ledger;
  const Status status = Replay(pipe, ledger);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, EPIPE);
}

}  // namespace
}  // namespace nameward
