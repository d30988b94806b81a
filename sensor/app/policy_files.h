// SPDX-License-Identifier: Apache-2.0
// Policies on disk: which files a --policy path means, and their text.
#ifndef NAMEWARD_APP_POLICY_FILES_H_
#define NAMEWARD_APP_POLICY_FILES_H_

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "match/match.h"

namespace nameward {

// A policy as match wants it: texts, and a way to read the lists beside them.
struct Policy {
  std::vector<RuleSource> files;
  ReadListFile read_list;
};

// Every *.yaml and *.yml at or below the paths, sorted by path; a directory's
// hidden entries (a ConfigMap's ..data) and lists/ are left out.  A path that
// does not exist, or holds no rule file, is an error.
Result<Policy> ReadPolicy(const std::vector<std::string>& paths);

// The starter policy that the binary carries (rules/ of the source tree).
Policy StarterPolicy();

// `paths`; without any /etc/nameward/rules if it is there, else none, which
// means the starter policy.
std::vector<std::string> PolicyPaths(const std::vector<std::string>& paths);

// What PolicyPaths(paths) say.
Result<Policy> PolicyOrDefault(const std::vector<std::string>& paths);

// The whole file; an error if it is longer than `max_bytes`.
Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

// Loads the policy, printing its diagnostics on stderr; null if it has errors.
std::shared_ptr<const RuleSet> LoadOrComplain(const Policy& policy);

}  // namespace nameward

#endif  // NAMEWARD_APP_POLICY_FILES_H_
