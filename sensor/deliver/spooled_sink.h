// SPDX-License-Identifier: Apache-2.0
// A sink that is fed from the spool, by one thread of its own (delivery.h).
//
// It may hold several alerts at once and acknowledges each when the other side
// has it, in any order, from any thread.  What it can't deliver it asks for
// again: nothing that it was given is ever its to drop.
#ifndef NAMEWARD_DELIVER_SPOOLED_SINK_H_
#define NAMEWARD_DELIVER_SPOOLED_SINK_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "deliver/sink.h"
#include "deliver/spool.h"

namespace nameward {

class SpooledSink {
 public:
  using Acknowledge = std::function<void(uint64_t position, Spool::Outcome)>;

  virtual ~SpooledSink() = default;
  // Threads may be started from now on.
  virtual void Start(Acknowledge acknowledge) = 0;
  // False: there is no room, ask again after Wait.
  virtual bool Offer(const SpooledAlert& alert) = 0;
  // Lets time pass for it; returns early when there may be room.
  virtual void Wait(Nanoseconds most) = 0;
  // True once: it has forgotten what it did not acknowledge.
  virtual bool WantsRewind() { return false; }
  // Offer and Wait come back soon, also those under way.  Any thread.
  virtual void Cancel() {}
  // Nothing more comes; what is not acknowledged yet may be given up.
  virtual void Stop() {}
  // What keeps it from delivering, for people; empty: nothing.  Any thread.
  virtual std::string Trouble() const { return {}; }
  // Of the lines that it writes itself.  Any thread.
  virtual SinkStats Lines() const { return {}; }
};

// Lines of a file or of standard output: acknowledged when written.
class LineSpooledSink final : public SpooledSink {
 public:
  explicit LineSpooledSink(std::unique_ptr<AlertSink> lines)
      : lines_(std::move(lines)) {}
  void Start(Acknowledge acknowledge) override {
    acknowledge_ = std::move(acknowledge);
  }
  bool Offer(const SpooledAlert& alert) override;
  void Wait(Nanoseconds most) override;
  std::string Trouble() const override;
  SinkStats Lines() const override;

 private:
  void Settle(const Status& written);

  std::unique_ptr<AlertSink> lines_;
  Acknowledge acknowledge_;
  static constexpr uint64_t kNone = UINT64_MAX;
  uint64_t given_ = kNone;  // at most one is under way: Offer refuses the next
  mutable std::mutex mutex_;  // guards both
  std::string trouble_;
  SinkStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SPOOLED_SINK_H_
