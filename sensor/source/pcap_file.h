// SPDX-License-Identifier: Apache-2.0
// Packets of a pcap or pcapng file, micro- or nanosecond, either byte order.
//
// An Error is a file that can't be used at all; one that is torn or damaged
// further on gives its packets up to there, and Warning() tells of it.  One
// thread.  libpcap bounds every length (262,144 bytes a packet) and stays in
// the .cc.
#ifndef NAMEWARD_SOURCE_PCAP_FILE_H_
#define NAMEWARD_SOURCE_PCAP_FILE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/byte_reader.h"
#include "base/result.h"
#include "source/link_layer.h"

namespace nameward {

struct CapturedPacket {
  uint64_t time_ns = 0;    // since the epoch
  Bytes bytes;             // valid until the next packet is read
  uint32_t wire_size = 0;  // more than bytes.size(): the capture cut it
};

class PcapFile {
 public:
  static Result<PcapFile> Open(const std::string& path);
  // From memory, which must outlive the file; `name` stands in messages.
  static Result<PcapFile> FromBytes(Bytes bytes, const std::string& name);
  PcapFile(PcapFile&&) noexcept;
  ~PcapFile();

  // nullopt at the end, or where the file can't be read further.
  std::optional<CapturedPacket> Next();

  LinkType link_type() const { return link_type_; }
  const std::optional<Error>& Warning() const { return warning_; }

 private:
  struct Handle;
  PcapFile(std::string name, std::unique_ptr<Handle> handle);
  static Result<PcapFile> FromStream(void* stream, const std::string& name);

  std::string name_;
  std::unique_ptr<Handle> handle_;
  LinkType link_type_{};
  uint64_t packets_ = 0;
  std::optional<Error> warning_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_PCAP_FILE_H_
