// SPDX-License-Identifier: Apache-2.0
#include "alert/dns_json.h"

namespace nameward {
namespace {

void AppendFlags(const DnsMessage& message, JsonWriter& json) {
  json.Key("flags").BeginArray();
  if (message.aa) json.String("aa");
  if (message.tc) json.String("tc");
  if (message.rd) json.String("rd");
  if (message.ra) json.String("ra");
  if (message.z) json.String("z");
  if (message.ad) json.String("ad");
  if (message.cd) json.String("cd");
  json.EndArray();
}

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
  json.Key("id").Number(message.id);
  json.Key("response").Bool(message.response);
  AppendFlags(message, json);
  AppendNames(message.chain, list_bytes, json);
  json.Key("truncated").Bool(dns.truncated_capture);
  json.Key("matched").Bool(dns.matched);
}

}  // namespace nameward
