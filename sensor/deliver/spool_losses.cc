// SPDX-License-Identifier: Apache-2.0
// What can't be given any more, and that each of it is named: also what a
// process that died had not told yet, by the state.
#include <algorithm>
#include <utility>

#include "deliver/spool.h"

namespace nameward {
namespace {

using Reason = LostAlerts::Reason;

}  // namespace

std::string_view ToString(Reason reason) {
  constexpr std::string_view kNames[] = {"quota",    "memory",  "power cut",
                                         "too long", "damaged", "killed"};
  return kNames[static_cast<size_t>(reason)];
}

// One entry for each reason, stream and severity: bounded by its key.
void Spool::Merge(const LostAlerts& loss, Losses& losses) {
  const auto [at, is_new] =
      losses.try_emplace({loss.reason, loss.stream, loss.severity}, loss);
  if (is_new) return;
  LostAlerts& known = at->second;
  known.first_sequence = std::min(known.first_sequence, loss.first_sequence);
  known.last_sequence = std::max(known.last_sequence, loss.last_sequence);
  known.count += loss.count;
}

void Spool::NoteLoss(const LostAlerts& loss) { Merge(loss, losses_); }

// Of what this sink has not taken; what another one lost, too, is named once.
void Spool::GiveUpUntaken(Segment& segment, size_t index, Reason reason) {
  SinkLedger& ledger = sinks_[index].ledger;
  uint64_t& account =
      reason == Reason::kDamaged ? ledger.damaged : ledger.evicted;
  for (uint8_t stream = 0; stream < spool::kStreams; ++stream) {
    const spool::SequenceRange& range = segment.sums.streams[stream];
    const uint64_t lost = segment.Untaken(index, stream);
    ledger.untaken -= lost;
    account += lost;
    segment.taken[index][stream] = range.count;
    if (lost <= segment.named[stream]) continue;
    NoteLoss({reason, stream, static_cast<uint8_t>(segment.lane + 1),
              range.first, range.last, lost - segment.named[stream]});
    segment.named[stream] = lost;
  }
}

std::vector<LostAlerts> Spool::TakeLosses() {
  std::vector<LostAlerts> losses;
  {
    const std::lock_guard lock(mutex_);
    if (losses_.empty()) return losses;
    for (const auto& [key, loss] : losses_) losses.push_back(loss);
    told_ = std::exchange(losses_, {});
    told_from_ = next_position_;
  }
  SaveState(false);
  return losses;
}

// What the death of the process would cost: in flight, and where no next run
// finds it.
void Spool::AddInDoubt(Losses& losses) {
  if (!in_doubt_) return;
  in_doubt_ = !memory_.empty();
  for (const Sink& sink : sinks_)
    for (const InFlight::Entry& entry : sink.in_flight.entries()) {
      if (entry.acked || (entry.segment != nullptr && !entry.segment->evicted))
        continue;
      in_doubt_ = true;
      Merge({Reason::kKilled, entry.stream, entry.severity, entry.sequence,
             entry.sequence, 1},
            losses);
    }
  const uint32_t all = (1U << sinks_.size()) - 1;
  for (const MemoryRecord& record : memory_)
    if (record.taken != all)
      Merge({Reason::kKilled, record.header.stream, record.header.severity,
             record.header.sequence, record.header.sequence, 1},
            losses);
}

void Spool::PutLosses(spool::State& state) {
  if (next_position_ >= told_from_ + told_.size()) told_.clear();
  Losses untold = losses_;
  AddInDoubt(untold);
  state.told_from = told_from_;
  size_t next = 0;
  for (const Losses* losses : {&std::as_const(untold), &std::as_const(told_)})
    for (const auto& [key, loss] : *losses)
      if (next < state.losses.size())
        state.losses[next++] = {static_cast<uint8_t>(loss.reason),
                                loss.stream,
                                loss.severity,
                                static_cast<uint8_t>(losses == &told_),
                                0,
                                loss.first_sequence,
                                loss.last_sequence,
                                loss.count};
  if (evicting_ != nullptr) {
    state.evicting_severity = evicting_->lane + 1;
    state.evicting_position = evicting_->first_position;
  }
}

// Not those that an alert on disk tells: the name of a segment says that its
// first was to be written, not that it was.
void Spool::AdoptLosses(const spool::State& state) {
  uint64_t appended = state.next_position;
  for (const auto& lane : lanes_)
    if (!lane.empty())
      appended = std::max(appended, lane.back()->sums.last_position + 1);
  uint64_t teller = state.told_from;
  for (const spool::Loss& loss : state.losses) {
    const bool told = loss.told == 1 && teller++ < appended;
    if (loss.count == 0 || told || loss.stream >= spool::kStreams ||
        loss.severity > spool::kLanes ||
        loss.reason > static_cast<uint8_t>(Reason::kKilled))
      continue;
    NoteLoss({static_cast<Reason>(loss.reason), loss.stream, loss.severity,
              loss.first, loss.last, loss.count});
  }
}

}  // namespace nameward
