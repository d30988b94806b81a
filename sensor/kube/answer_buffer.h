// SPDX-License-Identifier: Apache-2.0
// Where a long answer is gathered, piece by piece, up to a limit.
//
// The address space is reserved once; pages come as they are written and go
// back to the system in Clear, with whatever secrets they held.  So a poll
// costs its answer's size for as long as it lasts, and nothing between polls:
// a std::string would double while it grows and leave its pieces in the heap.
// One thread.
#ifndef NAMEWARD_KUBE_ANSWER_BUFFER_H_
#define NAMEWARD_KUBE_ANSWER_BUFFER_H_

#include <cstddef>
#include <string_view>

namespace nameward {

class AnswerBuffer {
 public:
  explicit AnswerBuffer(size_t limit);
  ~AnswerBuffer();
  AnswerBuffer(const AnswerBuffer&) = delete;
  AnswerBuffer& operator=(const AnswerBuffer&) = delete;

  // False, and nothing is taken, if it would go over the limit.
  [[nodiscard]] bool Append(std::string_view piece);
  void Clear();
  std::string_view text() const { return {begin_, size_}; }
  size_t limit() const { return limit_; }

 private:
  size_t limit_;
  char* begin_ = nullptr;
  size_t size_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_KUBE_ANSWER_BUFFER_H_
