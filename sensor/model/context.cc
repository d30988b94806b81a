// SPDX-License-Identifier: Apache-2.0
#include "model/context.h"

#include <charconv>

namespace nameward {
namespace {

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || at != end) return std::nullopt;
  return value;
}

template <typename T>
bool Push(std::vector<T>& list, const std::optional<T>& value) {
  if (value) list.push_back(*value);
  return value.has_value();
}

bool ReadResolver(std::string_view value, Context& context) {
  if (!value.starts_with("any:"))
    return Push(context.resolvers, Endpoint::Parse(value));
  const auto port = ParseInteger(value.substr(4));
  if (!port || *port < 1 || *port > 65535) return false;
  context.trust_any_on_port.push_back(static_cast<uint16_t>(*port));
  return true;
}

bool ReadDuration(std::string_view value, Nanoseconds unit, Nanoseconds& out) {
  const auto number = ParseInteger(value);
  if (number) out = unit * *number;
  return number.has_value();
}

bool ReadLine(std::string_view key, std::string_view value, Context& context) {
  if (key == "node") return context.node.name = value, true;
  if (key == "cluster") return context.node.cluster = value, true;
  if (key == "machine") return context.node.machine_id = value, true;
  if (key == "boot") return context.boot_id = value, true;
  if (key == "source") return context.live = value != "pcap", true;
  if (key == "resolver") return ReadResolver(value, context);
  if (key == "internal") return Push(context.internal, Network::Parse(value));
  if (key == "service") return Push(context.services, Network::Parse(value));
  if (key == "address")
    return Push(context.node_addresses, IpAddress::Parse(value));
  if (key == "encrypted")
    return Push(context.encrypted, IpAddress::Parse(value));
  if (key == "warmup_ms") return ReadDuration(value, 1ms, context.warmup);
  if (key == "service_address")
    return Push(context.service_addresses, IpAddress::Parse(value));
  if (key == "redirect") return Push(context.redirects, Redirect::Parse(value));
  if (key == "zone") return Push(context.zones, DomainName::Parse(value));
  if (key == "search") return Push(context.searches, DomainName::Parse(value));
  if (key == "pods") return context.pods = value == "expected";
  if (key == "attached") {
    Nanoseconds since{0};
    const bool read = ReadDuration(value, Nanoseconds(1), since);
    context.attached = BootTime(since);
    return read;
  }
  return false;
}

}  // namespace

std::string Redirect::ToString() const {
  return port == 0 ? network.ToString()
                   : Endpoint{network.base, port}.ToString();
}

std::optional<Redirect> Redirect::Parse(std::string_view text) {
  if (const auto network = Network::Parse(text)) return Redirect{*network, 0};
  const auto endpoint = Endpoint::Parse(text);
  if (!endpoint || endpoint->port == 0) return std::nullopt;
  return Redirect{{endpoint->address, 128}, endpoint->port};
}

std::string Context::ToText() const {
  std::string text;
  const auto line = [&text](std::string_view key, const std::string& value) {
    text.append(key).append(" ").append(value).append("\n");
  };
  line("node", node.name);
  if (!node.cluster.empty()) line("cluster", node.cluster);
  if (!node.machine_id.empty()) line("machine", node.machine_id);
  line("boot", boot_id);
  line("source", live ? "live" : "pcap");
  line("attached", std::to_string(attached.time_since_epoch().count()));
  for (const auto& resolver : resolvers) line("resolver", resolver.ToString());
  for (const auto port : trust_any_on_port)
    line("resolver", "any:" + std::to_string(port));
  for (const auto& range : internal) line("internal", range.ToString());
  for (const auto& range : services) line("service", range.ToString());
  for (const auto& address : service_addresses)
    line("service_address", address.ToString());
  for (const auto& address : node_addresses)
    line("address", address.ToString());
  for (const auto& address : encrypted) line("encrypted", address.ToString());
  for (const auto& redirect : redirects) line("redirect", redirect.ToString());
  for (const auto& zone : zones) line("zone", zone.ToString());
  for (const auto& search : searches) line("search", search.ToString());
  if (pods) line("pods", "expected");
  line("warmup_ms", std::to_string(warmup / 1ms));
  return text;
}

Context Context::FromText(std::string_view text) {
  Context context;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view()
                                         : text.substr(end + 1);
    const size_t space = line.find(' ');
    if (line.empty()) continue;
    const bool read =
        space != std::string_view::npos &&
        ReadLine(line.substr(0, space), line.substr(space + 1), context);
    if (!read) ++context.unknown_lines;
  }
  return context;
}

}  // namespace nameward
