// SPDX-License-Identifier: Apache-2.0
// `nameward spool ls|cat|verify`: what a spool holds, also while a sensor uses
// it.  Reads only.
#include <CLI/CLI.hpp>
#include <algorithm>
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
  std::string error;
};

using OnAlert = std::function<void(const spool::RecordHeader&, RenderedAlert&)>;

Contents ReadSegment(Disk& disk, const SegmentFile& file, const OnAlert& out) {
  Contents contents;
  auto opened = disk.Open(file.entry.name, Disk::Mode::kRead);
  if (!opened) return contents.error = opened.error().ToString(), contents;
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

void PrintState(Disk& disk) {
  auto file = disk.Open(kStateName, Disk::Mode::kRead);
  if (!file) return;
  const auto state = ReadState(**file);
  if (!state || !*state) {
    std::printf("state: damaged\n");
    return;
  }
  std::printf("next position %llu, %s\n",
              static_cast<unsigned long long>((*state)->next_position),
              (*state)->clean == 1 ? "closed in peace" : "in use, or killed");
  for (const spool::Cursor& cursor : (*state)->cursors)
    if (!CursorName(cursor).empty())
      std::printf("%-24s acknowledged before %llu\n",
                  std::string(CursorName(cursor)).c_str(),
                  static_cast<unsigned long long>(cursor.position));
}

int List(Disk& disk, const std::vector<SegmentFile>& files) {
  PrintState(disk);
  for (const SegmentFile& file : files) {
    const Contents contents = ReadSegment(
        disk, file, [](const spool::RecordHeader&, RenderedAlert&) {});
    std::printf("%s  %9llu bytes  %7llu alerts  %s\n", file.entry.name.c_str(),
                static_cast<unsigned long long>(file.entry.size),
                static_cast<unsigned long long>(contents.alerts),
                contents.ended ? "full" : "open");
  }
  return kExitFine;
}

// In the order in which they were made: one file holds one severity.
int Cat(Disk& disk, const std::vector<SegmentFile>& files) {
  std::multimap<uint64_t, std::string> texts;
  for (size_t i = 0; i < files.size(); ++i) {
    (void)ReadSegment(
        disk, files[i],
        [&](const spool::RecordHeader& header, RenderedAlert& alert) {
          texts.emplace(header.position, std::move(alert.text));
        });
    // Nothing older comes any more.
    const uint64_t until =
        i + 1 < files.size() ? files[i + 1].position : UINT64_MAX;
    const auto end = texts.lower_bound(until);
    for (auto text = texts.begin(); text != end; ++text)
      std::printf("%s\n", text->second.c_str());
    texts.erase(texts.begin(), end);
  }
  return kExitFine;
}

int Verify(Disk& disk, const std::vector<SegmentFile>& files) {
  uint64_t alerts = 0;
  bool whole = true;
  for (const SegmentFile& file : files) {
    const Contents contents = ReadSegment(
        disk, file, [](const spool::RecordHeader&, RenderedAlert&) {});
    alerts += contents.alerts;
    if (contents.error.empty() && contents.skipped_bytes == 0 &&
        contents.unreadable == 0)
      continue;
    whole = false;
    std::printf(
        "%s: %llu bytes are in no whole record, %llu records hold no "
        "alert%s%s\n",
        file.entry.name.c_str(),
        static_cast<unsigned long long>(contents.skipped_bytes),
        static_cast<unsigned long long>(contents.unreadable),
        contents.error.empty() ? "" : ": ", contents.error.c_str());
  }
  std::printf("%zu segments, %llu alerts, %s\n", files.size(),
              static_cast<unsigned long long>(alerts),
              whole ? "all whole" : "DAMAGED");
  return whole ? kExitFine : kExitFindings;
}

using Command = int (*)(Disk&, const std::vector<SegmentFile>&);

int Run(const std::string& folder, Command command) {
  auto disk = OpenDiskReadOnly(folder);
  if (!disk) return Complain(disk.error(), kExitUsage);
  const auto files = Segments(**disk);
  if (!files) return Complain(files.error(), kExitUsage);
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
  add("verify", "whether every byte is in a whole record", Verify);
}

}  // namespace nameward
