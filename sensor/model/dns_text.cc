// SPDX-License-Identifier: Apache-2.0
#include "model/dns_text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "base/clock.h"
#include "model/dns_wire.h"

namespace nameward {
namespace {

void AppendNumber(uint64_t number, std::string& out) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void AppendHex(Bytes bytes, std::string& out) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
}

// RFC 4648: base64 with padding (6 bits a character), or base32hex without (5),
// as RFC 5155 3.3 wants it.
void AppendBase(Bytes bytes, unsigned bits, std::string_view alphabet,
                std::string& out) {
  uint32_t pending = 0;
  unsigned held = 0;
  for (const uint8_t byte : bytes) {
    pending = (pending << 8 | byte) & 0xffff;
    for (held += 8; held >= bits; held -= bits)
      out += alphabet[pending >> (held - bits) & ((1U << bits) - 1)];
  }
  if (held > 0) out += alphabet[pending << (bits - held) & ((1U << bits) - 1)];
}

void AppendBase64(Bytes bytes, std::string& out) {
  AppendBase(bytes, 6,
             "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
             out);
  out.append((3 - bytes.size() % 3) % 3, '=');
}

void AppendBase32Hex(Bytes bytes, std::string& out) {
  AppendBase(bytes, 5, "0123456789abcdefghijklmnopqrstuv", out);
}

// RFC 1035 5.1, for use inside quotes.
void AppendEscaped(Bytes bytes, std::string& out) {
  for (const uint8_t byte : bytes) {
    if (byte >= 0x20 && byte < 0x7f) {
      if (byte == '"' || byte == '\\') out += '\\';
      out += static_cast<char>(byte);
      continue;
    }
    const char digits[4] = {'\\', static_cast<char>('0' + byte / 100),
                            static_cast<char>('0' + byte / 10 % 10),
                            static_cast<char>('0' + byte % 10)};
    out.append(digits, 4);
  }
}

void AppendQuoted(Bytes bytes, std::string& out) {
  out += '"';
  AppendEscaped(bytes, out);
  out += '"';
}

// RFC 3597 5.
void AppendUnknown(Bytes bytes, std::string& out) {
  out += "\\# ";
  AppendNumber(bytes.size(), out);
  if (!bytes.empty()) out += ' ';
  AppendHex(bytes, out);
}

// RFC 4034 3.2: YYYYMMDDHHmmSS in UTC.
void AppendTime(uint32_t seconds, std::string& out) {
  const std::string text =
      FormatRfc3339(WallTime(std::chrono::seconds(seconds)));
  for (const char c : text.substr(0, 19))
    if (c >= '0' && c <= '9') out += c;
}

void AppendAddress(Bytes bytes, std::string& out) {
  uint8_t full[16] = {};
  std::copy(bytes.begin(), bytes.end(), full);
  const uint8_t v4[4] = {full[0], full[1], full[2], full[3]};
  out += (bytes.size() == 4 ? IpAddress::V4(v4) : IpAddress(full)).ToString();
}

void AppendSvcKey(uint16_t key, std::string& out) {
  static constexpr std::string_view kKeys[] = {
      "mandatory", "alpn",     "no-default-alpn", "port", "ipv4hint",
      "ech",       "ipv6hint", "dohpath",         "ohttp"};
  if (key < std::size(kKeys)) {
    out += kKeys[key];
    return;
  }
  out += "key";
  AppendNumber(key, out);
}

// RFC 9460 A.1: a comma or backslash inside an item of the list is escaped
// twice, once as an item and once as a character string.
void AppendAlpn(Bytes value, std::string& out) {
  ByteReader reader(value);
  while (const auto size = reader.U8()) {
    if (reader.position() > 1) out += ',';
    for (const uint8_t& byte : reader.Take(*size).value_or(Bytes())) {
      if (byte == ',' || byte == '\\') out += "\\\\";
      AppendEscaped({&byte, 1}, out);
    }
  }
}

void AppendSvcValue(uint16_t key, Bytes value, std::string& out) {
  enum { kMandatory = 0, kAlpn = 1, kPort = 3, kIpv4 = 4, kEch = 5, kIpv6 = 6 };
  if (key == kAlpn) return AppendAlpn(value, out);
  if (key == kEch) return AppendBase64(value, out);
  const bool is_list = key == kMandatory || key == kPort;
  const size_t element = is_list ? 2 : key == kIpv4 ? 4 : key == kIpv6 ? 16 : 0;
  if (element == 0) return AppendEscaped(value, out);
  ByteReader reader(value);
  while (const auto item = reader.Take(element)) {
    if (reader.position() > element) out += ',';
    if (!is_list) {
      AppendAddress(*item, out);
      continue;
    }
    const uint16_t number = *ByteReader(*item).U16();
    if (key == kMandatory)
      AppendSvcKey(number, out);
    else
      AppendNumber(number, out);
  }
}

// RFC 1876 3: degrees, minutes and seconds of `thousandths` from the equator or
// the prime meridian, which is 2^31.
void AppendAngle(uint32_t thousandths, const char (&sides)[3],
                 std::string& out) {
  const int64_t angle = int64_t{thousandths} - (int64_t{1} << 31);
  const uint64_t size = static_cast<uint64_t>(angle < 0 ? -angle : angle);
  char text[40];
  const int length = std::snprintf(
      text, sizeof text, "%u %u %u.%03u %c", unsigned(size / 3600000),
      unsigned(size / 60000 % 60), unsigned(size / 1000 % 60),
      unsigned(size % 1000), sides[angle < 0 ? 1 : 0]);
  out.append(text, static_cast<size_t>(length));
}

void AppendMetres(int64_t centimetres, std::string& out) {
  const uint64_t size =
      static_cast<uint64_t>(centimetres < 0 ? -centimetres : centimetres);
  out += centimetres < 0 ? " -" : " ";
  AppendNumber(size / 100, out);
  const char decimals[] = {'.', static_cast<char>('0' + size / 10 % 10),
                           static_cast<char>('0' + size % 10), 'm'};
  out.append(decimals, sizeof decimals);
}

// RFC 1876 2: a digit and a power of ten, in centimetres.
int64_t Precision(uint8_t byte) {
  int64_t value = byte >> 4;
  for (unsigned power = byte & 15; power > 0; --power) value *= 10;
  return value;
}

// Writes the fields of one record's data; false where the bytes don't hold
// them, which decode has ruled out for what it let through.
class RdataWriter {
 public:
  RdataWriter(Bytes message, const DnsRecord& record, std::string& out)
      : message_(message.first(record.rdata_offset + record.rdata_size)),
        reader_(message_),
        out_(out) {
    reader_.Seek(record.rdata_offset);
  }

  bool Write(std::string_view layout) {
    for (size_t i = 0; i < layout.size(); ++i) {
      // A list at the end may be empty and then takes no space before it.
      const bool list = layout[i] == 'B' || layout[i] == 'P';
      if (i > 0 && !list) out_ += ' ';
      if (!Field(layout[i])) return false;
    }
    return reader_.AtEnd();
  }

 private:
  bool Field(char field) {
    switch (field) {
      case 'n':
        return Name();
      case '1':
        return Number(reader_.U8());
      case '2':
        return Number(reader_.U16());
      case '4':
        return Number(reader_.U32());
      case 'a':
        return Address(4);
      case 'A':
        return Address(16);
      case 'T':
        return Type();
      case 'D':
        return Time();
      case '8':
        return Identifier();
      default:
        return CountedField(field);
    }
  }

  bool CountedField(char field) {
    switch (field) {
      case 's':
        return Counted([this](Bytes text) { AppendQuoted(text, out_); });
      case 'S':
        return Strings();
      case 'C':
        return Counted([this](Bytes text) { AppendEscaped(text, out_); });
      case 'h':
        return Counted([this](Bytes salt) {
          if (salt.empty()) out_ += '-';  // RFC 5155 3.3
          AppendHex(salt, out_);
        });
      case 'H':
        return Counted([this](Bytes hash) { AppendBase32Hex(hash, out_); });
      case 'B':
        return Bitmap();
      case 'P':
        return SvcParams();
      case 'L':
        return Location();
      default:
        return RestField(field);
    }
  }

  bool RestField(char field) {
    const Bytes rest = *reader_.Take(reader_.remaining());
    switch (field) {
      case 'x':
      case 'X':
        AppendHex(rest, out_);
        return true;
      case 'b':
        AppendBase64(rest, out_);
        return true;
      case 'q':
        AppendQuoted(rest, out_);
        return true;
      default:
        return false;  // no presentation form: OPT
    }
  }

  template <typename T>
  bool Number(std::optional<T> number) {
    if (number) AppendNumber(*number, out_);
    return number.has_value();
  }

  bool Name() {
    WireName name;
    DomainName text;
    if (ReadName(message_, reader_.position(), name, text) != NameFault::kNone)
      return false;
    text.AppendTo(out_);
    return reader_.Seek(name.end);
  }

  bool Address(size_t size) {
    const auto bytes = reader_.Take(size);
    if (bytes) AppendAddress(*bytes, out_);
    return bytes.has_value();
  }

  bool Type() {
    const auto type = reader_.U16();
    if (type) AppendDnsType(*type, out_);
    return type.has_value();
  }

  bool Time() {
    const auto seconds = reader_.U32();
    if (seconds) AppendTime(*seconds, out_);
    return seconds.has_value();
  }

  // RFC 6742 2.1.2: four groups of four hexadecimal digits.
  bool Identifier() {
    const auto bytes = reader_.Take(8);
    for (size_t i = 0; bytes && i < 8; i += 2) {
      if (i > 0) out_ += ':';
      AppendHex(bytes->subspan(i, 2), out_);
    }
    return bytes.has_value();
  }

  template <typename Append>
  bool Counted(Append&& append) {
    const auto size = reader_.U8();
    const auto bytes = size ? reader_.Take(*size) : std::nullopt;
    if (bytes) append(*bytes);
    return bytes.has_value();
  }

  bool Strings() {
    for (bool first = true; !reader_.AtEnd(); first = false) {
      if (!first) out_ += ' ';
      if (!Field('s')) return false;
    }
    return true;
  }

  bool Bitmap() {
    while (!reader_.AtEnd()) {
      const auto window = reader_.U8();
      const auto size = reader_.U8();
      const auto bits = size ? reader_.Take(*size) : std::nullopt;
      if (!bits) return false;
      for (unsigned bit = 0; bit < bits->size() * 8; ++bit) {
        if (((*bits)[bit / 8] & (0x80 >> bit % 8)) == 0) continue;
        out_ += ' ';
        AppendDnsType(static_cast<uint16_t>(unsigned{*window} << 8 | bit),
                      out_);
      }
    }
    return true;
  }

  bool SvcParams();
  bool Location();

  Bytes message_;  // ends where the data ends
  ByteReader reader_;
  std::string& out_;
};

// RFC 9460 2.1: key="value" in the order of the wire.
bool RdataWriter::SvcParams() {
  while (!reader_.AtEnd()) {
    const auto key = reader_.U16();
    const auto size = reader_.U16();
    const auto value = size ? reader_.Take(*size) : std::nullopt;
    if (!value) return false;
    out_ += ' ';
    AppendSvcKey(*key, out_);
    if (value->empty()) continue;
    out_ += "=\"";
    AppendSvcValue(*key, *value, out_);
    out_ += '"';
  }
  return true;
}

// RFC 1876 3: all four sizes are shown, altitude is above -100,000 m.
bool RdataWriter::Location() {
  const auto head = reader_.Take(4);
  const auto latitude = reader_.U32();
  const auto longitude = reader_.U32();
  const auto altitude = reader_.U32();
  if (!head || !altitude) return false;
  AppendAngle(*latitude, "NS", out_);
  out_ += ' ';
  AppendAngle(*longitude, "EW", out_);
  AppendMetres(int64_t{*altitude} - 10000000, out_);
  for (size_t i = 1; i < 4; ++i) AppendMetres(Precision((*head)[i]), out_);
  return true;
}

}  // namespace

void AppendRdata(const DnsMessage& message, const DnsRecord& record,
                 std::string& out) {
  const Bytes wire = message.wire;
  if (record.rdata_offset + size_t{record.rdata_size} > wire.size()) return;
  const size_t before = out.size();
  const auto layout = RdataLayout(record.type, record.klass);
  if (!layout.empty() && record.rdata_size > 0 &&
      RdataWriter(wire, record, out).Write(layout))
    return;
  out.resize(before);
  AppendUnknown(wire.subspan(record.rdata_offset, record.rdata_size), out);
}

std::string RdataText(const DnsMessage& message, const DnsRecord& record) {
  std::string text;
  AppendRdata(message, record, text);
  return text;
}

}  // namespace nameward
