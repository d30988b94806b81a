// SPDX-License-Identifier: Apache-2.0
// SipHash-1-3 after Aumasson and Bernstein, "SipHash: a fast short-input PRF"
// (2012), with one compression and three finalisation rounds.
#include "base/hash.h"

#include <sys/random.h>

#include <bit>
#include <cstdlib>
#include <cstring>

namespace nameward {
namespace {

struct State {
  uint64_t v0, v1, v2, v3;

  void Round() {
    v0 += v1, v1 = std::rotl(v1, 13), v1 ^= v0, v0 = std::rotl(v0, 32);
    v2 += v3, v3 = std::rotl(v3, 16), v3 ^= v2;
    v0 += v3, v3 = std::rotl(v3, 21), v3 ^= v0;
    v2 += v1, v1 = std::rotl(v1, 17), v1 ^= v2, v2 = std::rotl(v2, 32);
  }
};

HashKey DrawKey() {
  HashKey key{0x6e616d6577617264ULL, 0x9e3779b97f4a7c15ULL};
  if (const char* seed = std::getenv("NAMEWARD_HASH_SEED")) {
    key.k0 ^= std::strtoull(seed, nullptr, 10);
    return key;
  }
  // Before the pool is ready (early boot) the constant stays: weaker, not
  // wrong.
  if (getrandom(&key, sizeof key, GRND_NONBLOCK) != sizeof key) return key;
  return key;
}

}  // namespace

const HashKey& ProcessHashKey() {
  static const HashKey key = DrawKey();
  return key;
}

uint64_t SipHash13(std::span<const uint8_t> bytes, const HashKey& key) {
  State s{key.k0 ^ 0x736f6d6570736575ULL, key.k1 ^ 0x646f72616e646f6dULL,
          key.k0 ^ 0x6c7967656e657261ULL, key.k1 ^ 0x7465646279746573ULL};
  const auto absorb = [&s](uint64_t word) {
    s.v3 ^= word;
    s.Round();
    s.v0 ^= word;
  };
  size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    uint64_t word;
    std::memcpy(&word, bytes.data() + at, 8);
    absorb(word);
  }
  uint64_t last = static_cast<uint64_t>(bytes.size()) << 56;
  for (size_t i = 0; at + i < bytes.size(); ++i)
    last |= static_cast<uint64_t>(bytes[at + i]) << (8 * i);
  absorb(last);
  s.v2 ^= 0xff;
  s.Round(), s.Round(), s.Round();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

uint64_t HashBytes(std::span<const uint8_t> bytes, uint64_t salt) {
  HashKey key = ProcessHashKey();
  key.k1 ^= MixNumber(salt);
  return SipHash13(bytes, key);
}

}  // namespace nameward
