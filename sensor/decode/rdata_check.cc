// SPDX-License-Identifier: Apache-2.0
#include "decode/rdata_check.h"

#include <algorithm>
#include <optional>

#include "model/dns_wire.h"

namespace nameward {
namespace {

constexpr size_t kStringCost = 8;

bool IsSvcList(Bytes value, size_t element) {
  return !value.empty() && value.size() % element == 0;
}

bool IsAlpn(Bytes value) {
  ByteReader reader(value);
  while (!reader.AtEnd()) {
    const auto size = reader.U8();
    if (*size == 0 || !reader.Skip(*size)) return false;
  }
  return !value.empty();
}

// RFC 9460 7 and 8: mandatory, alpn, no-default-alpn, port, hints.
bool IsSvcValue(uint16_t key, Bytes value) {
  switch (key) {
    case 0:
      return IsSvcList(value, 2);
    case 1:
      return IsAlpn(value);
    case 2:
      return value.empty();
    case 3:
      return value.size() == 2;
    case 4:
      return IsSvcList(value, 4);
    case 6:
      return IsSvcList(value, 16);
    default:
      return true;
  }
}

class RdataCheck {
 public:
  RdataCheck(Bytes message, RdataRange range, size_t& expanded)
      : message_(message.first(range.end)),
        reader_(message_),
        expanded_(expanded) {
    reader_.Seek(range.begin);
  }

  bool Fields(std::string_view layout) {
    for (const char field : layout)
      if (!Field(field)) return false;
    return reader_.AtEnd();
  }

 private:
  bool Field(char field) {
    switch (field) {
      case 'n':
        return Name();
      case '1':
        return reader_.Skip(1);
      case '2':
      case 'T':
        return reader_.Skip(2);
      case '4':
      case 'D':
      case 'a':
        return reader_.Skip(4);
      case '8':
        return reader_.Skip(8);
      case 'A':
        return reader_.Skip(16);
      default:
        return LongField(field);
    }
  }

  bool LongField(char field) {
    switch (field) {
      case 's':
      case 'h':
        return Counted();
      case 'H':
        return Filled().has_value();
      case 'C':
        return Tag();
      case 'S':
        return Strings();
      case 'B':
        return Bitmap();
      case 'O':
        return Options();
      case 'P':
        return SvcParams();
      case 'L':
        return reader_.remaining() == 16 && message_[reader_.position()] == 0 &&
               Rest();
      case 'X':
        return !reader_.AtEnd() && Rest();
      default:
        return Rest();
    }
  }

  bool Rest() { return reader_.Skip(reader_.remaining()); }

  bool Name() {
    WireName name;
    if (WalkName(message_, reader_.position(), name) != NameFault::kNone)
      return false;
    expanded_ += name.size + kHopCost * name.hops;
    return reader_.Seek(name.end);
  }

  bool Counted() {
    const auto size = reader_.U8();
    return size && reader_.Skip(*size);
  }

  // Counted bytes, at least one.
  std::optional<Bytes> Filled() {
    const auto size = reader_.U8();
    if (!size || *size == 0) return std::nullopt;
    return reader_.Take(*size);
  }

  // RFC 8659 4.1: ASCII letters and digits.
  bool Tag() {
    const auto tag = Filled();
    return tag && std::all_of(tag->begin(), tag->end(), [](uint8_t byte) {
             return (byte >= '0' && byte <= '9') ||
                    (byte >= 'a' && byte <= 'z') ||
                    (byte >= 'A' && byte <= 'Z');
           });
  }

  // RFC 1876 2: version 0, three digits with a power of ten, two angles.
  bool Location() {
    const auto version = reader_.U8();
    if (version != 0) return false;
    for (int i = 0; i < 3; ++i) {
      const auto size = reader_.U8();
      if (!size || *size >> 4 > 9 || (*size & 15) > 9) return false;
    }
    return Angle(90) && Angle(180) && reader_.Skip(4);
  }

  bool Angle(int64_t most_degrees) {
    const auto wire = reader_.U32();
    if (!wire) return false;
    const int64_t angle = int64_t{*wire} - (int64_t{1} << 31);
    const int64_t most = most_degrees * 3600 * 1000;
    return -most <= angle && angle <= most;
  }

  bool Strings() {
    if (reader_.AtEnd()) return false;
    while (!reader_.AtEnd()) {
      expanded_ += kStringCost;
      if (expanded_ > kMaxExpandedBytes || !Counted()) return false;
    }
    return true;
  }

  // RFC 4034 4.1.2: windows in ascending order, 1 to 32 bytes each.
  bool Bitmap() {
    int last = -1;
    while (!reader_.AtEnd()) {
      const auto window = reader_.U8();
      const auto size = reader_.U8();
      if (!size || *window <= last || *size == 0 || *size > 32) return false;
      if (!reader_.Skip(*size)) return false;
      last = *window;
    }
    return true;
  }

  bool Options() {
    while (!reader_.AtEnd()) {
      if (!reader_.Skip(2)) return false;
      const auto size = reader_.U16();
      if (!size || !reader_.Skip(*size)) return false;
    }
    return true;
  }

  // RFC 9460 2.2: keys in strictly ascending order.
  bool SvcParams() {
    int last = -1;
    const Bytes params = message_.subspan(reader_.position());
    const auto ascending = [&last](uint16_t key, Bytes value) {
      const bool fine = key > last && IsSvcValue(key, value);
      last = key;
      return fine;
    };
    return ForEachSvcParam(params, ascending) && Rest();
  }

  Bytes message_;  // ends where the data ends
  ByteReader reader_;
  size_t& expanded_;
};

}  // namespace

bool RdataHasLayout(Bytes message, RdataRange range, std::string_view layout,
                    size_t& expanded) {
  return RdataCheck(message, range, expanded).Fields(layout);
}

}  // namespace nameward
