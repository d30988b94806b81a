// SPDX-License-Identifier: Apache-2.0
#include "match/event_fields.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "match/public_suffix.h"

namespace nameward {
namespace {

// Shannon entropy in thousandths of a bit per character.
int64_t EntropyOf(std::string_view text) {
  if (text.empty()) return 0;
  std::array<uint32_t, 256> counts{};
  for (const char c : text) ++counts[static_cast<uint8_t>(c)];
  double bits = 0;
  const auto total = static_cast<double>(text.size());
  for (const uint32_t count : counts)
    if (count != 0) bits -= count / total * std::log2(count / total);
  return static_cast<int64_t>(bits * 1000);
}

std::string ShowNumber(const Field& field, int64_t value) {
  if (field.type == ValueType::kWord) return WordOf(field.words, value);
  if (field.type == ValueType::kDuration)
    return std::to_string(value / 1'000'000) + "ms";
  if (field.type == ValueType::kDecimal)
    return std::to_string(value / 1000) + "." +
           std::to_string(value % 1000 / 100);
  return std::to_string(value);
}

int64_t CountAnswers(const DnsMessage& message) {
  return std::count_if(message.records.begin(), message.records.end(),
                       [](const DnsRecord& record) {
                         return record.section == DnsSection::kAnswer;
                       });
}

}  // namespace

std::optional<EventKind> RuleEventKind(const Event& event) {
  if (const auto* dns = std::get_if<DnsEvent>(&event.body))
    return dns->message.response ? EventKind::kDnsAnswer : EventKind::kDnsQuery;
  if (std::holds_alternative<ConnectEvent>(event.body))
    return EventKind::kConnect;
  if (std::holds_alternative<TransportEvent>(event.body))
    return EventKind::kTransport;
  return std::nullopt;
}

void EventFields::Reset(const Event& event, const MatchContext& context) {
  event_ = &event;
  context_ = &context;
  dns_ = std::get_if<DnsEvent>(&event.body);
  connect_ = std::get_if<ConnectEvent>(&event.body);
  transport_ = std::get_if<TransportEvent>(&event.body);
}

size_t EventFields::RegisteredCount() {
  text_.clear();
  dns_->message.question.name.AppendTo(text_);
  return RegisteredLabels(text_);
}

std::span<const DomainName> EventFields::Names(FieldId field) {
  names_.clear();
  const bool of_peer = field == FieldId::kDnsNames && dns_ == nullptr;
  if (of_peer || field == FieldId::kDstName) {
    if (connect_ != nullptr) return connect_->verdict.names;
    if (transport_ == nullptr || transport_->name.empty()) return {};
    if (const auto name = DomainName::Parse(transport_->name))
      names_.push_back(*name);
    return names_;
  }
  if (dns_ == nullptr || dns_->message.question_count == 0) return {};
  const DnsMessage& message = dns_->message;
  const std::span chain(message.chain);
  switch (field) {
    case FieldId::kQname:
      return {&message.question.name, 1};
    case FieldId::kAnswerCname:
      return chain.subspan(chain.empty() ? 0 : 1);
    case FieldId::kDnsNames:
      return chain;
    case FieldId::kAnswerExternal:
      return dns_->external == 0 ? std::span<const DomainName>()
                                 : chain.subspan(dns_->external, 1);
    case FieldId::kQnameBase:
      if (dns_->base_labels > 0)
        names_.push_back(message.question.name.Prefix(dns_->base_labels));
      return names_;
    default:
      if (const size_t labels = RegisteredCount())
        names_.push_back(message.question.name.Suffix(labels));
      return names_;
  }
}

std::optional<Endpoint> EventFields::Source() const {
  if (dns_ != nullptr) return dns_->client;
  if (transport_ != nullptr) return transport_->client;
  return connect_ == nullptr ? std::nullopt : connect_->source;
}

std::optional<Endpoint> EventFields::Destination() const {
  if (dns_ != nullptr) return dns_->server;
  if (transport_ != nullptr) return transport_->server;
  if (connect_ != nullptr) return connect_->destination;
  return std::nullopt;
}

std::optional<Endpoint> EventFields::Resolver() const {
  if (dns_ != nullptr) return dns_->server;
  return connect_ == nullptr ? std::nullopt : connect_->verdict.resolver;
}

std::span<const IpAddress> EventFields::Addresses(FieldId field) {
  addresses_.clear();
  if (field == FieldId::kAnswerIp) {
    if (dns_ != nullptr)
      for (const DnsAddress& one : dns_->message.addresses)
        addresses_.push_back(one.address);
    return addresses_;
  }
  const auto endpoint = field == FieldId::kSrcIp   ? Source()
                        : field == FieldId::kDstIp ? Destination()
                                                   : Resolver();
  if (endpoint && !endpoint->IsUnset()) addresses_.push_back(endpoint->address);
  return addresses_;
}

uint8_t EventFields::Protocol() const {
  if (connect_ != nullptr) return connect_->protocol;
  const auto by = dns_ != nullptr         ? dns_->transport
                  : transport_ != nullptr ? transport_->transport
                                          : Transport::kUdp;
  return by == Transport::kTcp ? 6 : 17;
}

void EventFields::AddDnsNumber(FieldId field) {
  const DnsMessage& message = dns_->message;
  const DnsQuestion& question = message.question;
  const bool asked = message.question_count > 0;
  switch (field) {
    case FieldId::kQtype:
      return asked ? AddNumber(question.type) : void();
    case FieldId::kQclass:
      return asked ? AddNumber(question.klass) : void();
    case FieldId::kQnameLabels:
      return asked ? AddNumber(static_cast<int64_t>(question.name.LabelCount()))
                   : void();
    case FieldId::kQnameSubLength:
      return asked ? AddNumber(static_cast<int64_t>(Sub().size())) : void();
    case FieldId::kQnameEntropy:
      return asked ? AddNumber(EntropyOf(Sub())) : void();
    case FieldId::kRcode:
      return AddNumber(message.rcode);
    case FieldId::kFlagAa:
      return AddNumber(message.aa);
    case FieldId::kFlagTc:
      return AddNumber(message.tc);
    case FieldId::kFlagRd:
      return AddNumber(message.rd);
    case FieldId::kFlagRa:
      return AddNumber(message.ra);
    case FieldId::kFlagAd:
      return AddNumber(message.ad);
    case FieldId::kFlagCd:
      return AddNumber(message.cd);
    case FieldId::kFlagZ:
      return AddNumber(message.z);
    case FieldId::kTransport:
      return AddNumber(static_cast<int64_t>(dns_->transport));
    case FieldId::kDnsExpansion:
      return AddNumber(dns_->expansion);
    case FieldId::kResolverDiverted:
      return AddNumber(dns_->diverted);
    case FieldId::kAnswerCount:
      return AddNumber(CountAnswers(message));
    case FieldId::kAnswerTtl:
      for (const DnsRecord& record : message.records)
        if (record.section == DnsSection::kAnswer) AddNumber(record.ttl);
      return;
    default:
      return;
  }
}

void EventFields::AddConnectNumber(FieldId field) {
  const ConnectVerdict& verdict = connect_->verdict;
  switch (field) {
    case FieldId::kDnsState:
      return AddNumber(static_cast<int64_t>(verdict.state));
    case FieldId::kDnsAge:
      return verdict.age ? AddNumber(verdict.age->count()) : void();
    case FieldId::kDnsHistoryComplete:
      return AddNumber(verdict.history_complete);
    case FieldId::kDnsSeenElsewhere:
      return AddNumber(verdict.seen_elsewhere);
    case FieldId::kDnsEncrypted:
      return AddNumber(verdict.encrypted);
    default:
      return;
  }
}

std::span<const int64_t> EventFields::Numbers(FieldId field) {
  numbers_.clear();
  const auto port = [&](const std::optional<Endpoint>& endpoint) {
    if (endpoint && !endpoint->IsUnset()) AddNumber(endpoint->port);
  };
  const auto& process = event_->origin.process;
  if (field == FieldId::kDstPort)
    port(Destination());
  else if (field == FieldId::kSrcPort)
    port(Source());
  else if (field == FieldId::kResolverPort)
    port(Resolver());
  else if (field == FieldId::kDstProto)
    AddNumber(Protocol());
  else if (field == FieldId::kProcessUid && process)
    AddNumber(process->uid);
  else if (field == FieldId::kProcessPid && process)
    AddNumber(process->tgid);
  else if (field == FieldId::kProcessMoved)
    AddNumber(event_->origin.moved_from != 0);
  else if (dns_ != nullptr)
    AddDnsNumber(field);
  else if (connect_ != nullptr)
    AddConnectNumber(field);
  else if (transport_ != nullptr && field == FieldId::kKind)
    AddNumber(static_cast<int64_t>(transport_->kind));
  else if (transport_ != nullptr && field == FieldId::kTransport)
    AddNumber(static_cast<int64_t>(transport_->transport));
  return numbers_;
}

const std::string& EventFields::Sub() {
  const DomainName& name = dns_->message.question.name;
  const size_t labels = name.LabelCount();
  const size_t registered = RegisteredCount();
  sub_.clear();
  if (registered == 0 || registered >= labels) return sub_;
  sub_ = text_;
  for (size_t i = 0; i < registered; ++i) sub_.resize(sub_.rfind('.'));
  return sub_;
}

void EventFields::AddText(std::string_view text) {
  if (!text.empty()) texts_.push_back(text);
}

void EventFields::AddTxtRecords() {
  // Strings of one record run together, as readers of TXT take them.
  text_.clear();
  ends_.clear();
  for (const DnsRecord& record : dns_->message.records) {
    if (record.type != kTypeTxt || record.section != DnsSection::kAnswer)
      continue;
    ByteReader reader(dns_->message.wire);
    if (!reader.Seek(record.rdata_offset)) continue;
    const auto data = reader.Take(record.rdata_size);
    if (!data) continue;
    ByteReader strings(*data);
    while (const auto size = strings.U8()) {
      const auto part = strings.Take(*size);
      if (!part) break;
      text_.append(reinterpret_cast<const char*>(part->data()), part->size());
    }
    ends_.push_back(text_.size());
  }
  size_t start = 0;
  for (const size_t end : ends_) {
    texts_.push_back(std::string_view(text_).substr(start, end - start));
    start = end;
  }
}

void EventFields::AddWorkloadText(FieldId field) {
  const WorkloadRef& workload = event_->origin.workload;
  if (workload == nullptr) return;
  const Pod* pod = workload->pod.get();
  const Container* container =
      workload->container ? &*workload->container : nullptr;
  switch (field) {
    case FieldId::kContainerId:
      return container != nullptr ? AddText(container->id) : void();
    case FieldId::kContainerName:
      return container != nullptr ? AddText(container->name) : void();
    case FieldId::kContainerImage:
      return container != nullptr ? AddText(container->image) : void();
    case FieldId::kPodName:
      return pod != nullptr ? AddText(pod->name) : void();
    case FieldId::kPodUid:
      return pod != nullptr ? AddText(pod->uid) : void();
    case FieldId::kNamespace:
      return pod != nullptr ? AddText(pod->namespace_name) : void();
    case FieldId::kWorkload:
      return AddText(pod != nullptr ? pod->workload : workload->cgroup_path);
    case FieldId::kCgroup:
      return AddText(workload->cgroup_path);
    case FieldId::kUnit:
      return AddText(workload->unit);
    default:
      return;
  }
}

std::span<const std::string_view> EventFields::Texts(FieldId field) {
  texts_.clear();
  const auto& process = event_->origin.process;
  if (field == FieldId::kNode) {
    AddText(context_->node);
  } else if (field == FieldId::kProcessExe) {
    if (process && process->exe) AddText(*process->exe);
  } else if (field == FieldId::kProcessName) {
    if (process) AddText(process->Comm());
  } else if (field == FieldId::kAnswerTxt) {
    if (dns_ != nullptr) AddTxtRecords();
  } else if (field == FieldId::kQnameSub) {
    if (dns_ != nullptr && dns_->message.question_count > 0) AddText(Sub());
  } else {
    AddWorkloadText(field);
  }
  return texts_;
}

std::string EventFields::Show(const Field& field) {
  std::string out;
  const auto add = [&](std::string_view text) {
    if (!out.empty()) out += ',';
    out += text;
  };
  switch (field.type) {
    case ValueType::kDomain:
      for (const DomainName& name : Names(field.id)) add(name.ToString());
      break;
    case ValueType::kIp:
      for (const IpAddress& address : Addresses(field.id))
        add(address.ToString());
      break;
    case ValueType::kString:
      for (const std::string_view text : Texts(field.id)) add(text);
      break;
    default:
      for (const int64_t value : Numbers(field.id))
        add(ShowNumber(field, value));
  }
  return out;
}

}  // namespace nameward
