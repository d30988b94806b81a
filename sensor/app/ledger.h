// SPDX-License-Identifier: Apache-2.0
// The sensor's book-keeping: nothing is lost without a number.
//
//   offered + made = dropped{class, fate} + in flight + consumed
//   in flight = pending (in a program) + sent + made - consumed
//   consumed = decoded + rejected{reason} + passed over{not_dns, server_side}
//   observed = events{kind} + waiting for their names
//   matched  = alerted + suppressed{reason}
//   spooled  = acked + refused + evicted + damaged + pending, for each sink
//   telemetry offered = sent + dropped + pending, for each stream
//
// Offered is what the kernel's programs had to say, made what the source says
// itself (the cgroups that it found); the unit is a kernel record.
//
// A Ledger is a snapshot: named counters, each split by one label whose values
// the sensor itself chooses.  It prints as Prometheus text, as JSON and as the
// last line of a run.
#ifndef NAMEWARD_APP_LEDGER_H_
#define NAMEWARD_APP_LEDGER_H_

#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

namespace nameward {

class Ledger {
 public:
  // Adds `value` to the counter `name`, at `label`="…"; label may be empty.
  void Add(std::string_view name, std::string_view label,
           std::string_view label_value, uint64_t value);
  void Add(std::string_view name, uint64_t value) { Add(name, "", "", value); }
  void Merge(const Ledger& other);

  uint64_t Total(std::string_view name) const;
  uint64_t At(std::string_view name, std::string_view label_value) const;

  // In a kernel program, in the ring, or taken and not yet seen by the worker.
  uint64_t InFlight() const;
  // Events that wait for the names of their pod.
  uint64_t Waiting() const;
  // The equations above hold, the first once the kernel's counters are in the
  // snapshot.
  bool Closes() const;

  std::string ToPrometheus() const;  // nameward_<name>_total{label="value"}
  std::string ToJson() const;
  std::string ToLine() const;  // "offered 10 + made 2 = dropped 0 + …"

 private:
  bool Adds(std::string_view whole,
            std::initializer_list<std::string_view> parts) const;
  std::string Delivered() const;

  struct Counter {
    std::string label;
    std::map<std::string, uint64_t, std::less<>> values;
  };
  std::map<std::string, Counter, std::less<>> counters_;
};

}  // namespace nameward

#endif  // NAMEWARD_APP_LEDGER_H_
