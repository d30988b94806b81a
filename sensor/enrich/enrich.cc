// SPDX-License-Identifier: Apache-2.0
#include "enrich/enrich.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "enrich/cgroup_path.h"

namespace nameward {
namespace {

// The root of every cgroup hierarchy (kernel: CGROUP root kernfs node), and so
// the host's own processes.
constexpr uint64_t kRootCgroup = 1;

WorkloadRef Describe(uint64_t id, std::string_view path) {
  auto workload = std::make_shared<Workload>();
  workload->cgroup_id = id;
  workload->cgroup_path = path;
  const CgroupPath parsed = ParseCgroupPath(path);
  workload->unit = parsed.unit;
  if (!parsed.container_id.empty())
    workload->container = Container{std::string(parsed.container_id), {}, {}};
  return workload;
}

}  // namespace

Enricher::Enricher(size_t most_cgroups) : most_cgroups_(most_cgroups) {
  entries_[kRootCgroup] = {Describe(kRootCgroup, "/"), kRootCgroup, true};
  stats_.known = 1;
}

void Enricher::OnCgroup(const CgroupChange& change) {
  ForgetGone(change.time);
  if (change.what == CgroupChange::What::kGone) {
    if (entries_.count(change.id) > 0)
      leaving_.push_back({change.id, change.time + kGoneKept});
    return;
  }
  if (change.path.empty()) return;
  const auto found = entries_.find(change.id);
  if (found == entries_.end() && !MakeRoom()) {
    ++stats_.refused;
    return;
  }
  Entry entry{Describe(change.id, change.path), 0, true};
  entry.owner = OwnerIn(change, ParseCgroupPath(change.path).container_end);
  Entry& kept = entries_[change.id];
  if (!kept.known) ++stats_.known;
  kept = std::move(entry);
}

// A cgroup below a container's own belongs to what its parent belongs to.
uint64_t Enricher::OwnerIn(const CgroupChange& change,
                           size_t container_end) const {
  const bool below = container_end > 0 && container_end < change.path.size();
  if (!below || change.parent == 0) return change.id;
  const auto parent = entries_.find(change.parent);
  return parent == entries_.end() ? change.id : parent->second.owner;
}

uint64_t Enricher::OwnerOf(uint64_t cgroup) const {
  const auto found = entries_.find(cgroup);
  return found == entries_.end() ? cgroup : found->second.owner;
}

void Enricher::Enrich(Event& event) {
  const uint64_t cgroup = event.origin.cgroup_id;
  const auto found = entries_.find(cgroup);
  if (found == entries_.end()) {
    ++stats_.unknown;
    event.origin.workload = Learn(cgroup);
    return;
  }
  if (!found->second.known) ++stats_.unknown;
  event.origin.workload = found->second.workload;
}

// A workload that has nothing but its id, kept so that the next event of it
// allocates nothing.
WorkloadRef Enricher::Learn(uint64_t cgroup) {
  WorkloadRef workload = Describe(cgroup, {});
  if (!MakeRoom()) {
    ++stats_.refused;
    return workload;
  }
  if (unknown_.size() >= most_cgroups_)  // most of them were named since
    std::erase_if(unknown_, [this](uint64_t id) {
      const auto found = entries_.find(id);
      return found == entries_.end() || found->second.known;
    });
  entries_[cgroup] = {workload, cgroup, false};
  unknown_.push_back(cgroup);
  return workload;
}

void Enricher::ForgetGone(BootTime now) {
  while (!leaving_.empty() && leaving_.front().due <= now) {
    const auto found = entries_.find(leaving_.front().id);
    leaving_.pop_front();
    if (found == entries_.end()) continue;
    if (found->second.known) --stats_.known;
    entries_.erase(found);
  }
}

// Room for one more: at the cost of what has gone first, then of what has no
// path; never of a known, living cgroup.
bool Enricher::MakeRoom() {
  while (entries_.size() >= most_cgroups_) {
    const bool gone = !leaving_.empty();
    if (!gone && unknown_.empty()) return false;
    const uint64_t id = gone ? leaving_.front().id : unknown_.front();
    gone ? leaving_.pop_front() : unknown_.pop_front();
    const auto found = entries_.find(id);
    if (found == entries_.end() || (!gone && found->second.known)) continue;
    if (found->second.known) --stats_.known;
    entries_.erase(found);
    ++stats_.evicted;
  }
  return true;
}

}  // namespace nameward
