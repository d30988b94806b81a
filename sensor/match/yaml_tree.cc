// SPDX-License-Identifier: Apache-2.0
#include "match/yaml_tree.h"

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/emitterstyle.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <sstream>
#include <unordered_map>
#include <utility>

#include "match/utf8.h"

namespace nameward {
namespace {

Place PlaceOf(const YAML::Mark& mark) {
  return {static_cast<uint32_t>(mark.line + 1),
          static_cast<uint32_t>(mark.column + 1)};
}

// Builds the tree from yaml-cpp's events.  Nodes below the deepest level are
// only counted; yaml-cpp itself gives up at 500.
class TreeBuilder final : public YAML::EventHandler {
 public:
  explicit TreeBuilder(Reporter& reporter) : reporter_(reporter) {}
  YamlNode Take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    RefuseAnchor(mark, anchor);
    Add(YamlNode{YamlNode::Kind::kNull, false, PlaceOf(mark), {}, {}, {}});
  }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    reporter_.Fail(PlaceOf(mark), "R002",
                   {"alias",
                    "aliases are refused: a few bytes of them can "
                    "ask for all memory",
                    "write the value out, or use a list"});
    Add(YamlNode{YamlNode::Kind::kNull, false, PlaceOf(mark), {}, {}, {}});
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag,
                YAML::anchor_t anchor, const std::string& value) override {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    Add(YamlNode{
        YamlNode::Kind::kScalar, tag == "!", PlaceOf(mark), value, {}, {}});
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag,
                       YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kSequence, mark, tag, anchor);
  }
  void OnSequenceEnd() override { Close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag,
                  YAML::anchor_t anchor, YAML::EmitterStyle::value) override {
    Open(YamlNode::Kind::kMap, mark, tag, anchor);
  }
  void OnMapEnd() override {
    if (open_.size() == depth_) RefuseDuplicates(open_.back().node);
    Close();
  }

 private:
  struct Level {
    YamlNode node;
    std::optional<YamlNode> key;  // of a map, while its value is awaited
  };

  void RefuseAnchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    reporter_.Fail(PlaceOf(mark), "R002",
                   {"anchor", "anchors and aliases are refused",
                    "write the value out, or use a list"});
  }
  void RefuseTag(const YAML::Mark& mark, const std::string& tag) {
    if (tag.empty() || tag == "?" || tag == "!") return;
    reporter_.Fail(PlaceOf(mark), "R002",
                   {"tag " + Quote(tag), "tags are refused", "remove it"});
  }
  void Open(YamlNode::Kind kind, const YAML::Mark& mark, const std::string& tag,
            YAML::anchor_t anchor) {
    RefuseAnchor(mark, anchor);
    RefuseTag(mark, tag);
    ++depth_;
    if (depth_ <= static_cast<size_t>(kMaxYamlDepth)) {
      open_.push_back({{kind, false, PlaceOf(mark), {}, {}, {}}, {}});
    } else if (!too_deep_) {
      too_deep_ = true;
      reporter_.Fail(PlaceOf(mark), "R002",
                     {"nested too deep",
                      "more than " + std::to_string(kMaxYamlDepth) + " levels",
                      "split the rule"});
    }
  }
  void Close() {
    if (open_.size() == depth_) {
      YamlNode node = std::move(open_.back().node);
      open_.pop_back();
      --depth_;
      Add(std::move(node));
    } else {
      --depth_;
    }
  }
  void Add(YamlNode node) {
    if (open_.size() != depth_) return;  // below the deepest level
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = open_.back();
    if (level.node.IsSequence()) {
      level.node.items.push_back(std::move(node));
    } else if (!level.key) {
      RefuseKey(node);
      level.key = std::move(node);
    } else {
      level.node.members.push_back({std::move(*level.key), std::move(node)});
      level.key.reset();
    }
  }
  void RefuseKey(const YamlNode& key) {
    if (key.IsScalar()) return;
    reporter_.Fail(key.place, "R006",
                   {"key", "a key must be a word", "put quotes around it"});
  }
  void RefuseDuplicates(const YamlNode& map) {
    std::unordered_map<std::string_view, Place> seen;
    for (const YamlMember& member : map.members) {
      const auto [first, is_new] =
          seen.try_emplace(member.key.text, member.key.place);
      if (is_new) continue;
      reporter_.Fail(member.key.place, "R004",
                     {"duplicate key " + Quote(member.key.text),
                      "it stands at line " +
                          std::to_string(first->second.line) + " already",
                      "keep one"});
    }
  }

  Reporter& reporter_;
  YamlNode root_;
  std::vector<Level> open_;
  size_t depth_ = 0;  // also of levels that are not kept
  bool too_deep_ = false;
};

bool CheckBytes(std::string_view text, Reporter& reporter) {
  if (text.size() > kMaxYamlBytes) {
    reporter.Fail({}, "R001",
                  {"file too large",
                   "more than " + std::to_string(kMaxYamlBytes >> 20) + " MiB",
                   "move long lists to files of their own, `file:`"});
    return false;
  }
  const auto bad = FindInvalidUtf8(text);
  if (!bad) return true;
  reporter.Fail(PlaceAt(text, *bad), "R001",
                text[*bad] == '\0'
                    ? Error{"NUL byte", "this is no text", "remove it"}
                    : Error{"invalid UTF-8", "a byte that is no character",
                            "save the file as UTF-8"});
  return false;
}

void ParseDocuments(std::string_view text, TreeBuilder& builder,
                    Reporter& reporter) {
  std::istringstream stream{std::string(text)};
  YAML::Parser parser(stream);
  if (!parser.HandleNextDocument(builder)) return;
  Diagnostics ignored;
  Reporter silent(reporter.path(), ignored);
  TreeBuilder second(silent);
  if (parser.HandleNextDocument(second))
    reporter.Fail(
        {}, "R002",
        {"several documents", "a file holds one", "split it at the '---'"});
}

}  // namespace

const YamlNode* YamlNode::Find(std::string_view key) const {
  for (const YamlMember& member : members)
    if (member.key.text == key) return &member.value;
  return nullptr;
}

std::optional<YamlNode> ParseYaml(std::string_view text, Reporter& reporter) {
  if (!CheckBytes(text, reporter)) return std::nullopt;
  const size_t failures = reporter.failures();
  TreeBuilder builder(reporter);
  try {
    ParseDocuments(text, builder, reporter);
  } catch (const YAML::DeepRecursion& error) {
    if (reporter.failures() == failures)
      reporter.Fail(PlaceOf(error.mark), "R002",
                    {"nested too deep", "more levels than any rule needs",
                     "split the rule"});
  } catch (const YAML::Exception& error) {
    reporter.Fail(PlaceOf(error.mark), "R001",
                  {"not YAML", error.msg, "check quotes and indentation"});
  } catch (const std::exception& error) {
    reporter.Fail({}, "R001", {"not YAML", error.what(), {}});
  }
  if (reporter.failures() != failures) return std::nullopt;
  return builder.Take();
}

}  // namespace nameward
