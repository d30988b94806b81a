// SPDX-License-Identifier: Apache-2.0
#include "deliver/spool_state.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace nameward {
namespace {

template <size_t kSize>
std::string_view Text(const std::array<char, kSize>& chars) {
  return {chars.data(), strnlen(chars.data(), kSize)};
}

Result<std::optional<spool::State>> ReadSlot(DiskFile& file, uint64_t slot) {
  std::array<uint8_t, spool::kStateSlot> bytes{};
  const auto size = file.Read(bytes, slot * spool::kStateSlot);
  if (!size) return size.error();
  const auto state = ByteReader(Bytes(bytes)).Copy<spool::State>();
  if (state->magic != spool::kStateMagic ||
      state->length < spool::kLeastState || state->length > *size ||
      state->crc != spool::StateCrc(Bytes(bytes).first(state->length)))
    return std::optional<spool::State>();
  // What an earlier version did not write is zero.
  std::fill(bytes.begin() + state->length, bytes.end(), uint8_t{0});
  return ByteReader(Bytes(bytes)).Copy<spool::State>();
}

}  // namespace

std::string_view CursorName(const spool::Cursor& cursor) {
  return Text(cursor.name);
}

std::string_view BootIdOf(const spool::State& state) {
  return Text(state.boot_id);
}

spool::Cursor MakeCursor(std::string_view name, uint64_t position) {
  spool::Cursor cursor{};
  std::copy_n(name.begin(), std::min(name.size(), cursor.name.size() - 1),
              cursor.name.begin());
  cursor.position = position;
  return cursor;
}

std::optional<uint64_t> CursorOf(const spool::State& state,
                                 std::string_view name) {
  for (const spool::Cursor& cursor : state.cursors)
    if (!name.empty() && CursorName(cursor) == name) return cursor.position;
  return std::nullopt;
}

Result<std::optional<spool::State>> ReadState(DiskFile& file) {
  const auto first = ReadSlot(file, 0);
  if (!first) return first.error();
  const auto second = ReadSlot(file, 1);
  if (!second) return second.error();
  if (!*first) return *second;
  if (!*second) return *first;
  return (*first)->generation > (*second)->generation ? *first : *second;
}

Status StateFile::Write(spool::State& state) {
  state.magic = spool::kStateMagic;
  state.version = spool::kVersion;
  state.length = sizeof state;
  ++state.generation;
  state.crc = spool::StateCrc(spool::AsBytes(state));
  held_.reset();
  NW_RETURN_IF_ERROR(file_->Write(spool::AsBytes(state),
                                  state.generation % 2 * spool::kStateSlot));
  held_ = state;
  return Ok();
}

Status StateFile::Sync() {
  Status synced = file_->Sync();
  if (!synced) held_.reset();
  return synced;
}

bool StateFile::Holds(const spool::State& state) const {
  constexpr size_t kSaid = offsetof(spool::State, spool);
  return held_ && std::memcmp(spool::AsBytes(*held_).subspan(kSaid).data(),
                              spool::AsBytes(state).subspan(kSaid).data(),
                              sizeof state - kSaid) == 0;
}

}  // namespace nameward
