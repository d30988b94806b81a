// SPDX-License-Identifier: Apache-2.0
// CRC-32C (Castagnoli), the checksum of iSCSI (RFC 3720 B.4), ext4 and LevelDB:
// it finds every error of up to three bits in a record of ours, and others but
// for one in 2^32.  Not a defence against someone who writes the file.
//
// Any thread.  SSE4.2 where the processor has it (about 8 GB/s), else a table
// of eight slices (about 1.5 GB/s).
#ifndef NAMEWARD_BASE_CRC32C_H_
#define NAMEWARD_BASE_CRC32C_H_

#include <cstdint>

#include "base/byte_reader.h"

namespace nameward {

// The checksum of what `crc` covers followed by `bytes`; 0 covers nothing.
uint32_t ExtendCrc32c(uint32_t crc, Bytes bytes);
inline uint32_t Crc32c(Bytes bytes) { return ExtendCrc32c(0, bytes); }

// The table alone, for machines without the instruction and for the test that
// both agree.
uint32_t ExtendCrc32cPortable(uint32_t crc, Bytes bytes);

}  // namespace nameward

#endif  // NAMEWARD_BASE_CRC32C_H_
