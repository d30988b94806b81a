// SPDX-License-Identifier: Apache-2.0
// Recordings (.nwrec): every input of the worker, in order, in one file, so
// that a replay gives the live run's alerts.  docs/recording-format.md
// specifies the bytes and gives the reasons.
//
// The writer appends and never looks back, so a file is readable after a crash
// up to its last whole record.  The reader gives only records whose checksum
// holds; what lies between is skipped, counted and told by Warning(), and is no
// error.  An Error is a file that is no recording, or that can't be read.
// One thread each.
#ifndef NAMEWARD_SOURCE_RECORDING_H_
#define NAMEWARD_SOURCE_RECORDING_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/byte_reader.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "model/record.h"

namespace nameward {

constexpr uint16_t kRecordingVersion = 1;
// Longest payload: a kubelet's /pods answer of a full node is about 5 MiB; a
// kernel record has at most 8 KiB.  Bounds what a damaged length can cost.
constexpr uint32_t kMaxRecordingPayload = 16 * 1024 * 1024;
// Does the file begin as a recording does?
bool LooksLikeRecording(Bytes beginning);

struct RecordingWriterOptions {
  uint64_t max_bytes = 0;  // of the file; 0: no cap
  // Drawn anew for each file unless a test fixes it.
  std::optional<uint64_t> salt;
};

struct RecordingWriterStats {
  uint64_t records = 0;
  uint64_t bytes = 0;         // of the file, with what is still buffered
  uint64_t refused_full = 0;  // records that the cap left out
  uint64_t refused_long = 0;  // records above kMaxRecordingPayload
};

// Buffers up to 256 KiB: an Append costs a checksum and a copy, and now and
// then one write(2).
class RecordingWriter {
 public:
  // Makes the file, or empties it; mode 0600, for it shows what pods do.
  static Result<RecordingWriter> Create(
      const std::string& path, const RecordingWriterOptions& options = {});
  RecordingWriter(RecordingWriter&&) = default;
  ~RecordingWriter();  // writes out what is buffered; call Flush to know how

  // A record that the cap or the bound refuses is counted and no error.  After
  // an error of the file every call returns that error.
  Status Append(const RecordView& record);
  Status AppendBatch(const RecordBatch& batch);
  // Hands all to the kernel; survives the end of this process, not of the
  // machine.
  Status Flush();

  const RecordingWriterStats& stats() const { return stats_; }

 private:
  RecordingWriter(UniqueFd file, std::string path,
                  const RecordingWriterOptions& options, uint64_t salt);
  void PutHeader();

  UniqueFd file_;
  std::string path_;
  uint64_t max_bytes_;
  uint64_t salt_;
  uint32_t seed_;  // checksum of the salt: where every record's begins
  uint32_t sequence_ = 0;
  std::vector<uint8_t> buffer_;
  std::optional<Error> failed_;
  RecordingWriterStats stats_;
};

struct RecordingReaderStats {
  uint64_t records = 0;
  uint64_t bytes = 0;            // of the file, read so far
  uint64_t skipped_bytes = 0;    // in no whole record
  uint64_t damaged_places = 0;   // runs of skipped bytes
  uint64_t lost_records = 0;     // known by a gap in the sequence
  uint64_t first_damage_at = 0;  // offset in the file, if damaged_places > 0
};

class RecordingReader {
 public:
  // Reads the header: an error names the file and why it can't be used.
  static Result<RecordingReader> Open(const std::string& path);
  // From memory, which must outlive the reader; `name` stands in messages.
  static Result<RecordingReader> FromBytes(Bytes bytes, std::string name);

  // The next whole record, nullopt at the end.  The payload is valid until the
  // next call.
  Result<std::optional<RecordView>> Next();

  uint16_t version() const { return version_; }
  uint32_t kernel_abi() const { return kernel_abi_; }  // NW_ABI of its writer
  const std::string& name() const { return name_; }
  const RecordingReaderStats& stats() const { return stats_; }
  // What the user should hear of damage; nullopt if there was none so far.
  std::optional<Error> Warning() const;

 private:
  explicit RecordingReader(std::string name);
  Status ReadHeader();
  // Makes `wanted` bytes available, or all there are.
  Status Refill(size_t wanted);
  Result<std::optional<RecordView>> TakeRecord();
  void SkipDamage();
  uint64_t Offset() const { return stats_.bytes - window_.size(); }

  std::string name_;
  UniqueFd file_;  // empty: all bytes are in the window
  std::vector<uint8_t> buffer_;
  Bytes window_;  // what was read and not yet taken
  uint16_t version_ = 0;
  uint32_t kernel_abi_ = 0;
  uint32_t seed_ = 0;
  uint32_t next_sequence_ = 0;
  bool in_damage_ = false;
  uint64_t search_budget_;  // bytes that may still be summed in vain
  RecordingReaderStats stats_;
};

}  // namespace nameward

#endif  // NAMEWARD_SOURCE_RECORDING_H_
