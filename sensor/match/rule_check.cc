// SPDX-License-Identifier: Apache-2.0
#include "match/rule_check.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "match/lint.h"
#include "match/rule_parser.h"

namespace nameward {
namespace {

constexpr std::string_view kMark = "# lint:ignore ";

struct Ignored {
  std::string code;
  Place comment;
  bool used = false;
};
// By path and the line that it speaks of.
using IgnoredLines = std::multimap<std::pair<std::string, uint32_t>, Ignored>;

bool IsCode(std::string_view text) {
  return text.size() == 4 && text[0] == 'R' &&
         std::all_of(text.begin() + 1, text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

void ReadComment(std::string_view line, uint32_t number, IgnoredLines& lines,
                 Reporter& reporter) {
  const size_t at = line.find(kMark);
  if (at == std::string_view::npos) return;
  const Place place{number, static_cast<uint32_t>(at + 1)};
  std::string_view rest = line.substr(at + kMark.size());
  const std::string_view code = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(code.size() + 1, rest.size()));
  const bool reasoned =
      rest.find_first_not_of(" \t\r") != std::string_view::npos;
  if (!IsCode(code) || !reasoned)
    return reporter.Fail(
        place, "R110",
        {"lint:ignore", reasoned ? "it names no code" : "it gives no reason",
         "write '# lint:ignore R103 why'"});
  const bool alone = line.find_first_not_of(" \t") == at;
  lines.emplace(std::pair(reporter.path(), alone ? number + 1 : number),
                Ignored{std::string(code), place});
}

void ReadComments(const std::string& path, std::string_view text,
                  IgnoredLines& lines, Diagnostics& out) {
  if (text.find(kMark) == std::string_view::npos) return;
  Reporter reporter(path, out);
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    ReadComment(text.substr(0, end), number, lines, reporter);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

bool IsIgnored(const Diagnostic& one, IgnoredLines& lines) {
  if (one.level == Diagnostic::Level::kError) return false;
  const auto [first, last] = lines.equal_range({one.path, one.line});
  for (auto it = first; it != last; ++it) {
    if (it->second.code != one.code) continue;
    it->second.used = true;
    return true;
  }
  return false;
}

}  // namespace

Diagnostics RunRuleCheck(const std::vector<RuleSource>& files,
                         const RuleLoadOptions& options, WallTime now) {
  IgnoredLines lines;
  Diagnostics comments;
  RuleLoadOptions reading = options;
  reading.read_list = [&](const std::string& path, size_t max_bytes) {
    Result<std::string> content =
        options.read_list
            ? options.read_list(path, max_bytes)
            : Error{path, "no files can be read here", "write the items out"};
    if (content) ReadComments(path, *content, lines, comments);
    return content;
  };
  ParsedPolicy parsed = ParsePolicy(files, reading);
  Diagnostics all = std::move(parsed.diagnostics);
  for (const RuleSource& file : files)
    ReadComments(file.path, file.content, lines, comments);
  LintRules(parsed.policy, now, all);
  LintLists(parsed.policy, all);
  all.erase(std::remove_if(
                all.begin(), all.end(),
                [&](const Diagnostic& one) { return IsIgnored(one, lines); }),
            all.end());
  for (const auto& [where, ignored] : lines)
    if (!ignored.used)
      Reporter(where.first, comments)
          .Warn(ignored.comment, "R110",
                {"lint:ignore " + ignored.code, "there is nothing to ignore",
                 "remove it"});
  all.insert(all.end(), comments.begin(), comments.end());
  Sort(all);
  return all;
}

}  // namespace nameward
