// SPDX-License-Identifier: Apache-2.0
#include "deliver/secret_file.h"

#include <sys/stat.h>

#include <fstream>

namespace nameward {
namespace {

// Longer than any secret, shorter than a mistake.
constexpr size_t kMaxSecret = size_t{64} * 1024;

}  // namespace

Result<std::string> ReadSecret(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kMaxSecret + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(file.gcount()));
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  if (!file.good() && !file.eof())
    return Error{path, "can't be read", "is the Secret mounted?"};
  if (text.empty() || text.size() > kMaxSecret)
    return Error{path, "holds no secret", "is the Secret mounted?"};
  return text;
}

std::string Fingerprint(const std::vector<std::string>& files) {
  std::string text;
  for (const std::string& file : files) {
    struct stat status {};
    if (stat(file.c_str(), &status) != 0) continue;
    text += std::to_string(status.st_ino) + "." +
            std::to_string(status.st_mtim.tv_sec) + "." +
            std::to_string(status.st_mtim.tv_nsec) + "." +
            std::to_string(status.st_size) + ";";
  }
  return text;
}

}  // namespace nameward
