// SPDX-License-Identifier: Apache-2.0
// What the spool must remember beside its segments: whose it is, how far it has
// counted, how far each sink has acknowledged.
//
// Two slots are written in turn, so that a write which a crash tears leaves the
// other whole.  One thread at a time.
#ifndef NAMEWARD_DELIVER_SPOOL_STATE_H_
#define NAMEWARD_DELIVER_SPOOL_STATE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "deliver/disk.h"
#include "deliver/spool_layout.h"

namespace nameward {

inline constexpr char kStateName[] = "state";

std::string_view CursorName(const spool::Cursor& cursor);
spool::Cursor MakeCursor(std::string_view name, uint64_t position);
// Position of the cursor of this name, if the state has one.
std::optional<uint64_t> CursorOf(const spool::State& state,
                                 std::string_view name);
std::string_view BootIdOf(const spool::State& state);

// The newer of the whole slots; nullopt if there is none.
Result<std::optional<spool::State>> ReadState(DiskFile& file);

class StateFile {
 public:
  explicit StateFile(std::unique_ptr<DiskFile> file) : file_(std::move(file)) {}
  // Fills magic, version, generation and checksum; not synced.
  Status Write(spool::State& state);
  // After a failure it holds nothing: the kernel may have forgotten it.
  Status Sync();
  // It says the same already.
  bool Holds(const spool::State& state) const;

 private:
  std::unique_ptr<DiskFile> file_;
  std::optional<spool::State> held_;
};

}  // namespace nameward

#endif  // NAMEWARD_DELIVER_SPOOL_STATE_H_
