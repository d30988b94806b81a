// SPDX-License-Identifier: Apache-2.0
#include "match/public_suffix.h"

#include <libpsl.h>

#include <algorithm>
#include <cstring>

namespace nameward {

size_t RegisteredLabels(const std::string& name) {
  // libpsl cuts at every dot; a dot inside a label has a backslash before it,
  // which no listed suffix has, so the cut is right where it matters.
  const char* domain = psl_registrable_domain(psl_builtin(), name.c_str());
  if (domain == nullptr) return 0;
  const char* end = domain + std::strlen(domain);
  return static_cast<size_t>(std::count(domain, end, '.')) + 1;
}

bool IsPublicSuffix(const std::string& name) {
  return psl_is_public_suffix(psl_builtin(), name.c_str()) != 0;
}

}  // namespace nameward
