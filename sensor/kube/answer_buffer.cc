// SPDX-License-Identifier: Apache-2.0
#include "kube/answer_buffer.h"

#include <sys/mman.h>

#include <cstring>

namespace nameward {

AnswerBuffer::AnswerBuffer(size_t limit) : limit_(limit) {
  void* pages = mmap(nullptr, limit, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) {
    limit_ = 0;  // every answer is too big then, and says so
    return;
  }
  begin_ = static_cast<char*>(pages);
}

AnswerBuffer::~AnswerBuffer() {
  if (begin_ != nullptr) munmap(begin_, limit_);
}

bool AnswerBuffer::Append(std::string_view piece) {
  if (piece.size() > limit_ - size_) return false;
  if (!piece.empty()) std::memcpy(begin_ + size_, piece.data(), piece.size());
  size_ += piece.size();
  return true;
}

void AnswerBuffer::Clear() {
  if (size_ > 0) madvise(begin_, size_, MADV_DONTNEED);
  size_ = 0;
}

}  // namespace nameward
