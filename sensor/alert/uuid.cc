// SPDX-License-Identifier: Apache-2.0
#include "alert/uuid.h"

#include <openssl/evp.h>

#include <cstdlib>

namespace nameward {
namespace {

// Drawn once at random; never to change, or every id changes with it.
constexpr UuidBytes kOwnNameSpace = {0x8e, 0x3b, 0x1c, 0x52, 0x0d, 0x77,
                                     0x4f, 0x1e, 0x9a, 0x46, 0xd5, 0x20,
                                     0x6b, 0x93, 0xe8, 0x7c};

}  // namespace

std::string UuidV5(const UuidBytes& name_space, std::string_view name) {
  std::string input(name_space.begin(), name_space.end());
  input += name;
  uint8_t digest[EVP_MAX_MD_SIZE];
  if (EVP_Digest(input.data(), input.size(), digest, nullptr, EVP_sha1(),
                 nullptr) != 1)
    std::abort();  // out of memory: no other failure of SHA-1 is known
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0f) | 0x50);  // version 5
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3f) | 0x80);  // variant 10
  std::string text;
  for (size_t i = 0; i < 16; ++i) {
    static constexpr char kHex[] = "0123456789abcdef";
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

std::string UuidV5(std::string_view name) {
  return UuidV5(kOwnNameSpace, name);
}

}  // namespace nameward
