// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "base/unique_fd.h"
#include "deliver/stdout_sink.h"

namespace nameward {
namespace {

struct Pipe {
  UniqueFd reader;
  UniqueFd writer;

  explicit Pipe(int flags = 0) {
    int fds[2];
    EXPECT_EQ(pipe2(fds, O_CLOEXEC | flags), 0);
    reader.Reset(fds[0]);
    writer.Reset(fds[1]);
  }
  std::string Read(size_t most) const {
    std::string text(most, '\0');
    const ssize_t size = read(reader.get(), text.data(), text.size());
    text.resize(size > 0 ? static_cast<size_t>(size) : 0);
    return text;
  }
};

RenderedAlert Line(std::string text) {
  RenderedAlert alert;
  alert.text = std::move(text);
  return alert;
}

void ExpectClosed(const SinkStats& stats) {
  EXPECT_EQ(stats.offered, stats.delivered + stats.failed + stats.pending);
}

TEST(StdoutSink, WritesOneLineForEachAlert) {
  const Pipe pipe;
  StdoutSink sink(pipe.writer.get());
  EXPECT_TRUE(sink.Offer(Line("one")).has_value());
  EXPECT_TRUE(sink.Offer(Line("two")).has_value());
  EXPECT_EQ(pipe.Read(100), "one\ntwo\n");
  EXPECT_EQ(sink.stats().delivered, 2U);
  EXPECT_EQ(sink.stats().bytes, 8U);
}

TEST(LineWriter, NeverTearsALineWhenTheReaderIsSlow) {
  const Pipe pipe(O_NONBLOCK);
  SinkStats stats;
  LineWriter writer(stats);
  writer.SetFd(pipe.writer.get());
  std::string expected;
  for (char c = 'a'; c <= 'z'; ++c) {
    const std::string line(9999, c);
    EXPECT_TRUE(writer.Write(line).has_value());
    expected += line + '\n';
  }
  EXPECT_GT(stats.pending, 0U);
  ExpectClosed(stats);
  std::string seen;
  while (stats.pending > 0) {
    seen += pipe.Read(30'000);
    EXPECT_TRUE(writer.Drain(Nanoseconds(0)).has_value());
  }
  seen += pipe.Read(300'000);
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(stats.delivered, 26U);
  ExpectClosed(stats);
}

TEST(StdoutSink, RefusesAndCountsWhatItsBoundCannotHold) {
  const Pipe pipe(O_NONBLOCK);
  StdoutSink sink(pipe.writer.get());
  const std::string line(8000, 'x');
  for (int i = 0; i < 300; ++i) static_cast<void>(sink.Offer(Line(line)));
  EXPECT_GT(sink.stats().failed, 0U);
  EXPECT_LE(sink.stats().pending * 8001, LineWriter::kMaxPending);
  ExpectClosed(sink.stats());
}

TEST(StdoutSink, CountsEverythingAsFailedWhenTheReaderIsGone) {
  signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  StdoutSink sink(pipe.writer.get());
  pipe.reader.Reset();
  for (int i = 0; i < 3; ++i) {
    const Status status = sink.Offer(Line("lost"));
    ASSERT_FALSE(status.has_value());
  }
  EXPECT_EQ(sink.stats().failed, 3U);
  EXPECT_EQ(sink.stats().errors, 1U);
  ExpectClosed(sink.stats());
}

TEST(StdoutSink, KeepsLinesThatAFullDeviceRefused) {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  ASSERT_TRUE(full.valid());
  StdoutSink sink(full.get());
  const Status status = sink.Offer(Line("waits"));
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, ENOSPC);
  EXPECT_EQ(sink.stats().pending, 1U);
  EXPECT_EQ(sink.stats().delivered, 0U);
  ExpectClosed(sink.stats());
}

}  // namespace
}  // namespace nameward
