// SPDX-License-Identifier: Apache-2.0
// Whether the data of one record has the structure of its type, field by field
// after RdataLayout, and fills RDLENGTH exactly (RFC 9267 5).
//
// Any thread; no allocation; linear in the data.
#ifndef NAMEWARD_DECODE_RDATA_CHECK_H_
#define NAMEWARD_DECODE_RDATA_CHECK_H_

#include <string_view>

#include "base/byte_reader.h"

namespace nameward {

// Bytes of all names of a message when expanded, 16 for each pointer followed
// and 8 for each string of a TXT; an owner that repeats the one before is free.
// Usual answers use less than 2 KiB.
inline constexpr size_t kMaxExpandedBytes = 32 * 1024;
inline constexpr size_t kHopCost = 16;

struct RdataRange {
  size_t begin;  // in the message
  size_t end;
};

// What a name in the data cost, in the unit of kMaxExpandedBytes, is added to
// `expanded`.
bool RdataHasLayout(Bytes message, RdataRange range, std::string_view layout,
                    size_t& expanded);

// Calls visit(key, value) for each SvcParam of checked data (RFC 9460 2.2) that
// begins at `range.begin`; false where a parameter runs beyond the end.
template <typename Visit>
bool ForEachSvcParam(Bytes params, Visit&& visit) {
  ByteReader reader(params);
  while (!reader.AtEnd()) {
    const auto key = reader.U16();
    const auto size = reader.U16();
    if (!key || !size) return false;
    const auto value = reader.Take(*size);
    if (!value || !visit(*key, *value)) return false;
  }
  return true;
}

}  // namespace nameward

#endif  // NAMEWARD_DECODE_RDATA_CHECK_H_
