// SPDX-License-Identifier: Apache-2.0
// A queue of fixed capacity between two threads.
//
// TryPush never blocks and says whether there was room: the caller decides what
// a full queue means (the reader leaves records in the kernel's ring, where
// admission drops the least useful class first and counts it).  Pop waits until
// there is an element, the deadline passes or the queue is closed and empty.
// Any number of threads; every operation is O(1) under one mutex, so hand over
// batches, not single records.
#ifndef NAMEWARD_BASE_BOUNDED_QUEUE_H_
#define NAMEWARD_BASE_BOUNDED_QUEUE_H_

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace nameward {

template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t capacity) : capacity_(capacity) {}

  // False, and `item` untouched, if there was no room in time, or it is closed.
  [[nodiscard]] bool PushFor(T& item, std::chrono::nanoseconds wait) {
    {
      std::unique_lock lock(mutex_);
      not_full_.wait_for(
          lock, wait, [this] { return items_.size() < capacity_ || closed_; });
      if (closed_ || items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    not_empty_.notify_one();
    return true;
  }

  std::optional<T> TryPop() {
    const std::lock_guard lock(mutex_);
    return TakeFront();
  }

  // nullopt at the deadline, or at once when closed and empty.
  std::optional<T> PopFor(std::chrono::nanoseconds wait) {
    std::unique_lock lock(mutex_);
    not_empty_.wait_for(lock, wait,
                        [this] { return !items_.empty() || closed_; });
    return TakeFront();
  }

  // No more pushes; what is in the queue can still be popped.
  void Close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

  // Closed, and the last element was taken.
  bool Finished() const {
    const std::lock_guard lock(mutex_);
    return closed_ && items_.empty();
  }
  size_t size() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  std::optional<T> TakeFront() {
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front()));
    items_.pop_front();
    not_full_.notify_one();
    return item;
  }

  const size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable not_empty_;
  std::condition_variable not_full_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace nameward

#endif  // NAMEWARD_BASE_BOUNDED_QUEUE_H_
