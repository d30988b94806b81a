// SPDX-License-Identifier: Apache-2.0
// A small file as text: tokens, certificates, a list of pods.
#ifndef NAMEWARD_KUBE_FILE_TEXT_H_
#define NAMEWARD_KUBE_FILE_TEXT_H_

#include <cstddef>
#include <string>

#include "base/result.h"

namespace nameward {

// Fails if it can't be opened or read, or holds more than `max_bytes`.  The
// error names the path, never the content.
Result<std::string> ReadFileText(const std::string& path, size_t max_bytes);

}  // namespace nameward

#endif  // NAMEWARD_KUBE_FILE_TEXT_H_
