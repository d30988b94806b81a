// SPDX-License-Identifier: Apache-2.0
#include "model/domain_name.h"

#include <algorithm>
#include <cstring>

#include "base/hash.h"

namespace nameward {
namespace {

uint8_t Lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<uint8_t>(byte + 32) : byte;
}

// Lower for eight bytes at once: names are half of what decoding costs.
uint64_t LowerEight(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101;
  const uint64_t low = bytes & (kOnes * 0x7f);
  const uint64_t above_z = low + kOnes * (0x7f - 'Z');
  const uint64_t from_a = low + kOnes * (0x80 - 'A');
  const uint64_t upper = (from_a ^ above_z) & ~bytes & (kOnes * 0x80);
  return bytes | upper >> 2;  // 0x80 becomes 0x20
}

bool IsPlain(uint8_t byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') ||
         byte == '-' || byte == '_';
}

// One character of presentation text, after escapes; advances `at`.
std::optional<uint8_t> Unescape(std::string_view text, size_t& at) {
  if (text[at] != '\\') return static_cast<uint8_t>(text[at++]);
  const std::string_view rest = text.substr(at + 1);
  if (rest.empty()) return std::nullopt;
  if (rest[0] < '0' || rest[0] > '9') {
    at += 2;
    return static_cast<uint8_t>(rest[0]);
  }
  if (rest.size() < 3) return std::nullopt;
  int value = 0;
  for (const char digit : rest.substr(0, 3)) {
    if (digit < '0' || digit > '9') return std::nullopt;
    value = value * 10 + (digit - '0');
  }
  if (value > 255) return std::nullopt;
  at += 4;
  return static_cast<uint8_t>(value);
}

}  // namespace

std::optional<DomainName> DomainName::Parse(std::string_view text) {
  DomainName name;
  if (text == ".") return name;
  if (text.empty()) return std::nullopt;
  uint8_t label[kMaxLabel];
  size_t length = 0;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == '.') {
      if (!name.AppendLabel({label, length})) return std::nullopt;
      length = 0;
      ++at;
      continue;
    }
    const auto byte = Unescape(text, at);
    if (!byte || length == kMaxLabel) return std::nullopt;
    label[length++] = *byte;
  }
  if (length > 0 && !name.AppendLabel({label, length})) return std::nullopt;
  return name;
}

DomainName DomainName::FromCheckedWire(Bytes wire) {
  DomainName name;
  name.size_ = static_cast<uint8_t>(wire.size());
  // A length byte is at most 63, below 'A', so no length changes.
  size_t at = 0;
  for (; at + 8 <= wire.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, wire.data() + at, 8);
    word = LowerEight(word);
    std::memcpy(name.wire_.data() + at, &word, 8);
  }
  for (; at < wire.size(); ++at) name.wire_[at] = Lower(wire[at]);
  return name;
}

bool DomainName::AppendLabel(Bytes label) {
  if (label.empty() || label.size() > kMaxLabel) return false;
  if (size_ + label.size() + 1 > kMaxWire) return false;
  uint8_t* at = wire_.data() + size_ - 1;  // over the root's byte
  *at++ = static_cast<uint8_t>(label.size());
  for (const uint8_t byte : label) *at++ = Lower(byte);
  *at = 0;
  size_ = static_cast<uint8_t>(size_ + label.size() + 1);
  return true;
}

size_t DomainName::LabelCount() const {
  size_t count = 0;
  for (size_t at = 0; wire_[at] != 0; at += wire_[at] + 1U) ++count;
  return count;
}

DomainName DomainName::Suffix(size_t labels) const {
  size_t skip = LabelCount();
  skip = skip > labels ? skip - labels : 0;
  size_t at = 0;
  for (; skip > 0; --skip) at += wire_[at] + 1U;
  DomainName suffix;
  suffix.size_ = static_cast<uint8_t>(size_ - at);
  std::memcpy(suffix.wire_.data(), wire_.data() + at, suffix.size_);
  return suffix;
}

DomainName DomainName::Prefix(size_t labels) const {
  size_t at = 0;
  for (; labels > 0 && wire_[at] != 0; --labels) at += wire_[at] + 1U;
  DomainName prefix;
  prefix.size_ = static_cast<uint8_t>(at + 1);
  std::memcpy(prefix.wire_.data(), wire_.data(), at);
  return prefix;
}

Bytes DomainName::Label(size_t index) const {
  size_t at = 0;
  for (; index > 0 && wire_[at] != 0; --index) at += wire_[at] + 1U;
  return Bytes(wire_).subspan(at + (wire_[at] != 0), wire_[at]);
}

bool DomainName::IsAtOrUnder(const DomainName& ancestor) const {
  if (ancestor.size_ > size_) return false;
  const size_t start = size_ - ancestor.size_;
  size_t at = 0;
  while (at < start) at += wire_[at] + 1U;  // label breaks only
  return at == start && std::equal(ancestor.wire().begin(),
                                   ancestor.wire().end(), wire_.begin() + at);
}

std::string DomainName::ToString() const {
  std::string text;
  AppendTo(text);
  return text;
}

void DomainName::AppendTo(std::string& out) const {
  if (IsRoot()) {
    out += '.';
    return;
  }
  for (size_t at = 0; wire_[at] != 0;) {
    if (at != 0) out += '.';
    const size_t end = at + 1 + wire_[at];
    for (++at; at < end; ++at) {
      const uint8_t byte = wire_[at];
      if (IsPlain(byte)) {
        out += static_cast<char>(byte);
      } else if (byte == '.') {
        out += "\\.";
      } else {
        const char digits[4] = {'\\', static_cast<char>('0' + byte / 100),
                                static_cast<char>('0' + byte / 10 % 10),
                                static_cast<char>('0' + byte % 10)};
        out.append(digits, 4);
      }
    }
  }
}

uint64_t DomainName::Hash() const { return HashBytes(wire()); }

bool DomainName::operator==(const DomainName& other) const {
  return size_ == other.size_ &&
         std::memcmp(wire_.data(), other.wire_.data(), size_) == 0;
}

}  // namespace nameward
