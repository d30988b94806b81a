// SPDX-License-Identifier: Apache-2.0
// Appends JSON to a string: the writer of every line that leaves the sensor.
//
// Every string of an event was made by an attacker.  What comes out is one line
// of valid UTF-8 and valid JSON whatever goes in: control characters (C0, DEL,
// C1), quotes, backslashes, line separators (U+2028, U+2029) and characters
// that turn the direction of text are escaped; a byte that is no UTF-8 becomes
// \u00XX.  A string longer than its cap is cut between characters and ends with
// the mark "…".
//
// Allocates nothing but the growth of `out`; independent of the locale.  One
// thread.  Keys are literals of this program and written as they are.
//
//   JsonWriter json(line);
//   json.BeginObject();
//   json.Key("kind").String("dns");
//   json.EndObject();
#ifndef NAMEWARD_ALERT_JSON_WRITER_H_
#define NAMEWARD_ALERT_JSON_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/address.h"
#include "model/domain_name.h"

namespace nameward {

inline constexpr size_t kNoCap = static_cast<size_t>(-1);
inline constexpr std::string_view kCutMark = "\u2026";

// `text` as the inside of a JSON string: at most `cap` bytes, and the mark if
// it was cut.
void AppendEscaped(std::string_view text, size_t cap, std::string& out);

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  JsonWriter& Key(std::string_view literal);  // written as it is

  void BeginObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void BeginArray() { Open('['); }
  void EndArray() { Close(']'); }

  void String(std::string_view text, size_t cap = kNoCap);
  void StringOrNull(std::string_view text, size_t cap = kNoCap);
  void Number(uint64_t value);
  void Signed(int64_t value);
  void Bool(bool value);
  void Null();
  // A 64-bit identifier: JSON numbers beyond 2^53 lose digits in readers.
  void Decimal(uint64_t value);
  void Name(const DomainName& name);
  void Address(const IpAddress& address);
  void HostPort(const Endpoint& endpoint);
  void Time(WallTime time);          // RFC 3339, nanoseconds
  void Milliseconds(WallTime time);  // since the epoch

  // Makes the string before it a key: for keys that come from outside.
  void Colon() {
    out_ += ':';
    comma_ = false;
  }
  size_t size() const { return out_.size(); }

 private:
  void Separate() {
    if (comma_) out_ += ',';
    comma_ = true;
  }
  void Open(char bracket) {
    Separate();
    out_ += bracket;
    comma_ = false;
  }
  void Close(char bracket) {
    out_ += bracket;
    comma_ = true;
  }

  std::string& out_;
  bool comma_ = false;  // a value stands before the next one
};

}  // namespace nameward

#endif  // NAMEWARD_ALERT_JSON_WRITER_H_
