// SPDX-License-Identifier: Apache-2.0
// What the worker eats: every input of the pure stages is a record, live, in a
// recording and from a pcap file alike, so that a replay sees what the live run
// saw.  docs/recording-format.md specifies how they lie in a file.
//
// A RecordBatch owns many records in one buffer; it is filled by the reader,
// handed to the worker and given back, so the steady state allocates nothing.
#ifndef NAMEWARD_MODEL_RECORD_H_
#define NAMEWARD_MODEL_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/byte_reader.h"

namespace nameward {

// Numbers are part of the recording format: append only.
enum class RecordType : uint16_t {
  kKernel = 1,   // a record of bpf/event.h, unchanged
  kClock = 2,    // ClockRecord
  kContext = 3,  // UTF-8 lines "key value": see model/context.h
  kTimer = 4,    // TimerRecord: time passes though nothing happens
  kLoss = 5,  // LossRecord: what the kernel's counters lost since the last one
  // A kubelet's /pods answer, reduced (kube/pod_list_json.h); empty: asked
  // again, and nothing has changed.
  kPods = 6,
  kPolicy = 7,  // UTF-8: the id of the rule set in force from here on
};

struct ClockRecord {
  int64_t wall_minus_boot_ns;
};
struct TimerRecord {
  uint64_t time_ns;  // CLOCK_BOOTTIME
};
struct LossRecord {
  uint64_t time_ns;   // when it was counted
  uint64_t since_ns;  // when it had last been counted
  uint64_t count;
  uint64_t cgroup;       // 0: not known by cgroup
  uint32_t class_index;  // enum nw_class
  uint32_t fate;         // enum nw_fate: full or quota
};

struct RecordView {
  RecordType type;
  Bytes payload;  // owned by the batch or the file it was read from
};

class RecordBatch {
 public:
  // Above this the reader hands the batch over.
  static constexpr size_t kTargetBytes = 256 * 1024;

  void Clear() {
    buffer_.clear();
    count_ = 0;
  }
  void Append(RecordType type, Bytes payload);
  template <typename T>
  void AppendStruct(RecordType type, const T& value) {
    uint8_t bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    Append(type, Bytes(bytes, sizeof(T)));
  }
  void AppendText(RecordType type, std::string_view text);

  size_t count() const { return count_; }
  size_t bytes() const { return buffer_.size(); }
  bool Full() const { return buffer_.size() >= kTargetBytes; }

  // Calls visit(RecordView) for each record, in order.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (size_t at = 0; at < buffer_.size();) at = VisitOne(at, visit);
  }

 private:
  struct Frame {
    uint32_t length;
    RecordType type;
    uint16_t pad;
  };
  template <typename Visit>
  size_t VisitOne(size_t at, Visit&& visit) const {
    Frame frame;
    std::memcpy(&frame, buffer_.data() + at, sizeof frame);
    const Bytes payload(buffer_.data() + at + sizeof frame, frame.length);
    visit(RecordView{frame.type, payload});
    return at + sizeof frame + ((frame.length + 7U) & ~size_t{7});
  }

  std::vector<uint8_t> buffer_;
  size_t count_ = 0;
};

}  // namespace nameward

#endif  // NAMEWARD_MODEL_RECORD_H_
