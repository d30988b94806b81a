// SPDX-License-Identifier: Apache-2.0
// A keyed 64-bit hash (SipHash-1-3) for tables whose keys an attacker chooses:
// DNS names, addresses, cookies.  The key is drawn once a process from
// getrandom(2), so collisions cannot be prepared; results must never reach any
// output.  Any thread.
#ifndef NAMEWARD_BASE_HASH_H_
#define NAMEWARD_BASE_HASH_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace nameward {

struct HashKey {
  uint64_t k0;
  uint64_t k1;
};

// The process' key; NAMEWARD_HASH_SEED (decimal) fixes it, so that a test can
// show that results do not depend on it.
const HashKey& ProcessHashKey();

uint64_t SipHash13(std::span<const uint8_t> bytes, const HashKey& key);

// Hash of bytes and a number under the process' key.
uint64_t HashBytes(std::span<const uint8_t> bytes, uint64_t salt = 0);
inline uint64_t HashText(std::string_view text, uint64_t salt = 0) {
  return HashBytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()},
                   salt);
}

// Mixes a trusted number (a cgroup id, a socket cookie): not keyed, fast.
inline uint64_t MixNumber(uint64_t x) {
  x ^= x >> 33;
  x *= 0xff51afd7ed558ccdULL;
  x ^= x >> 33;
  x *= 0xc4ceb9fe1a85ec53ULL;
  return x ^ (x >> 33);
}
struct NumberHash {
  size_t operator()(uint64_t x) const { return MixNumber(x); }
};

}  // namespace nameward

#endif  // NAMEWARD_BASE_HASH_H_
