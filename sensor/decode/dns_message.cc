// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_message.h"

#include <algorithm>

#include "decode/alias_chain.h"
#include "decode/rdata_check.h"
#include "model/dns_wire.h"

namespace nameward {
namespace {

using Fault = std::optional<MalformedReason>;

constexpr uint16_t kClassIn = 1;
constexpr uint16_t kClassNone = 254;  // RFC 2136 2.4: no data
constexpr uint16_t kClassAny = 255;
constexpr uint16_t kMulticastBit = 0x8000;
constexpr size_t kRecordFixedSize = 10;  // type, class, TTL, RDLENGTH
constexpr uint16_t kSvcIpv4Hint = 4;
constexpr uint16_t kSvcIpv6Hint = 6;

MalformedReason ReasonOf(NameFault fault) {
  switch (fault) {
    case NameFault::kPointer:
      return MalformedReason::kPointer;
    case NameFault::kTooLong:
      return MalformedReason::kNameTooLong;
    default:
      return MalformedReason::kBadName;
  }
}

class Parser {
 public:
  Parser(DnsMessage& message, DnsParseOptions options)
      : message_(message),
        bytes_(message.wire),
        reader_(bytes_),
        options_(options) {}

  Fault Parse() {
    if (bytes_.size() < kDnsHeaderSize) return MalformedReason::kShortHeader;
    Header();
    if (const Fault fault = Counts()) return fault;
    if (const Fault fault = Questions()) return fault;
    for (size_t i = 0; i < 3; ++i) {
      const auto section = static_cast<DnsSection>(i);
      for (unsigned n = counts_[i]; n > 0; --n)
        if (const Fault fault = Record(section)) return fault;
    }
    if (!reader_.AtEnd()) return MalformedReason::kTrailingBytes;
    return std::nullopt;
  }

 private:
  void Header() {
    message_.id = *reader_.U16();
    const uint16_t flags = *reader_.U16();
    const auto bit = [flags](unsigned n) { return (flags >> n & 1) != 0; };
    message_.response = bit(15);
    message_.opcode = flags >> 11 & 15;
    message_.aa = bit(10);
    message_.tc = bit(9);
    message_.rd = bit(8);
    message_.ra = bit(7);
    message_.z = bit(6);
    message_.ad = bit(5);
    message_.cd = bit(4);
    message_.rcode = flags & 15;
    message_.question_count = *reader_.U16();
    for (uint16_t& count : counts_) count = *reader_.U16();
  }

  // Refused before any work: what cannot fit, and what is over the bound.
  Fault Counts() const {
    const size_t records = size_t{counts_[0]} + counts_[1] + counts_[2];
    if (records * (kRecordFixedSize + 1) > reader_.remaining())
      return MalformedReason::kBadCount;
    if (records > kMaxDnsRecords) return MalformedReason::kTooManyRecords;
    return std::nullopt;
  }

  Fault Questions() {
    const unsigned count = message_.question_count;
    if (count == 0)
      return MayLackQuestion() ? Fault() : Fault(MalformedReason::kNoQuestion);
    // RFC 9619: a QUERY has one question.
    if (count > 1 && message_.opcode == 0 && !options_.multicast)
      return MalformedReason::kBadCount;
    DnsQuestion other;
    for (unsigned i = 0; i < count; ++i)
      if (const Fault fault = Question(i == 0 ? message_.question : other))
        return fault;
    return std::nullopt;
  }

  // A server that could not read the question sends it back without
  // (RFC 1035 4.1.1, FORMERR); a multicast answer has none (RFC 6762 6).
  bool MayLackQuestion() const {
    if (!message_.response) return false;
    return options_.multicast || (message_.rcode != 0 && counts_[0] == 0);
  }

  Fault Question(DnsQuestion& question) {
    if (reader_.AtEnd()) return MalformedReason::kBadCount;
    if (const Fault fault = Name(question.name)) return fault;
    const auto type = reader_.U16();
    const auto klass = reader_.U16();
    if (!klass) return MalformedReason::kBadCount;
    question.type = *type;
    question.klass = Class(*klass);
    return std::nullopt;
  }

  uint16_t Class(uint16_t wire) const {
    if (!options_.multicast) return wire;
    return wire & static_cast<uint16_t>(~kMulticastBit);
  }

  Fault Name(DomainName& out) {
    WireName name;
    const NameFault fault = ReadName(bytes_, reader_.position(), name, out);
    if (fault != NameFault::kNone) return ReasonOf(fault);
    expanded_ += name.size + kHopCost * name.hops;
    reader_.Seek(name.end);
    return std::nullopt;
  }

  // Most owners are one and the same pointer to the question (C0 0C).
  Fault Owner(DnsRecord& record) {
    const size_t at = reader_.position();
    const auto pointer = reader_.U16();
    const auto& records = message_.records;
    if (pointer && *pointer >= 0xc000 && *pointer == last_owner_) {
      record.owner = records[records.size() - 2].owner;
      return std::nullopt;
    }
    last_owner_ = pointer.value_or(0);
    reader_.Seek(at);
    return Name(record.owner);
  }

  Fault Record(DnsSection section) {
    if (reader_.AtEnd()) return MalformedReason::kBadCount;
    if (expanded_ > kMaxExpandedBytes) return MalformedReason::kTooManyRecords;
    DnsRecord& record = message_.records.emplace_back();
    if (const Fault fault = Owner(record)) return fault;
    if (reader_.remaining() < kRecordFixedSize)
      return MalformedReason::kBadCount;
    record.type = *reader_.U16();
    const uint16_t klass = *reader_.U16();
    record.klass = record.type == kTypeOpt ? klass : Class(klass);
    record.ttl = *reader_.U32();
    record.section = section;
    record.rdata_size = *reader_.U16();
    record.rdata_offset = static_cast<uint32_t>(reader_.position());
    if (!reader_.Skip(record.rdata_size)) return MalformedReason::kBadRdata;
    return Data(record);
  }

  Fault Data(const DnsRecord& record) {
    if (record.type == kTypeOpt) return Opt(record);
    const bool update_without_data =
        record.rdata_size == 0 &&
        (record.klass == kClassAny || record.klass == kClassNone);
    const auto layout = RdataLayout(record.type, record.klass);
    if (layout.empty() || update_without_data) return std::nullopt;
    if (!RdataHasLayout(bytes_, Range(record), layout, expanded_))
      return MalformedReason::kBadRdata;
    return Addresses(record);
  }

  static RdataRange Range(const DnsRecord& record) {
    return {record.rdata_offset, record.rdata_offset + record.rdata_size};
  }

  // RFC 6891 6.1.1: at most one, in the additional section, owned by the root.
  Fault Opt(const DnsRecord& record) {
    if (message_.edns || record.section != DnsSection::kAdditional ||
        !record.owner.IsRoot() ||
        !RdataHasLayout(bytes_, Range(record), "O", expanded_))
      return MalformedReason::kBadOpt;
    message_.edns = true;
    message_.rcode |= static_cast<uint16_t>(record.ttl >> 24 << 4);
    return std::nullopt;
  }

  Fault Addresses(const DnsRecord& record) {
    if (record.section == DnsSection::kAuthority || record.klass != kClassIn)
      return std::nullopt;
    const Bytes data = bytes_.subspan(record.rdata_offset, record.rdata_size);
    if (record.type == kTypeA || record.type == kTypeAaaa) {
      AddAddresses(data, data.size(), record.ttl);
    } else if (record.type == kTypeSvcb || record.type == kTypeHttps) {
      AddHints(record, data);
    }
    if (message_.addresses.size() > kMaxDnsAddresses)
      return MalformedReason::kTooManyRecords;
    return std::nullopt;
  }

  // `list` holds addresses of `size` bytes, 4 or 16, back to back.
  void AddAddresses(Bytes list, size_t size, uint32_t ttl) {
    for (; list.size() >= size; list = list.subspan(size)) {
      if (message_.addresses.size() > kMaxDnsAddresses) return;
      uint8_t bytes[16];
      std::copy_n(list.begin(), size, bytes);
      if (size == 4) {
        const uint8_t v4[4] = {bytes[0], bytes[1], bytes[2], bytes[3]};
        message_.addresses.push_back({IpAddress::V4(v4), ttl});
      } else {
        message_.addresses.push_back({IpAddress(bytes), ttl});
      }
    }
  }

  void AddHints(const DnsRecord& record, Bytes data) {
    WireName target;
    WalkName(bytes_, record.rdata_offset + 2, target);
    const Bytes params = data.subspan(target.end - record.rdata_offset);
    ForEachSvcParam(params, [&](uint16_t key, Bytes value) {
      if (key == kSvcIpv4Hint) AddAddresses(value, 4, record.ttl);
      if (key == kSvcIpv6Hint) AddAddresses(value, 16, record.ttl);
      return true;
    });
  }

  DnsMessage& message_;
  const Bytes bytes_;
  ByteReader reader_;
  const DnsParseOptions options_;
  uint16_t counts_[3] = {};
  uint16_t last_owner_ = 0;
  size_t expanded_ = 0;
};

}  // namespace

std::optional<MalformedReason> ParseDnsMessage(Bytes bytes, DnsMessage& message,
                                               DnsParseOptions options) {
  message.Clear();
  message.wire.assign(bytes.begin(), bytes.end());
  if (const Fault fault = Parser(message, options).Parse()) return fault;
  FollowAliases(message);
  return std::nullopt;
}

}  // namespace nameward
