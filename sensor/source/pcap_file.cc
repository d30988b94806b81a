// SPDX-License-Identifier: Apache-2.0
#include "source/pcap_file.h"

#include <pcap/pcap.h>

#include <cerrno>
#include <cstdio>
#include <utility>

namespace nameward {
namespace {

constexpr int kDltRawOpenBsd = 14;  // DLT_RAW of files made there

std::optional<LinkType> LinkTypeOf(int dlt) {
  switch (dlt) {
    case DLT_EN10MB:
      return LinkType::kEthernet;
    case DLT_RAW:
    case kDltRawOpenBsd:
    case DLT_IPV4:
    case DLT_IPV6:
      return LinkType::kRawIp;
    case DLT_LINUX_SLL:
      return LinkType::kLinuxSll;
    case DLT_LINUX_SLL2:
      return LinkType::kLinuxSll2;
    case DLT_NULL:
    case DLT_LOOP:
      return LinkType::kNull;
    default:
      return std::nullopt;
  }
}

Error UnknownLinkType(const std::string& name, int dlt) {
  const char* known = pcap_datalink_val_to_name(dlt);
  return Error{name,
               "its link type " + std::to_string(dlt) + " (" +
                   (known == nullptr ? "unnamed" : known) + ") can't be read",
               "capture Ethernet, raw IP, Linux cooked or loopback"};
}

// libpcap says only that the format is unknown.
Error Unreadable(const std::string& name, const char* why, Bytes beginning) {
  if (beginning.size() >= 2 && beginning[0] == 0x1f && beginning[1] == 0x8b)
    return Error{name, "is compressed", "gunzip it first"};
  return Error{name, why, "give a recording, a pcap or a pcapng file"};
}

}  // namespace

struct PcapFile::Handle {
  explicit Handle(pcap_t* opened) : pcap(opened) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { pcap_close(pcap); }
  pcap_t* pcap;
};

PcapFile::PcapFile(std::string name, std::unique_ptr<Handle> handle)
    : name_(std::move(name)), handle_(std::move(handle)) {}
PcapFile::PcapFile(PcapFile&&) noexcept = default;
PcapFile::~PcapFile() = default;

Result<PcapFile> PcapFile::Open(const std::string& path) {
  std::FILE* stream = std::fopen(path.c_str(), "rbe");
  if (stream == nullptr) return ErrnoError(path, errno, "give a readable file");
  return FromStream(stream, path);
}

Result<PcapFile> PcapFile::FromBytes(Bytes bytes, const std::string& name) {
  if (bytes.empty()) return Unreadable(name, "is empty", bytes);
  // Only read: fmemopen takes no pointer to const.
  std::FILE* stream =
      fmemopen(const_cast<uint8_t*>(bytes.data()), bytes.size(), "rb");
  if (stream == nullptr) return ErrnoError(name, errno);
  return FromStream(stream, name);
}

// Closes the stream in any case.
Result<PcapFile> PcapFile::FromStream(void* stream, const std::string& name) {
  auto* file = static_cast<std::FILE*>(stream);
  char why[PCAP_ERRBUF_SIZE] = {};
  pcap_t* pcap = pcap_fopen_offline_with_tstamp_precision(
      file, PCAP_TSTAMP_PRECISION_NANO, why);
  if (pcap == nullptr) {
    uint8_t beginning[2] = {};
    std::rewind(file);
    const size_t got = std::fread(beginning, 1, sizeof beginning, file);
    std::fclose(file);
    return Unreadable(name, why, Bytes(beginning, got));
  }
  PcapFile opened(name, std::make_unique<Handle>(pcap));
  const auto link_type = LinkTypeOf(pcap_datalink(pcap));
  if (!link_type) return UnknownLinkType(name, pcap_datalink(pcap));
  opened.link_type_ = *link_type;
  return opened;
}

std::optional<CapturedPacket> PcapFile::Next() {
  if (warning_) return std::nullopt;
  pcap_pkthdr* header = nullptr;
  const uint8_t* bytes = nullptr;
  const int got = pcap_next_ex(handle_->pcap, &header, &bytes);
  if (got == PCAP_ERROR_BREAK) return std::nullopt;
  if (got != 1) {
    warning_ = Error{name_,
                     std::string(pcap_geterr(handle_->pcap)) +
                         " after packet " + std::to_string(packets_),
                     "all packets before it were read"};
    return std::nullopt;
  }
  ++packets_;
  // tv_usec holds nanoseconds, as asked for; a damaged header, anything.
  const uint64_t seconds = static_cast<uint64_t>(header->ts.tv_sec);
  const uint64_t fraction = static_cast<uint64_t>(header->ts.tv_usec);
  return CapturedPacket{seconds * 1'000'000'000 + fraction,
                        Bytes(bytes, header->caplen), header->len};
}

}  // namespace nameward
