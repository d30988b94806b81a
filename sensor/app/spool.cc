// SPDX-License-Identifier: Apache-2.0
// `nameward spool ls|cat|verify`: what a spool holds, also while a sensor uses
// it.  Reads only.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <map>
#include <memory>

#include "app/verbs.h"
#include "deliver/alert_codec.h"
#include "deliver/disk.h"
#include "deliver/segment.h"
#include "deliver/segment_reader.h"
#include "deliver/spool_state.h"

namespace nameward {
namespace {

constexpr char kWantsSpool[] = "name the folder of alerts.spool";

struct SegmentFile {
  DiskEntry entry;
  uint64_t position = 0;
};

// Oldest first.
Result<std::vector<SegmentFile>> Segments(Disk& disk) {
  const auto entries = disk.List();
  if (!entries) return entries.error();
  std::vector<SegmentFile> files;
  for (const DiskEntry& entry : *entries)
    if (const auto position = PositionInName(entry.name))
      files.push_back({entry, *position});
  std::sort(files.begin(), files.end(),
            [](const SegmentFile& a, const SegmentFile& b) {
              return a.position < b.position;
            });
  return files;
}

struct Contents {
  uint64_t alerts = 0;
  uint64_t unreadable = 0;  // whole records that hold no alert
  uint64_t skipped_bytes = 0;
  bool ended = false;
  bool gone = false;  // delivered meanwhile
  std::string error;

  bool IsWhole() const {
    return error.empty() && skipped_bytes == 0 && unreadable == 0;
  }
};

using OnAlert = std::function<void(const spool::RecordHeader&, RenderedAlert&)>;

Contents ReadSegment(Disk& disk, const SegmentFile& file, const OnAlert& out) {
  Contents contents;
  auto opened = disk.Open(file.entry.name, Disk::Mode::kRead);
  if (!opened) {
    contents.gone = opened.error().code == ENOENT;
    if (!contents.gone) contents.error = opened.error().ToString();
    return contents;
  }
  auto reader = SegmentReader::Open(std::move(*opened));
  if (!reader) return contents.error = reader.error().ToString(), contents;
  AlertCodec codec;
  RenderedAlert alert;
  while (true) {
    const auto record = reader->Next(file.entry.size);
    if (!record) contents.error = record.error().ToString();
    if (!record || !*record) break;
    contents.ended = (*record)->header.kind == spool::Kind::kEnd;
    if (contents.ended) continue;
    if (!codec.Decode((*record)->header, (*record)->payload, alert)) {
      ++contents.unreadable;
      continue;
    }
    ++contents.alerts;
    out((*record)->header, alert);
  }
  contents.skipped_bytes = reader->skipped_bytes();
  return contents;
}

// Of both its slots one must be whole.
Result<spool::State> StateOf(Disk& disk) {
  auto file = disk.Open(kStateName, Disk::Mode::kRead);
  if (!file) return file.error();
  const auto state = ReadState(**file);
  if (!state) return state.error();
  if (!*state) return Error{kStateName, "damaged"};
  return **state;
}

void PrintState(const spool::State& state) {
  std::printf("next position %llu, %s\n",
              static_cast<unsigned long long>(state.next_position),
              state.clean == 1 ? "closed in peace" : "in use, or killed");
  for (const spool::Cursor& cursor : state.cursors)
    if (!CursorName(cursor).empty())
      std::printf("%-24s acknowledged before %llu\n",
                  std::string(CursorName(cursor)).c_str(),
                  static_cast<unsigned long long>(cursor.position));
}

void Ignore(const spool::RecordHeader&, RenderedAlert&) {}

int List(Disk& disk, const std::vector<SegmentFile>& files) {
  const auto state = StateOf(disk);
  if (state) PrintState(*state);
  int status = state ? kExitFine : Complain(state.error(), kExitFindings);
  for (const SegmentFile& file : files) {
    const Contents contents = ReadSegment(disk, file, Ignore);
    if (contents.gone) continue;
    std::printf("%s  %9llu bytes  %7llu alerts  %s\n", file.entry.name.c_str(),
                static_cast<unsigned long long>(file.entry.size),
                static_cast<unsigned long long>(contents.alerts),
                !contents.IsWhole() ? "DAMAGED"
                : contents.ended    ? "full"
                                    : "open");
    if (!contents.IsWhole()) status = kExitFindings;
  }
  return status;
}

std::string Damage(const Contents& contents) {
  if (!contents.error.empty()) return contents.error;
  return std::to_string(contents.skipped_bytes) +
         " bytes are in no whole record, " +
         std::to_string(contents.unreadable) + " records hold no alert";
}

// In the order in which they were made: one file holds one severity.
int Cat(Disk& disk, const std::vector<SegmentFile>& files) {
  std::multimap<uint64_t, std::string> texts;
  int status = kExitFine;
  for (size_t i = 0; i < files.size(); ++i) {
    const Contents contents = ReadSegment(
        disk, files[i],
        [&](const spool::RecordHeader& header, RenderedAlert& alert) {
          texts.emplace(header.position, std::move(alert.text));
        });
    if (!contents.IsWhole())
      status = Complain({files[i].entry.name, Damage(contents)}, kExitFindings);
    // Nothing older comes any more.
    const uint64_t until =
        i + 1 < files.size() ? files[i + 1].position : UINT64_MAX;
    const auto end = texts.lower_bound(until);
    for (auto text = texts.begin(); text != end; ++text)
      std::printf("%s\n", text->second.c_str());
    texts.erase(texts.begin(), end);
  }
  return status;
}

int Verify(Disk& disk, const std::vector<SegmentFile>& files) {
  uint64_t alerts = 0;
  const auto state = StateOf(disk);
  bool whole = state.has_value();
  if (!state) std::printf("%s\n", state.error().ToString().c_str());
  for (const SegmentFile& file : files) {
    const Contents contents = ReadSegment(disk, file, Ignore);
    alerts += contents.alerts;
    if (contents.IsWhole()) continue;
    whole = false;
    std::printf("%s: %s\n", file.entry.name.c_str(), Damage(contents).c_str());
  }
  std::printf("state and %zu segments, %llu alerts, %s\n", files.size(),
              static_cast<unsigned long long>(alerts),
              whole ? "all whole" : "DAMAGED");
  return whole ? kExitFine : kExitFindings;
}

using Command = int (*)(Disk&, const std::vector<SegmentFile>&);

int Run(const std::string& folder, Command command) {
  auto disk = OpenDiskReadOnly(folder);
  if (!disk)
    return Complain(ErrnoError(folder, disk.error().code, kWantsSpool),
                    kExitUsage);
  const auto files = Segments(**disk);
  if (!files) return Complain(files.error(), kExitUsage);
  if (files->empty() && !(*disk)->Open(kStateName, Disk::Mode::kRead))
    return Complain({folder, "no spool", kWantsSpool}, kExitUsage);
  return command(**disk, *files);
}

}  // namespace

void AddSpoolVerb(CLI::App& app, ChosenVerb& chosen) {
  CLI::App* verb = app.add_subcommand(
      "spool", "what the folder of alerts.spool holds, without changing it");
  verb->require_subcommand(1);
  auto folder = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* what, Command command) {
    CLI::App* part = verb->add_subcommand(name, what);
    part->add_option("FOLDER", *folder, "of alerts.spool")->required();
    part->callback([&chosen, folder, command] {
      chosen = [folder, command] { return Run(*folder, command); };
    });
  };
  add("ls", "its segments, and how far each sink is", List);
  add("cat", "its alerts, oldest first, one line each", Cat);
  add("verify", "whether its state and every record are whole", Verify);
}

}  // namespace nameward
