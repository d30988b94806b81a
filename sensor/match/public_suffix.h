// SPDX-License-Identifier: Apache-2.0
// The Public Suffix List as libpsl carries it, private section included: what
// people register names under.  Fixed by the library's version, so that a
// replay on another machine of the same release agrees.  Any thread.
#ifndef NAMEWARD_MATCH_PUBLIC_SUFFIX_H_
#define NAMEWARD_MATCH_PUBLIC_SUFFIX_H_

#include <string>

namespace nameward {

// Labels of the registered domain of a name in canonical text ("example.co.uk"
// of "a.example.co.uk" has 3); 0 if the name is a public suffix itself.
size_t RegisteredLabels(const std::string& name);
bool IsPublicSuffix(const std::string& name);

}  // namespace nameward

#endif  // NAMEWARD_MATCH_PUBLIC_SUFFIX_H_
