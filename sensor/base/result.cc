// SPDX-License-Identifier: Apache-2.0
#include "base/result.h"

#include <system_error>

namespace nameward {

Error ErrnoError(std::string_view what, int code, std::string_view fix) {
  return Error{std::string(what), std::generic_category().message(code),
               std::string(fix), code};
}

}  // namespace nameward
