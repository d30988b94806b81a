// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <string_view>

#include "app/policy_files.h"

namespace nameward {
namespace {

struct Embedded {
  std::string_view path;
  std::string_view text;
};

constexpr Embedded kFiles[] = {
#include "starter_policy.inc"
};

constexpr std::string_view kPrefix = "<starter policy>/";

}  // namespace

Policy StarterPolicy() {
  Policy policy;
  for (const Embedded& file : kFiles)
    if (file.path.ends_with(".yaml"))
      policy.files.push_back(
          {std::string(kPrefix).append(file.path), std::string(file.text)});
  policy.read_list = [](const std::string& path,
                        size_t) -> Result<std::string> {
    for (const Embedded& file : kFiles)
      if (path == std::string(kPrefix).append(file.path))
        return std::string(file.text);
    return ErrnoError("open " + path, ENOENT);
  };
  return policy;
}

}  // namespace nameward
