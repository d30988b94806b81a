// SPDX-License-Identifier: Apache-2.0
#include "enrich/pod_index.h"

#include <algorithm>

namespace nameward {
namespace {

std::string Escaped(std::string_view uid) {
  std::string escaped(uid);
  std::replace(escaped.begin(), escaped.end(), '-', '_');
  return escaped;
}

// Equal but for the identity of the shared pod.
bool SameState(const PodState& a, const PodState& b) {
  return *a.pod == *b.pod && a.containers == b.containers &&
         a.addresses == b.addresses && a.finished == b.finished;
}

bool Lists(const PodState& state, std::string_view id) {
  return std::any_of(state.containers.begin(), state.containers.end(),
                     [id](const PodContainer& container) {
                       return std::find(container.ids.begin(),
                                        container.ids.end(),
                                        id) != container.ids.end();
                     });
}

}  // namespace

bool KnownPod::AllContainersTold() const {
  return std::none_of(
      state.containers.begin(), state.containers.end(),
      [](const PodContainer& container) { return container.ids.empty(); });
}

void PodIndex::Take(const PodSnapshot& snapshot, BootTime now) {
  ++stats_.snapshots;
  stats_.taken = now;
  for (auto& [uid, known] : pods_) ++known.absences;
  for (const PodState& state : snapshot.pods)
    if (state.pod != nullptr) TakePod(state, now);
  NoteAbsent(now);
  ForgetGone(now);
  NoteAddresses(snapshot.node_addresses);
  Count();
}

void PodIndex::Confirm(BootTime now) {
  stats_.taken = now;
  for (auto& [uid, known] : pods_)
    if (known.absences > 0) ++known.absences;
  NoteAbsent(now);
  ForgetGone(now);
  Count();
}

void PodIndex::TakePod(const PodState& state, BootTime now) {
  const auto [found, fresh] = pods_.try_emplace(state.pod->uid);
  KnownPod& known = found->second;
  const bool was_gone = known.gone;
  known.absences = 0;
  known.gone = false;
  if (fresh) {
    known.state = state;
    escaped_[Escaped(state.pod->uid)].push_back(state.pod->uid);
  } else {
    if (!was_gone && SameState(known.state, state)) return;
    DropContainers(known.state, &state, now);
    if (known.state.pod->name != state.pod->name ||
        known.state.pod->namespace_name != state.pod->namespace_name)
      known.renamed = now;
    // Workloads that hold the pod stay as they are if it did not change.
    const PodRef pod =
        *known.state.pod == *state.pod ? known.state.pod : state.pod;
    known.state = state;
    known.state.pod = pod;
  }
  TakeContainers(known);
}

void PodIndex::TakeContainers(const KnownPod& pod) {
  for (const PodContainer& container : pod.state.containers) {
    bool current = true;
    for (const std::string& id : container.ids) {
      const auto [found, fresh] = containers_.try_emplace(id);
      KnownContainer& known = found->second;
      const bool other = !fresh && known.pod->uid != pod.state.pod->uid;
      if (other && !known.gone) {
        ++stats_.conflicts;
        continue;
      }
      // One that ended keeps the image that it ran.
      if (fresh || other || current) {
        known.name = container.name;
        known.image = container.image;
        known.image_id = current ? container.image_id : "";
      }
      known.pod = pod.state.pod;
      known.gone = false;
      current = false;
    }
  }
}

// Ids that the pod listed and `next` does not (null: all) are on their way out.
void PodIndex::DropContainers(const PodState& state, const PodState* next,
                              BootTime now) {
  for (const PodContainer& container : state.containers) {
    for (const std::string& id : container.ids) {
      if (next != nullptr && Lists(*next, id)) continue;
      const auto found = containers_.find(id);
      if (found == containers_.end() || found->second.gone ||
          found->second.pod->uid != state.pod->uid)
        continue;
      found->second.gone = true;
      found->second.gone_since = now;
      Leave(true, id, now);
    }
  }
}

void PodIndex::NoteAbsent(BootTime now) {
  for (auto& [uid, known] : pods_) {
    if (known.gone || known.absences < kAbsences) continue;
    known.gone = true;
    known.gone_since = now;
    DropContainers(known.state, nullptr, now);
    Leave(false, uid, now);
  }
}

void PodIndex::Leave(bool container, const std::string& key, BootTime now) {
  leaving_.push_back({now, container, key});
}

void PodIndex::ForgetGone(BootTime now) {
  while (!leaving_.empty() && leaving_.front().since + kGoneKept <= now) {
    Forget(leaving_.front());
    leaving_.pop_front();
  }
  while (leaving_.size() > most_gone_) {
    Forget(leaving_.front());
    leaving_.pop_front();
    ++stats_.evicted;
  }
}

// Unless it came back, or came back and left again later.
void PodIndex::Forget(const Leaving& leaving) {
  if (leaving.container) {
    const auto found = containers_.find(leaving.key);
    if (found == containers_.end() || !found->second.gone ||
        found->second.gone_since != leaving.since)
      return;
    containers_.erase(found);
  } else {
    const auto found = pods_.find(leaving.key);
    if (found == pods_.end() || !found->second.gone ||
        found->second.gone_since != leaving.since)
      return;
    const auto escaped = escaped_.find(Escaped(leaving.key));
    std::erase(escaped->second, leaving.key);
    if (escaped->second.empty()) escaped_.erase(escaped);
    pods_.erase(found);
  }
}

void PodIndex::NoteAddresses(const std::vector<IpAddress>& nodes) {
  addresses_.clear();
  inside_.clear();
  inside_.insert(nodes.begin(), nodes.end());
  for (const auto& [uid, known] : pods_) {
    const PodState& state = known.state;
    inside_.insert(state.addresses.begin(), state.addresses.end());
    if (known.gone || state.finished || state.pod->host_network) continue;
    for (const IpAddress& address : state.addresses) {
      const auto [found, fresh] = addresses_.try_emplace(address, state.pod);
      if (!fresh) found->second = nullptr;
    }
  }
}

void PodIndex::Count() {
  stats_.pods = stats_.containers = 0;
  for (const auto& [uid, known] : pods_) stats_.pods += known.gone ? 0 : 1;
  for (const auto& [id, known] : containers_)
    stats_.containers += known.gone ? 0 : 1;
  stats_.gone =
      pods_.size() - stats_.pods + containers_.size() - stats_.containers;
}

const KnownPod* PodIndex::FindPod(std::string_view raw_uid) const {
  const auto escaped = escaped_.find(Escaped(raw_uid));
  if (escaped == escaped_.end()) return nullptr;
  const auto& uids = escaped->second;
  // Which of two a slice means cannot be said; a '-' is always itself.
  const bool literal = raw_uid.find('-') != std::string_view::npos;
  if (uids.size() > 1 && !literal) return nullptr;
  const std::string_view uid = literal ? raw_uid : uids.front();
  const auto found = pods_.find(uid);
  return found == pods_.end() ? nullptr : &found->second;
}

const KnownContainer* PodIndex::FindContainer(std::string_view id) const {
  const auto found = containers_.find(id);
  return found == containers_.end() ? nullptr : &found->second;
}

PodRef PodIndex::FindAddress(const IpAddress& address) const {
  const auto found = addresses_.find(address);
  return found == addresses_.end() ? nullptr : found->second;
}

}  // namespace nameward
