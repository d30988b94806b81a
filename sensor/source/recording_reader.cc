// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "source/recording.h"
#include "source/recording_layout.h"

namespace nameward {
namespace {

using recording::FileHeader;
using recording::RecordHeader;

constexpr size_t kReadBytes = 1024 * 1024;

// Summing a payload in vain is what damage costs.  Each byte taken from the
// file earns one, on top of this: so the work stays linear in the file, even
// one made to provoke it.
constexpr uint64_t kSearchBudget = 2 * uint64_t{kMaxRecordingPayload};

}  // namespace

bool LooksLikeRecording(Bytes beginning) {
  const auto& magic = recording::kMagic;
  return beginning.size() >= magic.size() &&
         std::equal(magic.begin(), magic.end(), beginning.begin());
}

RecordingReader::RecordingReader(std::string name)
    : name_(std::move(name)), search_budget_(kSearchBudget) {}

Result<RecordingReader> RecordingReader::Open(const std::string& path) {
  RecordingReader reader(path);
  reader.file_.Reset(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!reader.file_) return ErrnoError(path, errno, "give a readable file");
  NW_RETURN_IF_ERROR(reader.ReadHeader());
  return reader;
}

Result<RecordingReader> RecordingReader::FromBytes(Bytes bytes,
                                                   std::string name) {
  RecordingReader reader(std::move(name));
  reader.window_ = bytes;
  reader.stats_.bytes = bytes.size();
  NW_RETURN_IF_ERROR(reader.ReadHeader());
  return reader;
}

Status RecordingReader::ReadHeader() {
  NW_RETURN_IF_ERROR(Refill(sizeof(FileHeader)));
  if (!LooksLikeRecording(window_))
    return Error{name_, "is not a recording: it does not begin with its magic",
                 "give a .nwrec file that nameward record wrote"};
  const auto header = ByteReader(window_).Copy<FileHeader>();
  if (!header)
    return Error{name_, "ends within its header", "it holds no records"};
  if (header->crc != recording::HeaderCrc(*header))
    return Error{name_, "its header is damaged", "get it from the source anew"};
  if (header->version > kRecordingVersion)
    return Error{name_,
                 "has format version " + std::to_string(header->version) +
                     ", this nameward reads up to " +
                     std::to_string(kRecordingVersion),
                 "use the nameward that wrote it, or a newer one"};
  NW_RETURN_IF_ERROR(Refill(header->length));
  if (header->length < sizeof(FileHeader) || header->length > window_.size())
    return Error{name_, "its header has an impossible length",
                 "get it from the source anew"};
  version_ = header->version;
  kernel_abi_ = header->kernel_abi;
  seed_ = recording::Seed(header->salt);
  window_ = window_.subspan(header->length);
  return Ok();
}

Status RecordingReader::Refill(size_t wanted) {
  if (window_.size() >= wanted || !file_) return Ok();
  if (!window_.empty())
    std::memmove(buffer_.data(), window_.data(), window_.size());
  size_t filled = window_.size();
  // Beyond what is wanted, so that bytes are moved once per kReadBytes read.
  if (buffer_.size() < wanted + kReadBytes) buffer_.resize(wanted + kReadBytes);
  while (filled < buffer_.size()) {
    const ssize_t got =
        read(file_.get(), buffer_.data() + filled, buffer_.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return ErrnoError(name_ + " at offset " + std::to_string(stats_.bytes),
                        errno);
    if (got == 0) {
      file_.Reset();
      break;
    }
    filled += static_cast<size_t>(got);
    stats_.bytes += static_cast<uint64_t>(got);
  }
  window_ = Bytes(buffer_.data(), filled);
  return Ok();
}

Result<std::optional<RecordView>> RecordingReader::Next() {
  while (true) {
    auto record = TakeRecord();
    if (!record || record->has_value()) return record;
    if (window_.empty()) return record;
    SkipDamage();
  }
}

// nullopt: no whole record begins here.
Result<std::optional<RecordView>> RecordingReader::TakeRecord() {
  const std::optional<RecordView> none;
  NW_RETURN_IF_ERROR(Refill(sizeof(RecordHeader)));
  const auto header = ByteReader(window_).Copy<RecordHeader>();
  if (!header) return none;
  // Modulo 2^32; what lies behind us in the sequence is a stale copy.
  const uint32_t lost = header->sequence - next_sequence_;
  if (header->type == 0 || header->flags != 0 || lost >= 1U << 31 ||
      header->length > kMaxRecordingPayload)
    return none;
  const size_t end = sizeof(RecordHeader) + header->length;
  NW_RETURN_IF_ERROR(Refill(end));
  if (window_.size() < end || header->length > search_budget_) return none;
  const Bytes payload = window_.subspan(sizeof(RecordHeader), header->length);
  if (header->crc != recording::RecordCrc(seed_, *header, payload)) {
    search_budget_ -= header->length;
    return none;
  }
  window_ = window_.subspan(std::min(recording::Padded(end), window_.size()));
  search_budget_ = std::min(kSearchBudget, search_budget_ + end);
  next_sequence_ = header->sequence + 1;
  in_damage_ = false;
  ++stats_.records;
  stats_.lost_records += lost;
  return std::optional(
      RecordView{static_cast<RecordType>(header->type), payload});
}

// On to the next place where a record may begin.
void RecordingReader::SkipDamage() {
  if (!in_damage_ && stats_.damaged_places++ == 0)
    stats_.first_damage_at = Offset();
  in_damage_ = true;
  const size_t step = std::min(recording::kAlignment, window_.size());
  stats_.skipped_bytes += step;
  search_budget_ = std::min(kSearchBudget, search_budget_ + step);
  window_ = window_.subspan(step);
}

std::optional<Error> RecordingReader::Warning() const {
  const uint64_t lost = stats_.lost_records;
  if (stats_.skipped_bytes == 0 && lost == 0) return std::nullopt;
  std::string why = std::to_string(stats_.skipped_bytes) +
                    " bytes are in no whole record, the first at offset " +
                    std::to_string(stats_.first_damage_at);
  if (lost > 0)
    why += "; " + std::to_string(lost) +
           (lost == 1 ? " record is lost" : " records are lost");
  return Error{name_, why, "all whole records were read"};
}

}  // namespace nameward
