// SPDX-License-Identifier: Apache-2.0
// A domain name in canonical form: uncompressed wire labels (RFC 1035 3.1) with
// ASCII letters in lower case (RFC 4343).  Compared by label, never by text, so
// a dot inside a label can't fake a label break.
//
// Fixed size, no allocation, trivially copyable; at most 255 bytes with the
// root.
#ifndef NAMEWARD_MODEL_DOMAIN_NAME_H_
#define NAMEWARD_MODEL_DOMAIN_NAME_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_reader.h"

namespace nameward {

class DomainName {
 public:
  static constexpr size_t kMaxWire = 255;    // RFC 1035 2.3.4
  static constexpr size_t kMaxLabel = 63;    // RFC 1035 2.3.4
  static constexpr size_t kMaxLabels = 128;  // 127 of one byte, and the root

  DomainName() = default;  // the root

  // Presentation form as in docs/events.md and RFC 1035 5.1 (\DDD, \.); with or
  // without the final dot.  nullopt: empty label, label > 63, name > 255, bad
  // escape.
  static std::optional<DomainName> Parse(std::string_view text);

  // From the expanded wire form of a name whose labels WalkName
  // (model/dns_wire.h) has checked; only lowers the case.
  static DomainName FromCheckedWire(Bytes wire);

  // Adds one label before the root; false if the name would be too long or the
  // label is empty or longer than 63.
  bool AppendLabel(Bytes label);

  bool IsRoot() const { return size_ == 1; }
  size_t LabelCount() const;  // without the root
  // Uncompressed, lower case, with the root's zero byte.
  Bytes wire() const { return {wire_.data(), size_}; }
  // The last `labels` labels; the whole name if it has fewer.
  DomainName Suffix(size_t labels) const;
  // The first `labels` labels; the whole name if it has fewer.
  DomainName Prefix(size_t labels) const;
  // Counted from the left; empty: there are not so many.
  Bytes Label(size_t index) const;
  bool IsAtOrUnder(const DomainName& ancestor) const;

  // Lower case, no final dot, "." for the root; bytes outside [a-z0-9_-] as
  // \DDD, a dot inside a label as \. .
  std::string ToString() const;
  void AppendTo(std::string& out) const;
  uint64_t Hash() const;

  bool operator==(const DomainName& other) const;

 private:
  uint8_t size_ = 1;                      // bytes used, with the root
  std::array<uint8_t, kMaxWire> wire_{};  // first byte 0: the root
};

struct DomainNameHash {
  size_t operator()(const DomainName& name) const { return name.Hash(); }
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_DOMAIN_NAME_H_
