// SPDX-License-Identifier: Apache-2.0
// The fields that a rule may test: their names, types, the events that have
// them, and the words of their values.  docs/rules.md shows the same table.
#ifndef NAMEWARD_MATCH_FIELDS_H_
#define NAMEWARD_MATCH_FIELDS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "match/values.h"

namespace nameward {

enum class EventKind : uint8_t { kDnsQuery, kDnsAnswer, kConnect, kTransport };
inline constexpr size_t kEventKinds = 4;
std::string_view ToString(EventKind kind);  // "dns.query"

enum class FieldId : uint8_t {
  // names
  kQname,
  kQnameRegistered,
  kQnameBase,
  kAnswerCname,
  kAnswerExternal,
  kDnsNames,
  kDstName,
  kLastName = kDstName,
  // addresses
  kAnswerIp,
  kResolverIp,
  kDstIp,
  kSrcIp,
  // ports
  kResolverPort,
  kDstPort,
  kSrcPort,
  // numbers
  kQnameSubLength,
  kQnameLabels,
  kQnameEntropy,
  kQtype,
  kQclass,
  kRcode,
  kFlagAa,
  kFlagTc,
  kFlagRd,
  kFlagRa,
  kFlagAd,
  kFlagCd,
  kFlagZ,
  kAnswerTtl,
  kAnswerCount,
  kTransport,
  kDstProto,
  kDnsExpansion,
  kResolverDiverted,
  kDnsState,
  kDnsAge,
  kDnsHistoryComplete,
  kDnsSeenElsewhere,
  kDnsEncrypted,
  kKind,
  kProcessUid,
  kProcessPid,
  kProcessMoved,
  // texts
  kQnameSub,
  kAnswerTxt,
  kProcessExe,
  kProcessName,
  kContainerId,
  kContainerName,
  kContainerImage,
  kPodName,
  kPodUid,
  kWorkload,
  kNamespace,
  kNode,
  kCgroup,
  kUnit,
};

enum class ValueType : uint8_t {
  kDomain,
  kIp,
  kPort,
  kInteger,
  kDecimal,   // in thousandths
  kDuration,  // in nanoseconds
  kWord,      // of the field's vocabulary
  kString,
};

enum class Vocabulary : uint8_t {
  kNone,
  kBool,
  kType,
  kClass,
  kRcode,
  kTransport,
  kProtocol,
  kState,
  kKind,
};

struct Field {
  FieldId id;
  std::string_view name;
  ValueType type;
  uint8_t events;  // bit 1 << EventKind
  bool many = false;
  Vocabulary words = Vocabulary::kNone;
};

std::span<const Field> AllFields();
const Field* FindField(std::string_view name);
const Field* FindField(FieldId id);
// Whether `prefix.` begins the name of a field.
bool IsFieldPrefix(std::string_view prefix);

// A value of the field's vocabulary, by word, by number, or as TYPE16, CLASS3,
// RCODE24.
Result<int64_t> ParseWord(const Field& field, std::string_view text);
// The word, or the number where there is none.
std::string WordOf(Vocabulary words, int64_t value);

// A value or LOW..HIGH of an integer, decimal, duration or word field.
Result<NumberRange> ParseFieldNumber(const Field& field, std::string_view text);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_FIELDS_H_
