// SPDX-License-Identifier: Apache-2.0
// The values of an event's fields, by FieldId.  No value means absent, which
// makes a leaf unknown; several are possible where Field::many says so.
//
// The spans hold until the next call.  Buffers are reused: no allocation in the
// steady state.
#ifndef NAMEWARD_MATCH_EVENT_FIELDS_H_
#define NAMEWARD_MATCH_EVENT_FIELDS_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "match/fields.h"
#include "match/match.h"
#include "model/event.h"

namespace nameward {

// nullopt: rules don't see events of this kind.
std::optional<EventKind> RuleEventKind(const Event& event);

class EventFields {
 public:
  // Both must outlive the calls below.
  void Reset(const Event& event, const MatchContext& context);

  std::span<const DomainName> Names(FieldId field);
  std::span<const IpAddress> Addresses(FieldId field);
  std::span<const int64_t> Numbers(FieldId field);  // ports, words, numbers
  std::span<const std::string_view> Texts(FieldId field);
  // IANA number of the transport, for 443/udp; 0 if there is none.
  uint8_t Protocol() const;

  // The value as rules and alerts spell it, several joined by ','.
  std::string Show(const Field& field);

 private:
  std::optional<Endpoint> Source() const;
  std::optional<Endpoint> Destination() const;
  std::optional<Endpoint> Resolver() const;
  void AddDnsNumber(FieldId field);
  void AddConnectNumber(FieldId field);
  void AddNumber(int64_t value) { numbers_.push_back(value); }
  void AddText(std::string_view text);
  void AddWorkloadText(FieldId field);
  void AddTxtRecords();
  size_t RegisteredCount();
  const std::string& Sub();

  const Event* event_ = nullptr;
  const MatchContext* context_ = nullptr;
  const DnsEvent* dns_ = nullptr;
  const ConnectEvent* connect_ = nullptr;
  const TransportEvent* transport_ = nullptr;
  std::vector<DomainName> names_;
  std::vector<IpAddress> addresses_;
  std::vector<int64_t> numbers_;
  std::vector<std::string_view> texts_;
  std::string text_;          // behind texts_
  std::vector<size_t> ends_;  // of the TXT records in text_
  std::string sub_;
};

}  // namespace nameward

#endif  // NAMEWARD_MATCH_EVENT_FIELDS_H_
