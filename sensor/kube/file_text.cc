// SPDX-License-Identifier: Apache-2.0
#include "kube/file_text.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "base/unique_fd.h"

namespace nameward {

Result<std::string> ReadFileText(const std::string& path, size_t max_bytes) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return ErrnoError(path, errno);
  std::string text;
  char piece[16 * 1024];
  for (;;) {
    const ssize_t got = read(file.get(), piece, sizeof piece);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError(path, errno);
    if (got == 0) return text;
    if (text.size() + static_cast<size_t>(got) > max_bytes)
      return Error{path, "more than " + std::to_string(max_bytes) + " bytes"};
    text.append(piece, static_cast<size_t>(got));
  }
}

}  // namespace nameward
