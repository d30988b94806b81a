// SPDX-License-Identifier: Apache-2.0
#include "enrich/mount_namespaces.h"

namespace nameward {
namespace {

// The namespace that the kernel itself boots with: the first inode number that
// is handed out, by age of the kernel, or the fixed one (since Linux 6.18).
bool IsInitial(uint32_t inum) {
  return inum == 0xF0000000 || inum == 0xF0000001 || inum == 0xEFFFFFF8;
}

}  // namespace

void MountNamespaces::SeeIn(const ContainerCgroup& container,
                            const MountNamespace& ns) {
  if (ns.inum == 0 || IsInitial(ns.inum)) return;
  const auto found = holders_.find(ns);
  if (found == holders_.end()) {
    Insert(ns)->container = container.id;
    return;
  }
  Holder& holder = found->second;
  if (holder.container == container.id || holder.shared) return;
  if (holder.container != 0) {
    holder.container = 0;
    holder.shared = true;
    ++conflicts_;
  } else if (holder.seen_outside >= container.born &&
             container.born != BootTime::min()) {
    // Younger than the container: its own process had moved out before.
    holder.container = container.id;
  }
}

uint64_t MountNamespaces::SeeOutside(const MountNamespace& ns, BootTime now) {
  if (ns.inum == 0 || IsInitial(ns.inum)) return 0;
  const auto found = holders_.find(ns);
  if (found != holders_.end()) return found->second.container;
  Insert(ns)->seen_outside = now;
  return 0;
}

MountNamespaces::Holder* MountNamespaces::Insert(const MountNamespace& ns) {
  if (order_.size() >= most_) {
    evicted_ += holders_.erase(order_.front());
    order_.pop_front();
  }
  order_.push_back(ns);
  return &holders_[ns];
}

void MountNamespaces::Gone(uint64_t container) {
  std::erase_if(order_, [&](const MountNamespace& ns) {
    if (ns.seq != 0) return false;
    const auto found = holders_.find(ns);
    if (found->second.container != container) return false;
    holders_.erase(found);
    return true;
  });
}

void MountNamespaces::Forget(uint64_t container) {
  std::erase_if(order_, [&](const MountNamespace& ns) {
    const auto found = holders_.find(ns);
    if (found->second.container != container) return false;
    holders_.erase(found);
    return true;
  });
}

}  // namespace nameward
