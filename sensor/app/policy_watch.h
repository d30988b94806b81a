// SPDX-License-Identifier: Apache-2.0
// Says that a policy's files may have changed (inotify).
//
// Folders are watched, never files: editors rename, and a ConfigMap and
// git-sync swap a symbolic link.  Re-arm before each reading, so that a change
// during it is not missed.  One thread.
#ifndef NAMEWARD_APP_POLICY_WATCH_H_
#define NAMEWARD_APP_POLICY_WATCH_H_

#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace nameward {

// The folders where a change of these paths shows: a directory and those below
// it, a file's own, and that of each symbolic link on the way, with the folder
// of its target, but none that lies right below the root.  They are also what
// must be readable to read it again.
std::vector<std::string> PolicyFolders(const std::vector<std::string>& paths);

class PolicyWatch {
 public:
  explicit PolicyWatch(std::vector<std::string> paths);

  // Watches what is there now.
  Status Arm();
  // Readable when something has changed since Arm; -1: not armed.
  int fd() const { return inotify_.get(); }
  // Forgets what has changed so far.
  void Drain();

 private:
  const std::vector<std::string> paths_;
  UniqueFd inotify_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_POLICY_WATCH_H_
