// SPDX-License-Identifier: Apache-2.0
#include "enrich/enrich.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace nameward {
namespace {

// The root of every cgroup hierarchy (kernel: CGROUP root kernfs node), and so
// the host's own processes.
constexpr uint64_t kRootCgroup = 1;

// Found by address: a capture's clients are named so by its source.
constexpr std::string_view kClientPrefix = "/pcap/";

const PodContainer* OnlyContainer(const PodState& state) {
  return state.containers.size() == 1 ? &state.containers.front() : nullptr;
}

}  // namespace

// Whether the workload has these names already.
bool Enricher::Says(const Workload& workload, const Names& names) {
  return workload.pod == names.pod && workload.pod_uid == names.pod_uid &&
         workload.naming == names.naming &&
         (!workload.container ||
          (workload.container->name == names.name &&
           workload.container->image == names.image &&
           workload.container->image_id == names.image_id));
}

WorkloadRef Enricher::Describe(uint64_t cgroup, std::string_view path,
                               const CgroupPath& parsed, const Names& names) {
  auto workload = std::make_shared<Workload>();
  workload->cgroup_id = cgroup;
  workload->cgroup_path = path;
  workload->unit = parsed.unit;
  workload->pod_uid = names.pod_uid;
  workload->pod = names.pod;
  workload->naming = names.naming;
  if (!parsed.container_id.empty())
    workload->container =
        Container{std::string(parsed.container_id), std::string(names.name),
                  std::string(names.image), std::string(names.image_id)};
  return workload;
}

Enricher::Enricher(size_t most_cgroups) : most_cgroups_(most_cgroups) {
  Entry& root = entries_[kRootCgroup];
  root.workload = Describe(kRootCgroup, "/", {}, {});
  root.owner = kRootCgroup;
  root.known = true;
  stats_.known = 1;
}

void Enricher::ExpectPods() {
  if (std::exchange(pods_expected_, true)) return;
  JoinAll();
}

void Enricher::OnPods(const PodSnapshot& snapshot, BootTime now) {
  pods_expected_ = true;
  pods_.Take(snapshot, now);
  JoinAll();
}

void Enricher::OnSamePods(BootTime now) {
  pods_.Confirm(now);
  JoinAll();
}

void Enricher::JoinAll() {
  for (auto& [cgroup, entry] : entries_)
    if (entry.known && !entry.sealed) Join(cgroup, entry);
}

void Enricher::OnCgroup(const CgroupChange& change) {
  ForgetGone(change.time);
  if (change.what == CgroupChange::What::kGone) return OnGone(change);
  if (change.path.empty()) return;
  const auto found = entries_.find(change.id);
  if (found == entries_.end() && !MakeRoom()) {
    ++stats_.refused;
    return;
  }
  const bool told = found != entries_.end() && found->second.known &&
                    found->second.workload->cgroup_path == change.path;
  if (told && change.what == CgroupChange::What::kFound) return;
  const CgroupPath path = Parse(change.path);
  if (births_.BeginsAgain(change, path))
    Seal(std::string_view(change.path).substr(0, path.pod_end));
  Entry entry;
  entry.known = true;
  entry.container = path.container_end > 0;
  entry.owner = OwnerIn(change, path.container_end);
  if (change.what == CgroupChange::What::kBorn) {
    entry.born = change.time;
    entry.role = births_.Born(change, path);
    wish_ = wish_ || (pods_expected_ && path.pod_end > 0 &&
                      pods_.FindPod(path.raw_pod_uid) == nullptr);
  }
  const Names names = NamesOf(change.path, path, entry);
  entry.pending = names.pending;
  entry.workload = Describe(change.id, change.path, path, names);
  Entry& kept = entries_[change.id];
  if (!kept.known) ++stats_.known;
  kept = std::move(entry);
}

void Enricher::OnGone(const CgroupChange& change) {
  const auto found = entries_.find(change.id);
  if (found == entries_.end()) return;
  leaving_.push_back({change.id, change.time + kGoneKept});
  found->second.gone = true;
  found->second.gone_at = change.time;
  const std::string& path = found->second.workload->cgroup_path;
  births_.Gone(path, Parse(path));
  const auto container = containers_.find(path);
  if (container != containers_.end() && container->second == change.id)
    containers_.erase(container);
  if (found->second.container && found->second.owner == change.id)
    mounts_.Gone(change.id);
}

// What lay in the cgroup of a pod that went, before its uid came again.
void Enricher::Seal(std::string_view pod_path) {
  for (auto& [id, entry] : entries_) {
    if (entry.gone && entry.workload->cgroup_path.starts_with(pod_path))
      Seal(entry);
  }
}

void Enricher::Seal(Entry& entry) {
  entry.sealed = true;
  entry.pending = false;
}

// A cgroup below a container's own belongs to that container.  Beside cgroup v1
// a container stands in two hierarchies, and is one: the first that was seen.
uint64_t Enricher::OwnerIn(const CgroupChange& change, size_t container_end) {
  if (container_end == 0) return change.id;
  if (container_end == change.path.size())
    return containers_.try_emplace(change.path, change.id).first->second;
  const auto found = containers_.find(change.path.substr(0, container_end));
  return found == containers_.end() ? change.id : found->second;
}

uint64_t Enricher::OwnerOf(uint64_t cgroup) const {
  const auto found = entries_.find(cgroup);
  return found == entries_.end() ? cgroup : found->second.owner;
}

uint64_t Enricher::PodKeyOf(uint64_t cgroup) const {
  const auto found = entries_.find(cgroup);
  if (found == entries_.end()) return 0;
  const std::string& uid = found->second.workload->pod_uid;
  return uid.empty() ? 0 : HashText(uid) | 1;
}

WorkloadRef Enricher::WorkloadOf(uint64_t cgroup) const {
  const auto found = entries_.find(OwnerOf(cgroup));
  return found == entries_.end() ? nullptr : found->second.workload;
}

void Enricher::Attribute(Event& event) {
  Origin& origin = event.origin;
  origin.moved_from = 0;
  if (origin.mntns == 0) return;
  const MountNamespace ns{origin.mntns, origin.mntns_seq};
  const auto found = entries_.find(origin.cgroup_id);
  if (found == entries_.end() || !found->second.known) return;
  if (found->second.container) {
    const auto owner = entries_.find(found->second.owner);
    const bool born = owner != entries_.end();
    mounts_.SeeIn(
        {found->second.owner, born ? owner->second.born : BootTime::min()}, ns);
    return;
  }
  const uint64_t container = mounts_.SeeOutside(ns, event.time);
  if (container == 0 || entries_.count(container) == 0) return;
  ++stats_.moved;
  origin.moved_from = origin.cgroup_id;
  origin.cgroup_id = container;
}

bool Enricher::Enrich(Event& event) {
  const uint64_t cgroup = event.origin.cgroup_id;
  Entry* entry = Find(cgroup);
  if (entry == nullptr) entry = Learn(cgroup);
  if (entry == nullptr || !entry->known) ++stats_.unknown;
  if (entry == nullptr) {
    event.origin.workload = Describe(cgroup, {}, {}, {});
    return true;
  }
  event.origin.workload = entry->workload;
  return !entry->pending || event.time < entry->not_before;
}

void Enricher::GiveUp(uint64_t cgroup, BootTime now) {
  Entry* entry = Find(cgroup);
  if (entry == nullptr || !entry->pending) return;
  // A container that its pod does not tell may be no container of it at all
  // (the sandbox of a virtual machine): only news are waited for again.
  const bool missing = entry->workload->naming == Naming::kMissing;
  entry->not_before = missing ? now + kNotAgainFor : BootTime::max();
}

bool Enricher::TakeWish() { return std::exchange(wish_, false); }

Enricher::Entry* Enricher::Find(uint64_t cgroup) {
  const auto found = entries_.find(cgroup);
  return found == entries_.end() ? nullptr : &found->second;
}

// A workload that has nothing but its id, kept so that the next event of it
// allocates nothing; its path may come late.
Enricher::Entry* Enricher::Learn(uint64_t cgroup) {
  if (!MakeRoom()) {
    ++stats_.refused;
    return nullptr;
  }
  if (unknown_.size() >= most_cgroups_)  // most of them were named since
    std::erase_if(unknown_, [this](uint64_t id) {
      const Entry* entry = Find(id);
      return entry == nullptr || entry->known;
    });
  Entry& entry = entries_[cgroup];
  entry.workload = Describe(cgroup, {}, {}, {});
  entry.owner = cgroup;
  entry.pending = pods_expected_ && cgroup != 0;
  unknown_.push_back(cgroup);
  return &entry;
}

// Takes what the pods say now; the workload stays as it is if that is the same.
void Enricher::Join(uint64_t cgroup, Entry& entry) {
  const std::string path = entry.workload->cgroup_path;
  const CgroupPath parsed = Parse(path);
  if (entry.gone) {
    const KnownPod* pod = pods_.FindPod(parsed.raw_pod_uid);
    if (pod != nullptr && entry.gone_at <= pod->renamed) return Seal(entry);
  }
  const Names names = NamesOf(path, parsed, entry);
  entry.pending = names.pending;
  if (Says(*entry.workload, names)) return;
  entry.not_before = BootTime::min();  // news: perhaps there are more
  entry.workload = Describe(cgroup, path, parsed, names);
}

Enricher::Names Enricher::NamesOf(std::string_view path,
                                  const CgroupPath& parsed,
                                  const Entry& entry) const {
  Names names;
  names.pod_uid = parsed.PodUid();
  if (!pods_expected_) return names;
  if (!parsed.raw_pod_uid.empty()) {
    const KnownPod* pod = pods_.FindPod(parsed.raw_pod_uid);
    if (pod != nullptr) return NamesInPod(parsed, *pod, entry);
    names.naming = Naming::kMissing;
    names.pending = true;
  } else if (!parsed.container_id.empty()) {
    const KnownContainer* container = pods_.FindContainer(parsed.container_id);
    if (container != nullptr) return NamesOf(*container);
    names.pending = true;
  } else if (path.starts_with(kClientPrefix)) {
    const auto address = IpAddress::Parse(path.substr(kClientPrefix.size()));
    if (address) names.pod = pods_.FindAddress(*address);
    if (names.pod != nullptr) names.naming = Naming::kNamed;
  }
  return names;
}

Enricher::Names Enricher::NamesOf(const KnownContainer& container) {
  return {
      container.pod,      container.pod->uid, container.name, container.image,
      container.image_id, Naming::kNamed,     false};
}

Enricher::Names Enricher::NamesInPod(const CgroupPath& parsed,
                                     const KnownPod& pod,
                                     const Entry& entry) const {
  Names names{pod.state.pod, pod.state.pod->uid, {}, {}, {}, Naming::kNamed,
              false};
  if (parsed.container_id.empty()) return names;
  if (const auto* told = pods_.FindContainer(parsed.container_id)) {
    if (told->pod->uid == names.pod_uid) return NamesOf(*told);
    // The path lies, and who knows in which half: nobody is named.
    return {nullptr, parsed.PodUid(), {}, {}, {}, Naming::kMissing, false};
  }
  const auto found = entries_.find(entry.owner);
  const Entry& own = found == entries_.end() ? entry : found->second;
  const PodContainer* only = OnlyContainer(pod.state);
  if (own.role == PodChild::kContainer && only != nullptr && !pod.gone &&
      pods_.stats().taken >= own.born) {
    names.name = only->name;
    names.image = only->image;
    return names;
  }
  const bool sandbox =
      own.role == PodChild::kSandbox && pod.AllContainersTold();
  names.naming = sandbox ? Naming::kSandbox : Naming::kNoContainer;
  names.pending = !sandbox;
  return names;
}

CgroupPath Enricher::Parse(std::string_view path) const {
  return ParseCgroupPath(path, [this](std::string_view uid) {
    return pods_.FindPod(uid) != nullptr;
  });
}

void Enricher::Forget(uint64_t cgroup) {
  const auto found = entries_.find(cgroup);
  const Entry& entry = found->second;
  if (entry.known) --stats_.known;
  births_.Forget(entry.workload->cgroup_path);
  if (entry.container && entry.owner == cgroup) {
    mounts_.Forget(cgroup);
    const auto path = containers_.find(entry.workload->cgroup_path);
    if (path != containers_.end() && path->second == cgroup)
      containers_.erase(path);
  }
  entries_.erase(found);
}

void Enricher::ForgetGone(BootTime now) {
  while (!leaving_.empty() && leaving_.front().due <= now) {
    const uint64_t id = leaving_.front().id;
    leaving_.pop_front();
    if (entries_.count(id) > 0) Forget(id);
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
    const Entry* entry = Find(id);
    if (entry == nullptr || (!gone && entry->known)) continue;
    Forget(id);
    ++stats_.evicted;
  }
  return true;
}

}  // namespace nameward
