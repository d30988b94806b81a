// SPDX-License-Identifier: Apache-2.0
#include "decode/alias_chain.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "model/dns_wire.h"

namespace nameward {
namespace {

using Aliases = std::span<const DnsRecord* const>;

DomainName TargetOf(const DnsMessage& message, const DnsRecord& alias) {
  WireName name;
  DomainName target;
  ReadName(message.wire, alias.rdata_offset, name, target);
  return target;
}

// RFC 6672 2.2: the owner's suffix is replaced by the target; none if the new
// name would be too long.
std::optional<DomainName> Substitute(const DomainName& name,
                                     const DomainName& owner,
                                     const DomainName& target) {
  const Bytes head =
      name.wire().first(name.wire().size() - owner.wire().size());
  const Bytes tail = target.wire();
  std::array<uint8_t, DomainName::kMaxWire> joined;
  if (head.size() + tail.size() > joined.size()) return std::nullopt;
  const auto end = std::copy(head.begin(), head.end(), joined.begin());
  std::copy(tail.begin(), tail.end(), end);
  return DomainName::FromCheckedWire(
      Bytes(joined).first(head.size() + tail.size()));
}

std::optional<DomainName> Next(const DnsMessage& message, Aliases aliases,
                               const DomainName& name) {
  for (const DnsRecord* alias : aliases)
    if (alias->type == kTypeCname && alias->owner == name)
      return TargetOf(message, *alias);
  for (const DnsRecord* alias : aliases)
    if (alias->type == kTypeDname && !(alias->owner == name) &&
        name.IsAtOrUnder(alias->owner))
      return Substitute(name, alias->owner, TargetOf(message, *alias));
  return std::nullopt;
}

}  // namespace

void FollowAliases(DnsMessage& message) {
  if (message.question_count == 0) return;
  message.chain.push_back(message.question.name);
  std::array<const DnsRecord*, kMaxAliases> aliases;
  size_t count = 0;
  for (const DnsRecord& record : message.records) {
    if (record.section != DnsSection::kAnswer || count == kMaxAliases) break;
    if (record.klass == message.question.klass && record.rdata_size > 0 &&
        (record.type == kTypeCname || record.type == kTypeDname))
      aliases[count++] = &record;
  }
  while (count > 0 && message.chain.size() < DnsMessage::kMaxChain) {
    const auto next =
        Next(message, Aliases(aliases.data(), count), message.chain.back());
    const auto& chain = message.chain;
    if (!next || std::find(chain.begin(), chain.end(), *next) != chain.end())
      return;
    message.chain.push_back(*next);
  }
}

}  // namespace nameward
