// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "bpf/event.h"
#include "source/recording.h"
#include "source/recording_layout.h"

namespace nameward {
namespace {

using recording::FileHeader;
using recording::RecordHeader;

constexpr size_t kBufferBytes = 256 * 1024;

Status WriteAll(int fd, Bytes bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0)
      return ErrnoError(path, errno,
                        "the recording ends at its last whole record");
    bytes = bytes.subspan(static_cast<size_t>(written));
  }
  return Ok();
}

void Put(std::vector<uint8_t>& buffer, Bytes bytes) {
  buffer.insert(buffer.end(), bytes.begin(), bytes.end());
}

}  // namespace

Result<RecordingWriter> RecordingWriter::Create(
    const std::string& path, const RecordingWriterOptions& options) {
  UniqueFd file(
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!file) return ErrnoError(path, errno, "give a file that can be written");
  uint64_t salt = options.salt.value_or(0);
  if (!options.salt && getrandom(&salt, sizeof salt, 0) != sizeof salt)
    return ErrnoError("getrandom", errno);
  return RecordingWriter(std::move(file), path, options, salt);
}

RecordingWriter::RecordingWriter(UniqueFd file, std::string path,
                                 const RecordingWriterOptions& options,
                                 uint64_t salt)
    : file_(std::move(file)),
      path_(std::move(path)),
      max_bytes_(options.max_bytes),
      salt_(salt),
      seed_(recording::Seed(salt)) {
  buffer_.reserve(2 * kBufferBytes);
  PutHeader();
}

RecordingWriter::~RecordingWriter() {
  if (file_) static_cast<void>(Flush());
}

void RecordingWriter::PutHeader() {
  FileHeader header{};
  header.magic = recording::kMagic;
  header.version = kRecordingVersion;
  header.length = sizeof header;
  header.kernel_abi = NW_ABI;
  header.salt = salt_;
  header.crc = recording::HeaderCrc(header);
  Put(buffer_, recording::AsBytes(header));
  stats_.bytes = sizeof header;
}

Status RecordingWriter::Append(const RecordView& record) {
  if (failed_) return *failed_;
  if (record.payload.size() > kMaxRecordingPayload) {
    ++stats_.refused_long;
    return Ok();
  }
  const size_t padded = recording::Padded(record.payload.size());
  const size_t size = sizeof(RecordHeader) + padded;
  if (max_bytes_ != 0 && stats_.bytes + size > max_bytes_) {
    ++stats_.refused_full;
    return Ok();
  }
  RecordHeader header{};
  header.length = static_cast<uint32_t>(record.payload.size());
  header.type = static_cast<uint16_t>(record.type);
  header.sequence = sequence_++;
  header.crc = recording::RecordCrc(seed_, header, record.payload);
  Put(buffer_, recording::AsBytes(header));
  Put(buffer_, record.payload);
  buffer_.resize(buffer_.size() + padded - record.payload.size());
  ++stats_.records;
  stats_.bytes += size;
  return buffer_.size() < kBufferBytes ? Ok() : Flush();
}

Status RecordingWriter::AppendBatch(const RecordBatch& batch) {
  Status status = Ok();
  batch.ForEach([&](const RecordView& record) {
    if (status) status = Append(record);
  });
  return status;
}

Status RecordingWriter::Flush() {
  if (failed_) return *failed_;
  Status status = WriteAll(file_.get(), buffer_, path_);
  buffer_.clear();
  if (!status) failed_ = status.error();
  return status;
}

}  // namespace nameward
