// SPDX-License-Identifier: Apache-2.0
#include "alert/json_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace nameward {
namespace {

// Bytes that stand for themselves: printable ASCII without quote and backslash.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (size_t byte = 0x20; byte < 0x7f; ++byte)
    plain[byte] = byte != '"' && byte != '\\';
  return plain;
}();

uint8_t ByteAt(std::string_view text, size_t at) {
  return static_cast<uint8_t>(text[at]);
}

size_t PlainRun(std::string_view text, size_t from) {
  size_t at = from;
  while (at < text.size() && kPlain[ByteAt(text, at)]) ++at;
  return at - from;
}

struct CodePoint {
  uint32_t value = 0;
  size_t size = 0;  // 0: the bytes are no UTF-8
};

// RFC 3629: shortest form only, no surrogates, at most U+10FFFF.
CodePoint DecodeUtf8(std::string_view text, size_t at) {
  static constexpr uint32_t kLeast[5] = {0, 0, 0x80, 0x800, 0x10000};
  const uint8_t lead = ByteAt(text, at);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xc2 || lead > 0xf4) return {};
  const size_t size = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (text.size() - at < size) return {};
  uint32_t value = lead & (0xffU >> (size + 1));
  for (size_t i = 1; i < size; ++i) {
    const uint8_t next = ByteAt(text, at + i);
    if ((next & 0xc0) != 0x80) return {};
    value = value << 6 | (next & 0x3f);
  }
  const bool surrogate = value >= 0xd800 && value <= 0xdfff;
  if (value < kLeast[size] || value > 0x10ffff || surrogate) return {};
  return {value, size};
}

// Ends a line, moves a terminal's cursor or turns the direction of text.
bool MustEscape(uint32_t value) {
  if (value < 0x20 || (value >= 0x7f && value <= 0x9f)) return true;
  if (value == '"' || value == '\\' || value == 0x61c) return true;
  return value == 0x200e || value == 0x200f ||
         (value >= 0x2028 && value <= 0x202e) ||
         (value >= 0x2066 && value <= 0x2069);
}

struct Escape {
  char text[6];
  size_t size;
};

Escape EscapeOf(uint32_t value) {
  static constexpr char kHex[] = "0123456789abcdef";
  switch (value) {
    case '"':
      return {{'\\', '"'}, 2};
    case '\\':
      return {{'\\', '\\'}, 2};
    case '\n':
      return {{'\\', 'n'}, 2};
    case '\t':
      return {{'\\', 't'}, 2};
    default:
      return {{'\\', 'u', kHex[value >> 12 & 15], kHex[value >> 8 & 15],
               kHex[value >> 4 & 15], kHex[value & 15]},
              6};
  }
}

template <typename T>
void AppendInteger(T value, std::string& out) {
  char digits[20];
  out.append(digits, std::to_chars(digits, std::end(digits), value).ptr);
}

}  // namespace

void AppendEscaped(std::string_view text, size_t cap, std::string& out) {
  size_t left = cap;
  for (size_t at = 0; at < text.size();) {
    if (const size_t run = PlainRun(text, at); run > 0) {
      out.append(text.substr(at, std::min(run, left)));
      if (run > left) return void(out += kCutMark);
      left -= run;
      at += run;
      continue;
    }
    const CodePoint point = DecodeUtf8(text, at);
    const bool valid = point.size > 0;
    Escape escape{};
    std::string_view piece = text.substr(at, point.size);
    if (!valid || MustEscape(point.value)) {
      escape = EscapeOf(valid ? point.value : ByteAt(text, at));
      piece = {escape.text, escape.size};
    }
    if (piece.size() > left) return void(out += kCutMark);
    out += piece;
    left -= piece.size();
    at += valid ? point.size : 1;
  }
}

JsonWriter& JsonWriter::Key(std::string_view literal) {
  if (comma_) out_ += ',';
  out_ += '"';
  out_ += literal;
  out_ += "\":";
  comma_ = false;
  return *this;
}

void JsonWriter::String(std::string_view text, size_t cap) {
  Separate();
  out_ += '"';
  AppendEscaped(text, cap, out_);
  out_ += '"';
}

void JsonWriter::StringOrNull(std::string_view text, size_t cap) {
  if (text.empty()) return Null();
  String(text, cap);
}

void JsonWriter::Number(uint64_t value) {
  Separate();
  AppendInteger(value, out_);
}

void JsonWriter::Signed(int64_t value) {
  Separate();
  AppendInteger(value, out_);
}

void JsonWriter::Bool(bool value) {
  Separate();
  out_ += value ? "true" : "false";
}

void JsonWriter::Null() {
  Separate();
  out_ += "null";
}

void JsonWriter::Decimal(uint64_t value) {
  Separate();
  out_ += '"';
  AppendInteger(value, out_);
  out_ += '"';
}

void JsonWriter::Name(const DomainName& name) {
  Separate();
  out_ += '"';
  const size_t start = out_.size();
  name.AppendTo(out_);
  // Presentation form is ASCII whose only special character is the backslash.
  for (size_t at = out_.find('\\', start); at != std::string::npos;
       at = out_.find('\\', at + 2))
    out_.insert(at, 1, '\\');
  out_ += '"';
}

void JsonWriter::Address(const IpAddress& address) {
  Separate();
  out_ += '"';
  address.AppendTo(out_);
  out_ += '"';
}

void JsonWriter::HostPort(const Endpoint& endpoint) {
  Separate();
  out_ += '"';
  endpoint.AppendTo(out_);
  out_ += '"';
}

void JsonWriter::Time(WallTime time) {
  Separate();
  out_ += '"';
  AppendRfc3339(time, out_);
  out_ += '"';
}

void JsonWriter::Milliseconds(WallTime time) {
  using std::chrono::milliseconds;
  Signed(std::chrono::floor<milliseconds>(time.time_since_epoch()).count());
}

}  // namespace nameward
