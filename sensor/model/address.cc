// SPDX-License-Identifier: Apache-2.0
#include "model/address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <iterator>

#include "base/hash.h"

namespace nameward {
namespace {

constexpr std::array<uint8_t, 12> kMappedPrefix = {0, 0, 0, 0, 0,    0,
                                                   0, 0, 0, 0, 0xff, 0xff};
constexpr uint8_t kV4Offset = 96;

std::optional<uint32_t> ParseNumber(std::string_view text, uint32_t most) {
  uint32_t value = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > most)
    return std::nullopt;
  return value;
}

void AppendNumber(unsigned value, std::string& out) {
  char digits[10];
  out.append(digits, std::to_chars(digits, std::end(digits), value).ptr);
}

bool InV4(uint32_t address, uint32_t base, unsigned prefix) {
  return (address >> (32 - prefix)) == (base >> (32 - prefix));
}

}  // namespace

IpAddress IpAddress::V4(const uint8_t (&bytes)[4]) {
  IpAddress address;
  std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin());
  std::memcpy(address.bytes_.data() + 12, bytes, 4);
  return address;
}

IpAddress IpAddress::V4(uint32_t host_order) {
  const uint8_t bytes[4] = {static_cast<uint8_t>(host_order >> 24),
                            static_cast<uint8_t>(host_order >> 16),
                            static_cast<uint8_t>(host_order >> 8),
                            static_cast<uint8_t>(host_order)};
  return V4(bytes);
}

std::optional<IpAddress> IpAddress::Parse(std::string_view text) {
  char terminated[INET6_ADDRSTRLEN + 1] = {};
  if (text.empty() || text.size() > INET6_ADDRSTRLEN) return std::nullopt;
  text.copy(terminated, text.size());
  uint8_t v4[4];
  if (inet_pton(AF_INET, terminated, v4) == 1) return V4(v4);
  uint8_t v6[16];
  if (inet_pton(AF_INET6, terminated, v6) == 1) return IpAddress(v6);
  return std::nullopt;
}

bool IpAddress::IsV4() const {
  return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes_.begin());
}

uint32_t IpAddress::V4HostOrder() const {
  return static_cast<uint32_t>(bytes_[12]) << 24 |
         static_cast<uint32_t>(bytes_[13]) << 16 |
         static_cast<uint32_t>(bytes_[14]) << 8 | bytes_[15];
}

bool IpAddress::IsUnspecified() const {
  if (IsV4()) return V4HostOrder() == 0;
  return *this == IpAddress();
}

bool IpAddress::IsLoopback() const {
  if (IsV4()) return bytes_[12] == 127;
  static constexpr uint8_t kLoopback[16] = {0, 0, 0, 0, 0, 0, 0, 0,
                                            0, 0, 0, 0, 0, 0, 0, 1};
  return std::equal(bytes_.begin(), bytes_.end(), kLoopback);
}

bool IpAddress::IsLinkLocal() const {
  if (IsV4()) return InV4(V4HostOrder(), 0xa9fe0000, 16);
  return bytes_[0] == 0xfe && (bytes_[1] & 0xc0) == 0x80;
}

bool IpAddress::IsMulticast() const {
  if (IsV4()) return (bytes_[12] & 0xf0) == 0xe0;
  return bytes_[0] == 0xff;
}

bool IpAddress::IsBroadcast() const {
  return IsV4() && V4HostOrder() == 0xffffffff;
}

bool IpAddress::IsPrivate() const {
  if (!IsV4()) return (bytes_[0] & 0xfe) == 0xfc;
  const uint32_t v4 = V4HostOrder();
  return InV4(v4, 0x0a000000, 8) || InV4(v4, 0xac100000, 12) ||
         InV4(v4, 0xc0a80000, 16) || InV4(v4, 0x64400000, 10);
}

void IpAddress::AppendTo(std::string& out) const {
  if (IsV4()) {
    for (size_t i = 12; i < 16; ++i) {
      if (i > 12) out += '.';
      AppendNumber(bytes_[i], out);
    }
    return;
  }
  char text[INET6_ADDRSTRLEN];
  out += inet_ntop(AF_INET6, bytes_.data(), text, sizeof text);
}

std::string IpAddress::ToString() const {
  std::string text;
  AppendTo(text);
  return text;
}

void Endpoint::AppendTo(std::string& out) const {
  const bool v4 = address.IsV4();
  if (!v4) out += '[';
  address.AppendTo(out);
  out += v4 ? ":" : "]:";
  AppendNumber(port, out);
}

std::string Endpoint::ToString() const {
  std::string text;
  AppendTo(text);
  return text;
}

std::optional<Endpoint> Endpoint::Parse(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed =
      host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = IpAddress::Parse(host);
  const auto port = ParseNumber(text.substr(colon + 1), 65535);
  if (!address || !port || bracketed == address->IsV4()) return std::nullopt;
  return Endpoint{*address, static_cast<uint16_t>(*port)};
}

bool Network::Contains(const IpAddress& address) const {
  const auto& ours = base.bytes();
  const auto& theirs = address.bytes();
  const size_t whole = prefix / 8;
  if (!std::equal(ours.begin(), ours.begin() + whole, theirs.begin()))
    return false;
  const unsigned rest = prefix % 8;
  if (rest == 0) return true;
  const auto mask = static_cast<uint8_t>(0xff << (8 - rest));
  return (ours[whole] & mask) == (theirs[whole] & mask);
}

std::string Network::ToString() const {
  const unsigned shown = base.IsV4() && prefix >= kV4Offset
                             ? static_cast<unsigned>(prefix - kV4Offset)
                             : prefix;
  return base.ToString() + "/" + std::to_string(shown);
}

std::optional<Network> Network::Parse(std::string_view text) {
  const size_t slash = text.find('/');
  const auto base = IpAddress::Parse(text.substr(0, slash));
  if (!base) return std::nullopt;
  const bool v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  uint32_t prefix = v4 ? 32 : 128;
  if (slash != std::string_view::npos) {
    const auto given = ParseNumber(text.substr(slash + 1), prefix);
    if (!given) return std::nullopt;
    prefix = *given;
  }
  Network network{*base, static_cast<uint8_t>(prefix + (v4 ? kV4Offset : 0))};
  for (unsigned bit = network.prefix; bit < 128; ++bit)
    if (base->bytes()[bit / 8] & (0x80 >> (bit % 8))) return std::nullopt;
  return network;
}

size_t IpAddressHash::operator()(const IpAddress& address) const {
  return HashBytes(address.bytes());
}

size_t EndpointHash::operator()(const Endpoint& endpoint) const {
  return HashBytes(endpoint.address.bytes(), endpoint.port);
}

}  // namespace nameward
