// SPDX-License-Identifier: Apache-2.0
#include "match/rule_parser.h"

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>

#include "base/hash.h"
#include "match/list_parser.h"
#include "match/match_parser.h"
#include "match/node_reader.h"
#include "match/scope_parser.h"
#include "match/test_parser.h"

namespace nameward {
namespace {

constexpr std::string_view kApiVersion = "egress.rules/v1";
constexpr std::string_view kFileKeys[] = {"apiVersion", "defaults", "lists",
                                          "rules", "tests"};
constexpr std::string_view kTestFileKeys[] = {"apiVersion", "tests"};
constexpr std::string_view kDefaultKeys[] = {"severity", "dedup", "owner",
                                             "rate_limit"};
constexpr std::string_view kRuleKeys[] = {
    "id",         "title",      "description", "severity", "mode",  "event",
    "scope",      "match",      "exceptions",  "attack",   "dedup", "owner",
    "rate_limit", "references", "tests",       "sigma_id"};
constexpr std::string_view kExceptionKeys[] = {"name", "match", "reason",
                                               "owner", "expires"};
constexpr std::string_view kDedupKeys[] = {"key", "window"};
constexpr std::string_view kRateKeys[] = {"per", "burst", "every"};
constexpr std::array<std::string_view, 5> kSeverities = {
    "informational", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 3> kModes = {"alert", "dry_run", "off"};
constexpr std::array<std::string_view, 4> kEvents = {
    "dns.query", "dns.answer", "connect", "dns.transport"};
constexpr std::array<std::string_view, 4> kPer = {"namespace", "workload",
                                                  "pod", "rule"};

// Index of the key's word; reports an unknown one.
template <size_t N>
std::optional<size_t> WordIndex(const YamlNode& map, std::string_view key,
                                const std::array<std::string_view, N>& words,
                                Reporter& reporter) {
  const auto text = TextOf(map, key, reporter);
  if (!text) return std::nullopt;
  const auto* found = std::find(words.begin(), words.end(), *text);
  if (found != words.end()) return static_cast<size_t>(found - words.begin());
  reporter.Fail(map.Find(key)->place, "R007",
                {std::string(key) + " " + Quote(*text), "unknown word",
                 Suggest(*text, words)});
  return std::nullopt;
}

bool IsId(std::string_view id) {
  const auto letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  };
  return id.size() >= 3 && id.size() <= 80 && letter(id[0]) &&
         std::all_of(id.begin(), id.end(),
                     [&](char c) { return letter(c) || c == '-'; });
}

bool IsTechnique(std::string_view id) {
  const auto digits = [&](size_t from, size_t count) {
    return std::all_of(id.begin() + from, id.begin() + from + count,
                       [](char c) { return c >= '0' && c <= '9'; });
  };
  if (id.size() != 5 && id.size() != 9) return false;
  return id[0] == 'T' && digits(1, 4) &&
         (id.size() == 5 || (id[5] == '.' && digits(6, 3)));
}

struct Defaults {
  Severity severity = Severity::kMedium;
  Nanoseconds dedup_window = 15min;
  std::string owner;
  RateLimit rate_limit;
};

std::vector<const Field*> DefaultDedupKey(EventKind event) {
  const Field* who = FindField(FieldId::kWorkload);
  switch (event) {
    case EventKind::kDnsQuery:
    case EventKind::kDnsAnswer:
      return {who, FindField(FieldId::kQnameRegistered)};
    case EventKind::kConnect:
      return {who, FindField(FieldId::kDstIp)};
    case EventKind::kTransport:
      break;
  }
  return {who, FindField(FieldId::kKind), FindField(FieldId::kDstIp)};
}

// Rules of one file.
class RuleReader {
 public:
  RuleReader(PolicyTree& policy, const ListIndex& lists, Reporter& reporter)
      : policy_(policy), lists_(lists), reporter_(reporter) {}

  void ReadDefaults(const YamlNode& node) {
    if (!CheckMap(node, "defaults", kDefaultKeys, reporter_)) return;
    if (const auto severity = ReadSeverity(node))
      defaults_.severity = *severity;
    if (const YamlNode* dedup = node.Find("dedup"))
      ReadWindow(*dedup, defaults_.dedup_window);
    ReadRateLimit(node, defaults_.rate_limit);
    defaults_.owner = TextOf(node, "owner", reporter_).value_or("");
  }

  void ReadRule(const YamlNode& node) {
    const YamlNode* event = node.Find("event");
    if (node.IsMap() && event != nullptr && event->text == "rate")
      return reporter_.Fail(event->place, "R016",
                            {"event 'rate'", "this version can't count rates",
                             "use dns.query, dns.answer, connect or "
                             "dns.transport"});
    if (!CheckMap(node, "a rule", kRuleKeys, reporter_) && !node.IsMap())
      return;
    Rule rule;
    rule.path = reporter_.path();
    rule.place = node.place;
    rule.info = std::make_shared<RuleInfo>();
    ReadInfo(node, *rule.info);
    if (event == nullptr) NeedText(node, "event", reporter_);
    const auto kind = WordIndex(node, "event", kEvents, reporter_);
    if (!kind) return;  // no field could be checked
    rule.event = static_cast<EventKind>(*kind);
    ReadConditions(node, rule);
    ReadDedup(node, rule);
    if (const YamlNode* tests = node.Find("tests")) {
      rule.tested = true;
      ParseTests(*tests, rule.info->id, policy_.tests, reporter_);
    }
    policy_.rules.push_back(std::move(rule));
  }

 private:
  std::optional<Severity> ReadSeverity(const YamlNode& node) {
    const auto index = WordIndex(node, "severity", kSeverities, reporter_);
    if (!index) return std::nullopt;
    return static_cast<Severity>(*index + 1);
  }

  void ReadInfo(const YamlNode& node, RuleInfo& info) {
    info.id = NeedText(node, "id", reporter_).value_or("");
    if (!info.id.empty() && !IsId(info.id))
      reporter_.Fail(
          node.Find("id")->place, "R007",
          {"id " + Quote(info.id), "it must be 3 to 80 of a-z, 0-9 and '-'",
           "write it like payments-unexpected-domain"});
    info.title = NeedText(node, "title", reporter_).value_or("");
    info.description = TextOf(node, "description", reporter_).value_or("");
    info.severity = ReadSeverity(node).value_or(defaults_.severity);
    if (const auto mode = WordIndex(node, "mode", kModes, reporter_))
      info.mode = static_cast<RuleMode>(*mode);
    info.owner = TextOf(node, "owner", reporter_).value_or(defaults_.owner);
    info.references = TextsOf(node, "references", reporter_);
    TextOf(node, "sigma_id", reporter_);
    info.dedup_window = defaults_.dedup_window;
    info.rate_limit = defaults_.rate_limit;
    ReadRateLimit(node, info.rate_limit);
    info.attack = TextsOf(node, "attack", reporter_);
    for (const std::string& technique : info.attack)
      if (!IsTechnique(technique))
        reporter_.Fail(node.Find("attack")->place, "R007",
                       {"attack " + Quote(technique), "no ATT&CK technique id",
                        "write it like T1071.004"});
  }

  void ReadWindow(const YamlNode& dedup, Nanoseconds& window) {
    if (!CheckMap(dedup, "dedup", kDedupKeys, reporter_)) return;
    if (const auto length = ValueOf<Nanoseconds>(dedup, "window", "R012",
                                                 reporter_, ParseDuration))
      window = *length;
  }

  void ReadDedup(const YamlNode& node, Rule& rule) {
    rule.dedup_key = DefaultDedupKey(rule.event);
    const YamlNode* dedup = node.Find("dedup");
    if (dedup == nullptr) return;
    ReadWindow(*dedup, rule.info->dedup_window);
    const auto names = TextsOf(*dedup, "key", reporter_);
    if (!names.empty()) rule.dedup_key.clear();
    for (const std::string& name : names) {
      const Field* field = FindField(name);
      const bool known =
          field != nullptr &&
          (field->events & (1U << static_cast<unsigned>(rule.event))) != 0;
      if (known) {
        rule.dedup_key.push_back(field);
        continue;
      }
      reporter_.Fail(
          dedup->Find("key")->place, "R014",
          {"dedup key " + Quote(name), "the rule's event has no such field",
           "use fields such as workload, qname.registered, dst.ip"});
    }
  }

  void ReadRateLimit(const YamlNode& node, RateLimit& limit) {
    const YamlNode* rate = node.Find("rate_limit");
    if (rate == nullptr || !CheckMap(*rate, "rate_limit", kRateKeys, reporter_))
      return;
    if (const auto per = WordIndex(*rate, "per", kPer, reporter_))
      limit.per = kPer[*per];
    NeedText(*rate, "burst", reporter_);
    NeedText(*rate, "every", reporter_);
    const auto burst =
        ValueOf<int64_t>(*rate, "burst", "R012", reporter_, ParseInteger);
    if (burst && (*burst < 1 || *burst > 1'000'000))
      reporter_.Fail(rate->Find("burst")->place, "R012",
                     {"burst", "it must be 1 to 1000000", "write 50"});
    else if (burst)
      limit.burst = static_cast<uint32_t>(*burst);
    if (const auto every = ValueOf<Nanoseconds>(*rate, "every", "R012",
                                                reporter_, ParseDuration))
      limit.every = *every;
  }

  void ReadConditions(const YamlNode& node, Rule& rule) {
    const YamlNode* scope = node.Find("scope");
    const YamlNode* match = node.Find("match");
    if (scope != nullptr) ParseScope(*scope, rule.scope, reporter_);
    if (match == nullptr)
      reporter_.Fail(node.place, "R005",
                     {"missing key 'match'", "the rule would catch everything",
                      "add 'match: …'"});
    MatchParser parser(policy_, lists_, rule.event, reporter_);
    if (match != nullptr) rule.match = parser.Parse(*match);
    const YamlNode* exceptions = node.Find("exceptions");
    if (exceptions == nullptr) return;
    for (const YamlNode* item : ItemsOf(*exceptions))
      ReadException(*item, parser, rule);
  }

  void ReadException(const YamlNode& node, MatchParser& parser, Rule& rule) {
    if (!CheckMap(node, "an exception", kExceptionKeys, reporter_) &&
        !node.IsMap())
      return;
    RuleException exception;
    exception.place = node.place;
    exception.name = NeedText(node, "name", reporter_).value_or("");
    exception.reason = TextOf(node, "reason", reporter_).value_or("");
    exception.owner = TextOf(node, "owner", reporter_).value_or("");
    exception.expires =
        ValueOf<WallTime>(node, "expires", "R012", reporter_, ParseLastDay);
    const YamlNode* match = node.Find("match");
    if (match == nullptr) {
      NeedText(node, "match", reporter_);
      return;
    }
    const auto root = parser.Parse(*match);
    if (!root) return;
    exception.match = *root;
    rule.exceptions.push_back(std::move(exception));
  }

  PolicyTree& policy_;
  const ListIndex& lists_;
  Reporter& reporter_;
  Defaults defaults_;
};

bool IsTestFile(std::string_view path) {
  constexpr std::string_view kSuffix = ".test.yaml";
  return path.size() > kSuffix.size() &&
         path.substr(path.size() - kSuffix.size()) == kSuffix;
}

struct OpenFile {
  const RuleSource* source;
  YamlNode tree;
  Reporter reporter;
};

bool CheckHead(const YamlNode& tree, std::string_view path,
               Reporter& reporter) {
  if (tree.kind == YamlNode::Kind::kNull) {
    reporter.Fail({1, 1}, "R005",
                  {"empty file", "it holds no rule",
                   "begin it with 'apiVersion: egress.rules/v1'"});
    return false;
  }
  const Keys keys = IsTestFile(path) ? Keys(kTestFileKeys) : Keys(kFileKeys);
  if (!CheckMap(tree, "a rule file", keys, reporter) && !tree.IsMap())
    return false;
  const auto version = NeedText(tree, "apiVersion", reporter);
  if (!version || *version == kApiVersion) return true;
  reporter.Fail(tree.Find("apiVersion")->place, "R007",
                {"apiVersion " + Quote(*version), "this version is not known",
                 "write 'apiVersion: " + std::string(kApiVersion) + "'"});
  return false;
}

void IndexLists(size_t from, PolicyTree& policy, ListIndex& index,
                Reporter& reporter) {
  for (size_t i = from; i < policy.lists.size(); ++i) {
    const auto [first, is_new] =
        index.try_emplace(policy.lists[i].name, static_cast<uint32_t>(i));
    if (is_new) continue;
    reporter.Fail(
        policy.lists[i].place, "R008",
        {"list " + Quote(policy.lists[i].name),
         "there is one of this name at " + policy.lists[first->second].path +
             ":" + std::to_string(policy.lists[first->second].place.line),
         "give it another name"});
  }
}

void CheckRuleIds(const PolicyTree& policy, Diagnostics& diagnostics) {
  std::unordered_map<std::string_view, const Rule*> seen;
  for (const Rule& rule : policy.rules) {
    if (rule.info->id.empty()) continue;
    const auto [first, is_new] = seen.try_emplace(rule.info->id, &rule);
    if (is_new) continue;
    Reporter(rule.path, diagnostics)
        .Fail(rule.place, "R008",
              {"rule " + Quote(rule.info->id),
               "there is one of this id at " + first->second->path + ":" +
                   std::to_string(first->second->place.line),
               "give it an id of its own"});
  }
}

void CheckTestedRules(PolicyTree& policy, Diagnostics& diagnostics) {
  std::unordered_map<std::string_view, Rule*> rules;
  std::vector<std::string_view> names;
  for (Rule& rule : policy.rules) {
    rules.emplace(rule.info->id, &rule);
    names.push_back(rule.info->id);
  }
  for (const RuleTest& test : policy.tests) {
    for (const ExpectedFinding& expected : test.expect) {
      const auto found = rules.find(expected.rule);
      if (found != rules.end()) {
        found->second->tested = true;
        continue;
      }
      Reporter(test.path, diagnostics)
          .Fail({test.line, 1}, "R018",
                {"test " + Quote(test.name),
                 "it expects the unknown rule " + Quote(expected.rule),
                 Suggest(expected.rule, names)});
    }
  }
}

std::string SetId(const std::string& commit, uint64_t hash) {
  char hex[17];
  std::snprintf(hex, sizeof hex, "%016" PRIx64, hash);
  return commit.empty() ? hex : commit + "+" + hex;
}

void ReadLists(std::vector<OpenFile>& open, const RuleLoadOptions& options,
               PolicyTree& policy, ListIndex& index, uint64_t& hash) {
  for (OpenFile& file : open) {
    const YamlNode* lists = file.tree.Find("lists");
    if (lists == nullptr) continue;
    const size_t from = policy.lists.size();
    for (const YamlNode* list : ItemsOf(*lists))
      ParseList(*list, options, policy, file.reporter, hash);
    IndexLists(from, policy, index, file.reporter);
  }
}

void ReadRules(OpenFile& file, const ListIndex& index, PolicyTree& policy) {
  RuleReader reader(policy, index, file.reporter);
  if (const YamlNode* defaults = file.tree.Find("defaults"))
    reader.ReadDefaults(*defaults);
  if (const YamlNode* rules = file.tree.Find("rules")) {
    for (const YamlNode* rule : ItemsOf(*rules)) {
      if (policy.rules.size() >= kMaxRules)
        return file.reporter.Fail(rule->place, "R017",
                                  {"too many rules", "more than 20,000",
                                   "use lists instead of rules"});
      reader.ReadRule(*rule);
    }
  }
  if (const YamlNode* tests = file.tree.Find("tests"))
    ParseTests(*tests, "", policy.tests, file.reporter);
}

}  // namespace

ParsedPolicy ParsePolicy(const std::vector<RuleSource>& files,
                         const RuleLoadOptions& options) {
  ParsedPolicy parsed;
  uint64_t hash = 0;
  std::vector<OpenFile> open;
  for (const RuleSource& source : files) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(source.content.data());
    hash = SipHash13({bytes, source.content.size()}, HashKey{hash, 0});
    Reporter reporter(source.path, parsed.diagnostics);
    auto tree = ParseYaml(source.content, reporter);
    if (!tree || !CheckHead(*tree, source.path, reporter)) continue;
    open.push_back({&source, *std::move(tree), reporter});
  }
  ListIndex index;
  ReadLists(open, options, parsed.policy, index, hash);
  for (OpenFile& file : open) ReadRules(file, index, parsed.policy);
  if (parsed.policy.lists.size() > kMaxLists && !files.empty())
    Reporter(files.back().path, parsed.diagnostics)
        .Fail({}, "R017",
              {"too many lists", "more than 65,000, inline values included",
               "share them with `lists:`"});
  CheckRuleIds(parsed.policy, parsed.diagnostics);
  CheckTestedRules(parsed.policy, parsed.diagnostics);
  parsed.set_id = SetId(options.commit, hash);
  return parsed;
}

}  // namespace nameward
