// SPDX-License-Identifier: Apache-2.0
// An alert as a record's payload and back: its strings behind their lengths, in
// a zstd frame of its own, so that damage to one record never reaches another
// (an alert of 2.7 KB shrinks to 1 KB; docs/adr/0007).  One thread each.
#ifndef NAMEWARD_DELIVER_ALERT_CODEC_H_
#define NAMEWARD_DELIVER_ALERT_CODEC_H_

#include <cstdint>
#include <memory>
#include <string>

#include "base/byte_reader.h"
#include "deliver/spool_layout.h"
#include "model/alert.h"

namespace nameward {

class AlertCodec {
 public:
  AlertCodec();
  ~AlertCodec();
  AlertCodec(AlertCodec&&) noexcept;
  AlertCodec& operator=(AlertCodec&&) noexcept;

  // Writes the sequence into the text, and fills length, raw_length, encoding
  // and what `header` says of the alert.  The payload lives until the next
  // call. Empty: longer than spool::kMaxPayload.
  Bytes Encode(const RenderedAlert& alert, uint64_t sequence,
               spool::RecordHeader& header);

  // False: not a payload of ours, whatever its checksum says.  Reuses the
  // capacity of `alert`.
  bool Decode(const spool::RecordHeader& header, Bytes payload,
              RenderedAlert& alert);

 private:
  struct Contexts;
  std::unique_ptr<Contexts> contexts_;
  std::string raw_;
  std::string packed_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_ALERT_CODEC_H_
