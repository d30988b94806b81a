// SPDX-License-Identifier: Apache-2.0
#include "match/list_parser.h"

#include <array>
#include <string>

#include "base/hash.h"
#include "match/node_reader.h"
#include "match/pattern_set.h"
#include "match/utf8.h"

namespace nameward {
namespace {

constexpr std::array<std::string_view, 6> kListTypes = {
    "domain", "cidr", "port", "process", "string", "number"};
constexpr Keys kDeclared = Keys(kListTypes).first(5);
constexpr std::string_view kListKeys[] = {"name", "type", "items", "file",
                                          "description"};
constexpr std::string_view kDomainForms[] = {"one_label", "glob", "regex",
                                             "search"};
constexpr std::string_view kStringForms[] = {"glob", "regex", "search"};

std::string_view CodeOf(ListType type) {
  switch (type) {
    case ListType::kDomain:
      return "R010";
    case ListType::kCidr:
      return "R011";
    case ListType::kPort:
    case ListType::kNumber:
      return "R012";
    default:
      return "R013";
  }
}

Status AddDomain(std::string_view text, Place place, ValueList& list) {
  auto spelling = ParseDomainItem(text);
  if (!spelling) return spelling.error();
  list.domains.Add(*spelling, place, text);
  return Ok();
}

Status AddString(std::string_view text, Place place, ValueList& list) {
  if (text.find('*') != std::string_view::npos)
    return Error{"text " + Quote(text), "'*' stands for itself here",
                 "write {glob: " + Quote(text) + "}"};
  list.strings.push_back(
      {StringItem::Kind::kExact, std::string(text), false, place});
  return Ok();
}

Status AddScalar(std::string_view text, Place place, const Field* field,
                 ValueList& list) {
  switch (list.type) {
    case ListType::kDomain:
      return AddDomain(text, place, list);
    case ListType::kCidr: {
      auto network = ParseNetwork(text);
      if (!network) return network.error();
      list.networks.push_back({*network, place});
      return Ok();
    }
    case ListType::kPort: {
      auto port = ParsePort(text);
      if (!port) return port.error();
      list.ports.push_back(*port);
      return Ok();
    }
    case ListType::kNumber: {
      auto number = ParseFieldNumber(*field, text);
      if (!number) return number.error();
      list.numbers.push_back(*number);
      return Ok();
    }
    default:
      return AddString(text, place, list);
  }
}

bool ReadSearch(const YamlNode& map, Reporter& reporter) {
  const auto search = TextOf(map, "search", reporter);
  if (!search) return false;
  if (*search != "true" && *search != "false")
    reporter.Fail(map.Find("search")->place, "R007",
                  {"search " + Quote(*search), "neither true nor false",
                   "write 'search: true'"});
  if (map.Find("regex") == nullptr)
    reporter.Fail(map.Find("search")->place, "R006",
                  {"search", "it belongs to a regex", "remove it"});
  return *search == "true";
}

void AddRegex(const YamlNode& node, bool search, ValueList& list,
              Reporter& reporter) {
  const Status status = CheckRegex(node.text);
  if (!status) return reporter.Fail(node.place, "R013", status.error());
  if (list.type == ListType::kDomain)
    list.domains.AddRegex(
        {node.text, search, DomainName(), node.place, node.text});
  else
    list.strings.push_back(
        {StringItem::Kind::kPattern, node.text, search, node.place});
}

void AddGlob(const YamlNode& node, ValueList& list, Reporter& reporter) {
  if (list.type != ListType::kDomain) {
    list.strings.push_back({StringItem::Kind::kPattern,
                            RegexOfWildcards(node.text), false, node.place});
    return;
  }
  auto spelling = ParseDomainGlob(node.text);
  if (!spelling) return reporter.Fail(node.place, "R010", spelling.error());
  list.domains.Add(*spelling, node.place, node.text);
}

void AddOneLabel(const YamlNode& node, ValueList& list, Reporter& reporter) {
  auto spelling = ParseOneLabel(node.text);
  if (!spelling) return reporter.Fail(node.place, "R010", spelling.error());
  list.domains.Add(*spelling, node.place, node.text);
}

void ParseForms(const YamlNode& map, ValueList& list, Reporter& reporter) {
  const bool domain = list.type == ListType::kDomain;
  const bool text =
      list.type == ListType::kString || list.type == ListType::kProcess;
  if (!domain && !text) {
    reporter.Fail(map.place, "R006",
                  {"item", "it must be one value", "remove the braces"});
    return;
  }
  if (!CheckMap(map, "an item",
                domain ? Keys(kDomainForms) : Keys(kStringForms), reporter))
    return;
  const bool search = ReadSearch(map, reporter);
  for (const YamlMember& member : map.members) {
    if (member.key.text == "search") continue;
    if (!TextOf(map, member.key.text, reporter)) continue;
    if (member.key.text == "regex")
      AddRegex(member.value, search, list, reporter);
    else if (member.key.text == "glob")
      AddGlob(member.value, list, reporter);
    else
      AddOneLabel(member.value, list, reporter);
  }
}

std::string_view Trim(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

std::string_view WithoutComment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i)
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t'))
      return line.substr(0, i);
  return line;
}

void ParseLines(std::string_view text, ValueList& list, Reporter& reporter) {
  if (text.substr(0, 3) == "\xef\xbb\xbf") text.remove_prefix(3);
  if (const auto bad = FindInvalidUtf8(text))
    return reporter.Fail(PlaceAt(text, *bad), "R001",
                         {"invalid UTF-8", "a byte that is no character",
                          "save the file as UTF-8"});
  for (uint32_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view item = Trim(WithoutComment(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (item.empty()) continue;
    const Place place{number, 1};
    const Status status = AddScalar(item, place, nullptr, list);
    if (!status) reporter.Fail(place, CodeOf(list.type), status.error());
  }
}

// A list's file lies in the folder of the rule file or below it.
Result<std::string> PathBeside(std::string_view rule_path,
                               std::string_view file) {
  const std::string around = "/" + std::string(file) + "/";
  if (file.empty() || file[0] == '/' ||
      around.find("/../") != std::string::npos)
    return Error{"list file " + Quote(file), "it leaves the rules' folder",
                 "write a path below it, such as lists/doh.txt"};
  const size_t slash = rule_path.rfind('/');
  const std::string_view folder =
      slash == std::string_view::npos ? "" : rule_path.substr(0, slash + 1);
  return std::string(folder) + std::string(file);
}

void ReadFile(const YamlNode& file, const RuleLoadOptions& options,
              ValueList& list, Reporter& reporter, uint64_t& content_hash) {
  auto path = PathBeside(reporter.path(), file.text);
  if (!path) return reporter.Fail(file.place, "R015", path.error());
  Result<std::string> content =
      Error{"list file " + Quote(*path), "no files can be read here",
            "write the items out"};
  if (options.read_list) content = options.read_list(*path, kMaxListBytes);
  if (!content) return reporter.Fail(file.place, "R015", content.error());
  if (content->size() > kMaxListBytes)
    return reporter.Fail(
        file.place, "R015",
        {"list file " + Quote(*path), "more than 64 MiB", "split the list"});
  const auto* bytes = reinterpret_cast<const uint8_t*>(content->data());
  content_hash = SipHash13({bytes, content->size()}, HashKey{content_hash, 0});
  list.path = *path;
  Reporter inner = reporter.ForFile(*path);
  ParseLines(*content, list, inner);
}

ListType TypeOf(const YamlNode& node, Reporter& reporter) {
  const auto text = NeedText(node, "type", reporter);
  if (!text) return ListType::kString;
  for (size_t i = 0; i < kDeclared.size(); ++i)
    if (kDeclared[i] == *text) return static_cast<ListType>(i);
  reporter.Fail(node.Find("type")->place, "R007",
                {"list type " + Quote(*text), "there is no such type",
                 Suggest(*text, kDeclared)});
  return ListType::kString;
}

}  // namespace

std::string_view ToString(ListType type) {
  return kListTypes[static_cast<size_t>(type)];
}

void ParseItem(const YamlNode& node, const Field* field, ValueList& list,
               Reporter& reporter) {
  if (node.IsMap()) return ParseForms(node, list, reporter);
  if (!node.IsScalar())
    return reporter.Fail(node.place, "R006",
                         {"item", "it must be one value", "remove the list"});
  if (node.text.size() > 1 && node.text[0] == '$' && list.name.size() > 0)
    return reporter.Fail(
        node.place, "R009",
        {"item " + Quote(node.text), "a list can't hold another list",
         "name both in the leaf: in: [$a, $b]"});
  const Status status = AddScalar(node.text, node.place, field, list);
  if (!status) reporter.Fail(node.place, CodeOf(list.type), status.error());
}

void ParseList(const YamlNode& node, const RuleLoadOptions& options,
               PolicyTree& policy, Reporter& reporter, uint64_t& content_hash) {
  if (!CheckMap(node, "a list", kListKeys, reporter)) return;
  const size_t failures = reporter.failures();
  ValueList list;
  list.place = node.place;
  list.path = reporter.path();
  list.name = NeedText(node, "name", reporter).value_or("");
  list.type = TypeOf(node, reporter);
  const YamlNode* items = node.Find("items");
  const YamlNode* file = node.Find("file");
  if ((items == nullptr) == (file == nullptr))
    reporter.Fail(node.place, "R005",
                  {"list " + Quote(list.name),
                   items == nullptr ? "it has no items" : "it has both",
                   "give it `items:` or `file:`"});
  // With a wrong type each item would be reported for nothing.
  const bool readable = reporter.failures() == failures;
  if (readable && items != nullptr)
    for (const YamlNode* item : ItemsOf(*items))
      ParseItem(*item, nullptr, list, reporter);
  if (readable && file != nullptr && TextOf(node, "file", reporter))
    ReadFile(*file, options, list, reporter, content_hash);
  if (!list.name.empty()) policy.lists.push_back(std::move(list));
}

}  // namespace nameward
