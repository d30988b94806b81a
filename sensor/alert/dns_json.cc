// SPDX-License-Identifier: Apache-2.0
#include "alert/dns_json.h"

#include <algorithm>
#include <string>

#include "base/byte_reader.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

// One for all of a message's numbers and data, so that they share its capacity.
class TextMembers {
 public:
  TextMembers(const DnsMessage& message, JsonWriter& json)
      : message_(message), json_(json) {}

  void Header() {
    json_.Key("id").Number(message_.id);
    json_.Key("response").Bool(message_.response);
    json_.Key("opcode");
    Made(AppendDnsOpcode, message_.opcode);
    json_.Key("rcode");
    Made(AppendDnsRcode, message_.rcode);
    json_.Key("flags").BeginArray();
    ForEachDnsFlag(message_,
                   [this](std::string_view flag) { json_.String(flag); });
    json_.EndArray();
  }

  void Question() {
    const bool asked = message_.question_count > 0;
    json_.Key("qname");
    asked ? json_.Name(message_.question.name) : json_.Null();
    json_.Key("qtype");
    asked ? Made(AppendDnsType, message_.question.type) : json_.Null();
    json_.Key("qclass");
    asked ? Made(AppendDnsClass, message_.question.klass) : json_.Null();
  }

  void Answers(size_t list_bytes) {
    const size_t start = json_.size();
    size_t all = 0, shown = 0;
    json_.Key("answers").BeginArray();
    for (const DnsRecord& record : message_.records) {
      if (record.section != DnsSection::kAnswer) continue;
      ++all;
      if (json_.size() - start >= list_bytes) continue;
      Answer(record, list_bytes);
      ++shown;
    }
    json_.EndArray();
    all = std::max(all, AnswerCount());
    if (all > shown) json_.Key("answers_omitted").Number(all - shown);
  }

 private:
  // As the header says: a dedup window keeps it without the records.
  size_t AnswerCount() const {
    static constexpr size_t kAnswerCount = 6;  // RFC 1035 4.1.1
    ByteReader header(message_.wire);
    if (!message_.response || !header.Skip(kAnswerCount)) return 0;
    return header.U16().value_or(0);
  }
  void Answer(const DnsRecord& record, size_t cap) {
    json_.BeginObject();
    json_.Key("name").Name(record.owner);
    json_.Key("type");
    Made(AppendDnsType, record.type);
    json_.Key("ttl").Number(record.ttl);
    json_.Key("data");
    text_.clear();
    AppendRdata(message_, record, text_);
    json_.String(text_, cap);
    json_.EndObject();
  }
  template <typename Append, typename Value>
  void Made(Append append, Value value) {
    text_.clear();
    append(value, text_);
    json_.String(text_);
  }

  const DnsMessage& message_;
  JsonWriter& json_;
  std::string text_;
};

}  // namespace

void AppendNames(const std::vector<DomainName>& names, size_t list_bytes,
                 JsonWriter& json) {
  const size_t start = json.size();
  size_t shown = 0;
  json.Key("names").BeginArray();
  for (; shown < names.size() && json.size() - start < list_bytes; ++shown)
    json.Name(names[shown]);
  json.EndArray();
  if (shown < names.size())
    json.Key("names_omitted").Number(names.size() - shown);
}

void AppendDnsMembers(const DnsEvent& dns, size_t list_bytes,
                      JsonWriter& json) {
  const DnsMessage& message = dns.message;
  json.Key("transport").String(ToString(dns.transport));
  json.Key("client").HostPort(dns.client);
  json.Key("server").HostPort(dns.server);
  if (dns.wire) json.Key("wire").HostPort(*dns.wire);
  json.Key("port53").Bool(dns.Port53());
  TextMembers text(message, json);
  text.Header();
  text.Question();
  text.Answers(list_bytes);
  AppendNames(message.chain, list_bytes, json);
  if (dns.base_labels > 0)
    json.Key("base").Name(message.question.name.Prefix(dns.base_labels));
  if (dns.expansion) json.Key("expansion").Bool(true);
  if (dns.external > 0) json.Key("external").Name(message.chain[dns.external]);
  if (dns.diverted) json.Key("diverted").Bool(true);
  json.Key("truncated").Bool(dns.truncated_capture);
  json.Key("matched").Bool(dns.matched);
}

}  // namespace nameward
