// SPDX-License-Identifier: Apache-2.0
// Secrets that stand in files, as a mounted Secret gives them, and may be
// replaced while the sensor runs.  Any thread.
#ifndef NAMEWARD_DELIVER_SECRET_FILE_H_
#define NAMEWARD_DELIVER_SECRET_FILE_H_

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace nameward {

// A stat of each; until it is seen, a replaced one keeps alerts back.
inline constexpr Nanoseconds kLookAtSecretsEvery = 2s;

// Without the newline at its end; the error never holds what was read.
Result<std::string> ReadSecret(const std::string& path);

// Changes when a file is replaced, also behind the links of a mounted Secret.
std::string Fingerprint(const std::vector<std::string>& files);

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SECRET_FILE_H_
