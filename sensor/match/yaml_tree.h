// SPDX-License-Identifier: Apache-2.0
// The part of YAML that rule files may use, as a tree with places.
//
// Refused, each with its place and a fix: files over 8 MiB, invalid UTF-8, NUL,
// anchors and aliases (308 bytes of them can ask for 269 MB), tags, duplicate
// keys, keys that are no plain words, more than 32 levels, more than one
// document.  Never throws, whatever the bytes.  Any thread.
#ifndef NAMEWARD_MATCH_YAML_TREE_H_
#define NAMEWARD_MATCH_YAML_TREE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "match/report.h"

namespace nameward {

// A policy of 2,000 rules is 1 MiB; larger lists stand in files of their own.
inline constexpr size_t kMaxYamlBytes = size_t{8} << 20;
// A rule nests 8 deep; the rest is room for match trees.
inline constexpr int kMaxYamlDepth = 32;

struct YamlMember;

struct YamlNode {
  enum class Kind : uint8_t { kNull, kScalar, kSequence, kMap };
  Kind kind = Kind::kNull;
  bool quoted = false;
  Place place;
  std::string text;  // of a scalar
  std::vector<YamlNode> items;
  std::vector<YamlMember> members;

  bool IsScalar() const { return kind == Kind::kScalar; }
  bool IsSequence() const { return kind == Kind::kSequence; }
  bool IsMap() const { return kind == Kind::kMap; }
  // The value of a key; null if there is none.
  const YamlNode* Find(std::string_view key) const;
};

struct YamlMember {
  YamlNode key;  // a scalar
  YamlNode value;
};

// nullopt: what is wrong has been reported.  An empty file is a kNull node.
std::optional<YamlNode> ParseYaml(std::string_view text, Reporter& reporter);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_YAML_TREE_H_
