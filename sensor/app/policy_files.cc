// SPDX-License-Identifier: Apache-2.0
#include "app/policy_files.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "base/unique_fd.h"

namespace nameward {
namespace {

namespace fs = std::filesystem;

constexpr char kDefaultPolicy[] = "/etc/nameward/rules";
constexpr size_t kMaxRuleFile = 8 << 20;  // docs/rules.md: 8 MiB a file
constexpr size_t kMaxRuleFiles = 10'000;  // a mistaken --policy / ends early

bool IsRuleFile(const fs::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

bool IsSkippedFolder(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') || name == "lists";
}

Status CollectFolder(const fs::path& folder, std::vector<std::string>& out) {
  std::error_code error;
  fs::recursive_directory_iterator it(folder, error);
  for (; !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (it->is_directory(error) && IsSkippedFolder(it->path())) {
      it.disable_recursion_pending();
    } else if (it->is_regular_file(error) && IsRuleFile(it->path())) {
      out.push_back(it->path().string());
    }
    if (out.size() > kMaxRuleFiles)
      return Error{folder.string(), "more than 10,000 rule files",
                   "name the policy's own directory"};
  }
  if (error) return ErrnoError("read " + folder.string(), error.value());
  return Ok();
}

Status Collect(const std::string& path, std::vector<std::string>& out) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status))
    return ErrnoError("policy " + path, ENOENT, "check the path");
  if (!fs::is_directory(status)) {
    out.push_back(path);
    return Ok();
  }
  const size_t before = out.size();
  NW_RETURN_IF_ERROR(CollectFolder(path, out));
  if (out.size() == before)
    return Error{"policy " + path, "holds no *.yaml file",
                 "put rules there, or name another directory"};
  return Ok();
}

}  // namespace

Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return ErrnoError("open " + path, errno);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return ErrnoError("stat " + path, errno);
  if (S_ISDIR(status.st_mode)) return ErrnoError("read " + path, EISDIR);
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t got = read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoError("read " + path, errno);
    if (got == 0) return text;
    text.append(buffer, static_cast<size_t>(got));
    if (text.size() > max_bytes)
      return Error{path, "longer than " + std::to_string(max_bytes) + " bytes",
                   "split it"};
  }
}

Result<Policy> ReadPolicy(const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const std::string& path : paths)
    NW_RETURN_IF_ERROR(Collect(path, names));
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  Policy policy;
  policy.read_list = ReadWholeFile;
  for (const std::string& name : names) {
    Result<std::string> text = ReadWholeFile(name, kMaxRuleFile);
    if (!text) return text.error();
    policy.files.push_back({name, std::move(*text)});
  }
  return policy;
}

std::vector<std::string> PolicyPaths(const std::vector<std::string>& paths) {
  if (!paths.empty()) return paths;
  std::error_code error;
  if (fs::exists(kDefaultPolicy, error)) return {kDefaultPolicy};
  return {};
}

Result<Policy> PolicyOrDefault(const std::vector<std::string>& paths) {
  const auto chosen = PolicyPaths(paths);
  if (chosen.empty()) return StarterPolicy();
  return ReadPolicy(chosen);
}

std::shared_ptr<const RuleSet> LoadOrComplain(const Policy& policy) {
  const RuleLoad load =
      LoadRules(policy.files, {.commit = "", .read_list = policy.read_list});
  for (const Diagnostic& diagnostic : load.diagnostics)
    if (diagnostic.level == Diagnostic::Level::kError)
      std::fprintf(stderr, "%s\n", diagnostic.ToString().c_str());
  return load.set;
}

}  // namespace nameward
