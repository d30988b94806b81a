// SPDX-License-Identifier: Apache-2.0
#include "app/policy_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

namespace nameward {
namespace {

namespace fs = std::filesystem;

// Beyond it changes are seen on SIGHUP only.
constexpr size_t kMaxFolders = 1000;
constexpr uint32_t kChanges = IN_CLOSE_WRITE | IN_CREATE | IN_DELETE |
                              IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF |
                              IN_DELETE_SELF;

void Add(const fs::path& folder, std::vector<std::string>& out) {
  // The root would be everything.
  if (folder != "/" && !folder.empty()) out.push_back(folder.string());
}

// /var for the sake of the link /var/run would be nearly everything.
void AddBeside(const fs::path& link, std::vector<std::string>& out) {
  const fs::path folder = link.parent_path();
  if (folder.parent_path() != "/") Add(folder, out);
}

// Folders that hold a symbolic link of the path, or the target of one.
void AddLinks(const fs::path& path, std::vector<std::string>& out) {
  std::error_code error;
  fs::path prefix;
  for (const fs::path& part : fs::absolute(path, error)) {
    prefix /= part;
    if (!fs::is_symlink(fs::symlink_status(prefix, error))) continue;
    AddBeside(prefix, out);
    AddBeside(fs::canonical(prefix, error), out);
  }
}

void AddBelow(const fs::path& folder, std::vector<std::string>& out) {
  Add(folder, out);
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    std::error_code gone;
    if (!it->is_directory(gone)) continue;
    if (it->path().filename().string().starts_with('.'))
      it.disable_recursion_pending();
    else
      Add(it->path(), out);
    if (out.size() >= kMaxFolders) return;
  }
}

}  // namespace

std::vector<std::string> PolicyFolders(const std::vector<std::string>& paths) {
  std::vector<std::string> folders;
  for (const std::string& text : paths) {
    std::error_code error;
    const fs::path path(text);
    AddLinks(path, folders);
    if (fs::is_directory(path, error))
      AddBelow(path, folders);
    else if (fs::exists(path, error))
      Add(path.has_parent_path() ? path.parent_path() : ".", folders);
  }
  std::sort(folders.begin(), folders.end());
  folders.erase(std::unique(folders.begin(), folders.end()), folders.end());
  return folders;
}

PolicyWatch::PolicyWatch(std::vector<std::string> paths)
    : paths_(std::move(paths)) {}

Status PolicyWatch::Arm() {
  UniqueFd fresh(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
  if (!fresh)
    return ErrnoError("watch the policy", errno,
                      "raise fs.inotify.max_user_instances, or send SIGHUP");
  int watched = 0;
  for (const std::string& folder : PolicyFolders(paths_)) {
    if (inotify_add_watch(fresh.get(), folder.c_str(), kChanges) >= 0)
      ++watched;
    else if (errno == ENOSPC)
      return ErrnoError("watch " + folder, errno,
                        "raise fs.inotify.max_user_watches, or send SIGHUP");
  }
  inotify_ = std::move(fresh);
  if (watched > 0) return Ok();
  return ErrnoError("watch the policy", ENOENT, "check rules.paths");
}

void PolicyWatch::Drain() {
  char events[16384];
  while (read(inotify_.get(), events, sizeof events) > 0) {
  }
}

}  // namespace nameward
