// SPDX-License-Identifier: Apache-2.0
// How much of an alert its JSON shows: whole, or short enough for the bound of
// one line, whatever an attacker put into it.
#ifndef NAMEWARD_ALERT_DETAIL_H_
#define NAMEWARD_ALERT_DETAIL_H_

#include <cstddef>
#include <string>

#include "alert/facts.h"

namespace nameward {

inline constexpr size_t kMaxAlertLine = size_t{8} * 1024;

struct AlertDetail {
  size_t text;        // bytes of one string
  size_t list_bytes;  // of one list
  bool extras;        // what only repeats or classifies
};

inline constexpr AlertDetail kWholeAlert = {kTextCap, 2048, true};
// Sum of what is left: four names (1.3 KiB each as JSON), 30 strings, the keys.
inline constexpr AlertDetail kShortAlert = {48, 0, false};

// Appends what `write(detail)` appends: the whole, or if that is longer than
// kMaxAlertLine the short form.
template <typename Write>
void AppendWithinBound(std::string& out, const Write& write) {
  const size_t start = out.size();
  write(kWholeAlert);
  if (out.size() - start <= kMaxAlertLine) return;
  out.resize(start);
  write(kShortAlert);
}

}  // namespace nameward

#endif  // NAMEWARD_ALERT_DETAIL_H_
