// SPDX-License-Identifier: Apache-2.0
// Prometheus gauges as text; counters are the ledger's.
#ifndef NAMEWARD_APP_GAUGE_H_
#define NAMEWARD_APP_GAUGE_H_

#include <string>
#include <string_view>

#include "base/clock.h"

namespace nameward {

// `labels` as {a="b"}, or nothing.
inline std::string Gauge(std::string_view name, std::string_view labels,
                         std::string_view value) {
  std::string text("# TYPE nameward_");
  text.append(name).append(" gauge\nnameward_").append(name);
  return text.append(labels).append(" ").append(value).append("\n");
}
inline std::string Gauge(std::string_view name, uint64_t value) {
  return Gauge(name, "", std::to_string(value));
}

inline std::string Seconds(Nanoseconds time) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time);
  const std::string digits = std::to_string(ms.count() % 1000 + 1000);
  return std::to_string(ms.count() / 1000) + "." + digits.substr(1);
}

}  // namespace nameward

#endif  // NAMEWARD_APP_GAUGE_H_
