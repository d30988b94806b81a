// SPDX-License-Identifier: Apache-2.0
#include "match/fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include "match/words.h"

namespace nameward {
namespace {

constexpr uint8_t kQ = 1;
constexpr uint8_t kA = 2;
constexpr uint8_t kC = 4;
constexpr uint8_t kT = 8;
constexpr uint8_t kQa = kQ | kA;
constexpr uint8_t kAll = kQ | kA | kC | kT;

using F = FieldId;
using V = ValueType;
using W = Vocabulary;

constexpr Field kFields[] = {
    {F::kQname, "qname", V::kDomain, kQa},
    {F::kQnameRegistered, "qname.registered", V::kDomain, kQa},
    {F::kQnameBase, "qname.base", V::kDomain, kQa},
    {F::kAnswerCname, "answer.cname", V::kDomain, kA, true},
    {F::kAnswerExternal, "answer.external", V::kDomain, kA},
    {F::kDnsNames, "dns.names", V::kDomain, kQa | kC, true},
    {F::kDstName, "dst.name", V::kDomain, kC | kT, true},
    {F::kAnswerIp, "answer.ip", V::kIp, kA, true},
    {F::kResolverIp, "resolver.ip", V::kIp, kQa | kC},
    {F::kDstIp, "dst.ip", V::kIp, kAll},
    {F::kSrcIp, "src.ip", V::kIp, kAll},
    {F::kResolverPort, "resolver.port", V::kPort, kQa | kC},
    {F::kDstPort, "dst.port", V::kPort, kAll},
    {F::kSrcPort, "src.port", V::kPort, kAll},
    {F::kQnameSubLength, "qname.sub_len", V::kInteger, kQa},
    {F::kQnameLabels, "qname.labels", V::kInteger, kQa},
    {F::kQnameEntropy, "qname.entropy", V::kDecimal, kQa},
    {F::kQtype, "qtype", V::kWord, kQa, false, W::kType},
    {F::kQclass, "qclass", V::kWord, kQa, false, W::kClass},
    {F::kRcode, "rcode", V::kWord, kA, false, W::kRcode},
    {F::kFlagAa, "flags.aa", V::kWord, kQa, false, W::kBool},
    {F::kFlagTc, "flags.tc", V::kWord, kQa, false, W::kBool},
    {F::kFlagRd, "flags.rd", V::kWord, kQa, false, W::kBool},
    {F::kFlagRa, "flags.ra", V::kWord, kQa, false, W::kBool},
    {F::kFlagAd, "flags.ad", V::kWord, kQa, false, W::kBool},
    {F::kFlagCd, "flags.cd", V::kWord, kQa, false, W::kBool},
    {F::kFlagZ, "flags.z", V::kWord, kQa, false, W::kBool},
    {F::kAnswerTtl, "answer.ttl", V::kInteger, kA, true},
    {F::kAnswerCount, "answer.count", V::kInteger, kA},
    {F::kTransport, "transport", V::kWord, kQa | kT, false, W::kTransport},
    {F::kDstProto, "dst.proto", V::kWord, kAll, false, W::kProtocol},
    {F::kDnsExpansion, "dns.expansion", V::kWord, kQa, false, W::kBool},
    {F::kResolverDiverted, "resolver.diverted", V::kWord, kQ, false, W::kBool},
    {F::kDnsState, "dns.state", V::kWord, kC, false, W::kState},
    {F::kDnsAge, "dns.age", V::kDuration, kC},
    {F::kDnsHistoryComplete, "dns.history_complete", V::kWord, kC, false,
     W::kBool},
    {F::kDnsSeenElsewhere, "dns.seen_elsewhere", V::kWord, kC, false, W::kBool},
    {F::kDnsEncrypted, "dns.encrypted", V::kWord, kC, false, W::kBool},
    {F::kKind, "kind", V::kWord, kT, false, W::kKind},
    {F::kProcessUid, "process.uid", V::kInteger, kAll},
    {F::kProcessPid, "process.pid", V::kInteger, kAll},
    {F::kProcessMoved, "process.moved", V::kWord, kAll, false, W::kBool},
    {F::kQnameSub, "qname.sub", V::kString, kQa},
    {F::kAnswerTxt, "answer.txt", V::kString, kA, true},
    {F::kProcessExe, "process.exe", V::kString, kAll},
    {F::kProcessName, "process.name", V::kString, kAll},
    {F::kContainerId, "container.id", V::kString, kAll},
    {F::kContainerName, "container.name", V::kString, kAll},
    {F::kContainerImage, "container.image", V::kString, kAll},
    {F::kPodName, "pod.name", V::kString, kAll},
    {F::kPodUid, "pod.uid", V::kString, kAll},
    {F::kWorkload, "workload", V::kString, kAll},
    {F::kNamespace, "namespace", V::kString, kAll},
    {F::kNode, "node", V::kString, kAll},
    {F::kCgroup, "cgroup", V::kString, kAll},
    {F::kUnit, "unit", V::kString, kAll},
};

// Thousandths of a decimal number such as 3.5.
Result<int64_t> ParseDecimal(std::string_view text) {
  const size_t dot = text.find('.');
  auto whole = ParseInteger(text.substr(0, dot));
  int64_t value = whole ? *whole * 1000 : 0;
  bool good = whole && *whole >= 0 && *whole < 1'000'000;
  int64_t scale = 100;
  if (dot != std::string_view::npos) {
    const std::string_view digits = text.substr(dot + 1);
    good = good && !digits.empty() && digits.size() <= 3;
    for (const char c : digits) {
      good = good && c >= '0' && c <= '9';
      value += scale * (c - '0');
      scale /= 10;
    }
  }
  if (good) return value;
  return Error{"number " + Quote(text), "not a decimal number", "write 3.5"};
}

Result<int64_t> ParseOne(const Field& field, std::string_view text) {
  switch (field.type) {
    case ValueType::kDecimal:
      return ParseDecimal(text);
    case ValueType::kDuration: {
      auto duration = ParseDuration(text);
      if (!duration) return duration.error();
      return duration->count();
    }
    case ValueType::kWord:
      return ParseWord(field, text);
    default:
      return ParseInteger(text);
  }
}

}  // namespace

std::string_view ToString(EventKind kind) {
  static constexpr std::array<std::string_view, kEventKinds> kNames = {
      "dns.query", "dns.answer", "connect", "dns.transport"};
  return kNames[static_cast<size_t>(kind)];
}

std::span<const Field> AllFields() { return kFields; }

const Field* FindField(std::string_view name) {
  const auto* found =
      std::find_if(std::begin(kFields), std::end(kFields),
                   [&](const Field& field) { return field.name == name; });
  return found == std::end(kFields) ? nullptr : found;
}

const Field* FindField(FieldId id) {
  const auto* found =
      std::find_if(std::begin(kFields), std::end(kFields),
                   [&](const Field& field) { return field.id == id; });
  return found == std::end(kFields) ? nullptr : found;
}

bool IsFieldPrefix(std::string_view prefix) {
  return std::any_of(std::begin(kFields), std::end(kFields),
                     [&](const Field& field) {
                       return field.name.size() > prefix.size() &&
                              field.name.substr(0, prefix.size()) == prefix &&
                              field.name[prefix.size()] == '.';
                     });
}

Result<NumberRange> ParseFieldNumber(const Field& field,
                                     std::string_view text) {
  const size_t dots =
      field.type == ValueType::kWord ? std::string_view::npos : text.find("..");
  if (dots == std::string_view::npos) {
    auto value = ParseOne(field, text);
    if (!value) return value.error();
    return NumberRange{*value, *value};
  }
  NumberRange range{std::numeric_limits<int64_t>::min(),
                    std::numeric_limits<int64_t>::max()};
  const std::string_view low = text.substr(0, dots);
  const std::string_view high = text.substr(dots + 2);
  if (!low.empty()) {
    auto value = ParseOne(field, low);
    if (!value) return value.error();
    range.low = *value;
  }
  if (!high.empty()) {
    auto value = ParseOne(field, high);
    if (!value) return value.error();
    range.high = *value;
  }
  if (range.low > range.high || (low.empty() && high.empty()))
    return Error{"range " + Quote(text), "it is empty",
                 "write the lower end first: 1..1023"};
  return range;
}

}  // namespace nameward
