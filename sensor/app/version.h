// SPDX-License-Identifier: Apache-2.0
#ifndef NAMEWARD_APP_VERSION_H_
#define NAMEWARD_APP_VERSION_H_

namespace nameward {

inline constexpr char kVersion[] = NW_VERSION;  // the project's, from CMake

}  // namespace nameward

#endif  // NAMEWARD_APP_VERSION_H_
