// SPDX-License-Identifier: Apache-2.0
#include "source/loss_tracker.h"

namespace nameward {
namespace {

// A count that went back began anew: its entry was evicted in between.
uint32_t Growth(uint32_t now, uint32_t before) {
  return now >= before ? now - before : now;
}

}  // namespace

bool LossTracker::Grew(const ClassCounters& totals) const {
  if (unsettled_) return true;
  for (unsigned i = 0; i < NW_CLASSES; ++i) {
    for (const unsigned fate : {NW_DROPPED_FULL, NW_DROPPED_QUOTA}) {
      if (totals[i][fate] != totals_[i][fate]) return true;
    }
  }
  return false;
}

void LossTracker::Update(uint64_t now_ns, const ClassCounters& totals,
                         std::span<const CgroupLoss> losses,
                         RecordBatch& batch) {
  now_ns_ = now_ns;
  batch_ = &batch;
  if (losses.size() > kMaxCgroups) losses = losses.first(kMaxCgroups);
  std::unordered_map<uint64_t, Told, NumberHash> told;
  told.reserve(losses.size());
  for (const CgroupLoss& loss : losses) {
    const auto before = told_.find(loss.cgroup);
    TellCgroup(loss, before == told_.end() ? Told{} : before->second);
    told[loss.cgroup] = {loss.answers, loss.quota};
  }
  told_ = std::move(told);

  uint64_t quota = 0;
  for (const auto& fates : totals_) quota += fates[NW_DROPPED_QUOTA];
  TellRest(NW_CLASS_ANSWER, NW_DROPPED_FULL,
           totals_[NW_CLASS_ANSWER][NW_DROPPED_FULL] +
               totals_[NW_CLASS_QUERY][NW_DROPPED_FULL],
           by_cgroup_answers_);
  for (const unsigned i : {NW_CLASS_CONNECT, NW_CLASS_STATE})
    TellRest(i, NW_DROPPED_FULL, totals_[i][NW_DROPPED_FULL], 0);
  TellRest(NW_CLASS_QUERY, NW_DROPPED_QUOTA, quota, by_cgroup_quota_);
  unsettled_ = totals != totals_;
  totals_ = totals;
  since_ns_ = now_ns;
}

void LossTracker::TellCgroup(const CgroupLoss& loss, const Told& told) {
  const uint32_t answers = Growth(loss.answers, told.answers);
  const uint32_t quota = Growth(loss.quota, told.quota);
  by_cgroup_answers_ += answers;
  by_cgroup_quota_ += quota;
  Append({now_ns_, since_ns_, answers, loss.cgroup, NW_CLASS_ANSWER,
          NW_DROPPED_FULL});
  // The bucket is one for a cgroup's queries and answers together.
  Append({now_ns_, since_ns_, quota, loss.cgroup, NW_CLASS_QUERY,
          NW_DROPPED_QUOTA});
}

void LossTracker::TellRest(unsigned class_index, unsigned fate, uint64_t total,
                           uint64_t by_cgroup) {
  uint64_t& told = told_rest_[class_index][fate];
  if (total <= by_cgroup + told) return;
  const uint64_t rest = total - by_cgroup - told;
  told += rest;
  Append({now_ns_, since_ns_, rest, 0, class_index, fate});
}

void LossTracker::Append(LossRecord record) {
  if (record.count > 0) batch_->AppendStruct(RecordType::kLoss, record);
}

}  // namespace nameward
