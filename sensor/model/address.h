// SPDX-License-Identifier: Apache-2.0
// IP addresses, endpoints and networks.  An IPv4 address is kept v4-mapped
// (RFC 4291 2.5.5.2), so IPv4 and its mapped form are one and the same here;
// how the program spelled it is a flag of the event, not of the address.
#ifndef NAMEWARD_MODEL_ADDRESS_H_
#define NAMEWARD_MODEL_ADDRESS_H_

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace nameward {

class IpAddress {
 public:
  constexpr IpAddress() = default;  // "::", also what "unset" looks like
  explicit IpAddress(const uint8_t (&bytes)[16]) {
    std::memcpy(bytes_.data(), bytes, 16);
  }
  static IpAddress V4(const uint8_t (&bytes)[4]);
  static IpAddress V4(uint32_t host_order);
  // Dotted quad, or RFC 4291 text; nothing else (no zone, no brackets).
  static std::optional<IpAddress> Parse(std::string_view text);

  bool IsV4() const;
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }
  uint32_t V4HostOrder() const;  // only if IsV4()

  bool IsUnspecified() const;  // 0.0.0.0 or ::
  bool IsLoopback() const;     // 127/8, ::1
  bool IsLinkLocal() const;    // 169.254/16, fe80::/10
  bool IsMulticast() const;    // 224/4, ff00::/8
  bool IsBroadcast() const;    // 255.255.255.255
  bool IsPrivate()
      const;  // RFC 1918, RFC 6598 (100.64/10), RFC 4193 (fc00::/7)

  std::string ToString() const;  // RFC 5952; IPv4 as dotted quad
  void AppendTo(std::string& out) const;
  auto operator<=>(const IpAddress&) const = default;

 private:
  std::array<uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;

  bool IsUnset() const { return port == 0 && address == IpAddress(); }
  std::string ToString() const;  // 192.0.2.1:53, [2001:db8::1]:53
  void AppendTo(std::string& out) const;
  static std::optional<Endpoint> Parse(std::string_view text);
  auto operator<=>(const Endpoint&) const = default;
};

// A CIDR network; host bits must be zero (Parse refuses them).
struct Network {
  IpAddress base;
  uint8_t prefix = 128;  // of 128: an IPv4 /8 is 104

  bool Contains(const IpAddress& address) const;
  std::string ToString() const;
  static std::optional<Network> Parse(std::string_view text);
  auto operator<=>(const Network&) const = default;
};

struct IpAddressHash {
  size_t operator()(const IpAddress& address) const;
};
struct EndpointHash {
  size_t operator()(const Endpoint& endpoint) const;
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_ADDRESS_H_
