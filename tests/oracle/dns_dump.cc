// SPDX-License-Identifier: Apache-2.0
// Test only: messages on stdin, each after its length (4 bytes, network order),
// become one JSON line each on stdout, with the fields of the event contract's
// `dns` object and the other two sections.
#include <cstdio>
#include <iostream>
#include <iterator>

#include "decode/dns_message.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

void AppendString(const std::string& text, std::string& out) {
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

void AppendField(std::string_view key, const std::string& text,
                 std::string& out) {
  out += out.back() == '{' ? "" : ",";
  AppendString(std::string(key), out);
  out += ':';
  AppendString(text, out);
}

void AppendSection(const DnsMessage& message, DnsSection section,
                   std::string_view key, std::string& out) {
  out += ",\"" + std::string(key) + "\":[";
  for (const DnsRecord& record : message.records) {
    if (record.section != section || record.type == kTypeOpt) continue;
    if (out.back() == '}') out += ',';
    out += '{';
    AppendField("name", record.owner.ToString(), out);
    AppendField("type", DnsTypeName(record.type), out);
    AppendField("class", DnsClassName(record.klass), out);
    AppendField("data", RdataText(message, record), out);
    out += ",\"ttl\":" + std::to_string(record.ttl) + "}";
  }
  out += ']';
}

template <typename List, typename Text>
void AppendList(std::string_view key, const List& list, Text text,
                std::string& out) {
  out += ",\"" + std::string(key) + "\":[";
  for (const auto& element : list) {
    if (out.back() == '"') out += ',';
    AppendString(text(element), out);
  }
  out += ']';
}

std::string Show(const DnsMessage& message) {
  std::string out = "{";
  AppendField("opcode", DnsOpcodeName(message.opcode), out);
  AppendField("rcode", DnsRcodeName(message.rcode), out);
  if (message.question_count > 0) {
    AppendField("qname", message.question.name.ToString(), out);
    AppendField("qtype", DnsTypeName(message.question.type), out);
    AppendField("qclass", DnsClassName(message.question.klass), out);
  }
  out += ",\"id\":" + std::to_string(message.id);
  out += message.response ? ",\"response\":true" : ",\"response\":false";
  out += message.tc ? ",\"truncated\":true" : ",\"truncated\":false";
  std::vector<std::string> flags;
  ForEachDnsFlag(message, [&](std::string_view f) { flags.emplace_back(f); });
  AppendList(
      "flags", flags, [](const auto& flag) { return flag; }, out);
  AppendList(
      "names", message.chain, [](const auto& name) { return name.ToString(); },
      out);
  AppendList(
      "addresses", message.addresses,
      [](const auto& a) { return a.address.ToString(); }, out);
  AppendSection(message, DnsSection::kAnswer, "answers", out);
  AppendSection(message, DnsSection::kAuthority, "authority", out);
  AppendSection(message, DnsSection::kAdditional, "additional", out);
  return out + "}";
}

int Run() {
  const std::vector<char> input{std::istreambuf_iterator<char>(std::cin), {}};
  ByteReader reader(
      {reinterpret_cast<const uint8_t*>(input.data()), input.size()});
  DnsMessage message;
  while (const auto size = reader.U32()) {
    const auto bytes = reader.Take(*size);
    if (!bytes) return 2;
    const auto fault = ParseDnsMessage(*bytes, message);
    const std::string line =
        fault ? "{\"malformed\":\"" + std::string(ToString(*fault)) + "\"}"
              : Show(message);
    std::puts(line.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace nameward

int main() { return nameward::Run(); }
