// SPDX-License-Identifier: Apache-2.0
#include "alert/uuid.h"

#include <gtest/gtest.h>

namespace nameward {
namespace {

// The name spaces of RFC 9562 6.6.
constexpr UuidBytes kDns = {0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1,
                            0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
constexpr UuidBytes kUrl = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                            0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};

TEST(UuidV5, GivesTheKnownIds) {
  // RFC 9562 A.4, and two of Python's uuid.uuid5.
  EXPECT_EQ(UuidV5(kDns, "www.example.com"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  EXPECT_EQ(UuidV5(kDns, "python.org"), "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  EXPECT_EQ(UuidV5(kUrl, ""), "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
}

TEST(UuidV5, KeepsItsOwnNameSpaceForEver) {
  EXPECT_EQ(UuidV5("nameward"), "5bcfedb2-3d54-5a31-9bbd-2fb79d924533");
}

}  // namespace
}  // namespace nameward
