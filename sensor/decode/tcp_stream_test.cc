// SPDX-License-Identifier: Apache-2.0
#include "decode/tcp_stream.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "decode/test_wire.h"

namespace nameward {
namespace {

struct Received : TcpStreamSink {
  bool OnStreamMessage(Bytes message) override {
    messages.emplace_back(message.begin(), message.end());
    return accept;
  }
  void OnStreamFault(MalformedReason reason, size_t) override {
    faults.push_back(reason);
  }
  bool accept = true;
  std::vector<ByteVector> messages;
  std::vector<MalformedReason> faults;
};

class TcpStream : public testing::Test {
 protected:
  TcpStream() {
    for (const ByteVector& message : messages_) AppendFramed(message, stream_);
  }

  // Bytes [begin, end) of the stream.
  void Send(size_t begin, size_t end, bool fin = false) {
    TcpSegment segment;
    segment.cookie = 5;
    segment.seq = first_ + static_cast<uint32_t>(begin);
    segment.fin = fin;
    segment.payload = Bytes(stream_).subspan(begin, end - begin);
    streams_.Add(segment, out_);
  }
  void Syn() {
    TcpSegment segment;
    segment.cookie = 5;
    segment.seq = first_ - 1;
    segment.syn = true;
    streams_.Add(segment, out_);
  }
  void Midstream(size_t begin, size_t end) {
    TcpSegment segment;
    segment.cookie = 5;
    segment.seq = first_ + static_cast<uint32_t>(begin);
    segment.midstream = true;
    segment.payload = Bytes(stream_).subspan(begin, end - begin);
    streams_.Add(segment, out_);
  }

  std::vector<ByteVector> messages_ = {Query("one.example"),
                                       Query("two.example")};
  ByteVector stream_;
  uint32_t first_ = 1000;
  TcpStreams streams_;
  Received out_;
};

TEST_F(TcpStream, GivesTheSameMessagesHoweverItIsCutInTwo) {
  for (size_t cut = 0; cut <= stream_.size(); ++cut) {
    out_ = Received{};
    Syn();
    Send(0, cut);
    Send(cut, stream_.size(), true);
    ASSERT_EQ(out_.messages, messages_) << cut;
    ASSERT_TRUE(out_.faults.empty()) << cut;
    first_ += 100000;  // the next socket's
  }
}

TEST_F(TcpStream, GivesTheSameMessagesHoweverItIsCutInThree) {
  for (size_t a = 0; a <= stream_.size(); ++a)
    for (size_t b = a; b <= stream_.size(); ++b) {
      out_ = Received{};
      Syn();
      Send(0, a);
      Send(b, stream_.size());  // the last part before the middle one
      Send(a, b);
      ASSERT_EQ(out_.messages, messages_) << a << " " << b;
      first_ += 100000;
    }
}

TEST_F(TcpStream, TakesOneByteWrites) {
  Syn();
  for (size_t i = 0; i < stream_.size(); ++i) Send(i, i + 1);
  EXPECT_EQ(out_.messages, messages_);
  EXPECT_EQ(streams_.buffered(), 0U);
}

TEST_F(TcpStream, TakesBytesInReverse) {
  Syn();
  for (size_t i = stream_.size(); i-- > 0;) Send(i, i + 1);
  EXPECT_EQ(out_.messages, messages_);
  EXPECT_EQ(streams_.buffered(), 0U);
}

TEST_F(TcpStream, CountsRetransmittedBytesOnce) {
  Syn();
  Send(0, 20);
  Send(0, 20);
  Syn();
  Send(5, 40);
  Send(0, stream_.size());
  Send(0, stream_.size());
  EXPECT_EQ(out_.messages, messages_);
}

TEST_F(TcpStream, IgnoresRetransmitsAfterItsEnd) {
  Syn();
  Send(0, stream_.size(), true);
  Send(0, stream_.size(), true);
  EXPECT_EQ(out_.messages, messages_);
  EXPECT_TRUE(out_.faults.empty());
}

TEST_F(TcpStream, KeepsTheFirstOfTwoCopies) {
  Syn();
  const ByteVector original = stream_;
  Send(20, 30);
  std::fill(stream_.begin() + 10, stream_.end(), 'x');
  std::copy_n(original.begin() + 10, 10, stream_.begin() + 10);
  Send(10, 30);  // bytes 20 to 30 differ from those that came before
  stream_ = original;
  Send(0, 10);
  Send(30, stream_.size());
  EXPECT_EQ(out_.messages, messages_);
}

TEST_F(TcpStream, SequenceNumbersWrapAround) {
  for (uint32_t back = 0; back < 60; ++back) {
    out_ = Received{};
    streams_ = TcpStreams();
    first_ = 0U - back;
    Syn();
    Send(30, stream_.size());
    Send(0, 30);
    ASSERT_EQ(out_.messages, messages_) << back;
  }
}

TEST_F(TcpStream, RandomOrderWithOverlapsGivesTheSameMessages) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    out_ = Received{};
    first_ += 100000;
    Syn();
    std::vector<size_t> starts;
    for (size_t at = 0; at < stream_.size(); at += 1 + random() % 6)
      starts.push_back(at);
    std::shuffle(starts.begin(), starts.end(), random);
    for (const size_t at : starts)
      Send(at, std::min(stream_.size(), at + 6 + random() % 10));
    ASSERT_EQ(out_.messages, messages_) << round;
  }
}

TEST_F(TcpStream, EndsWithAFaultInsideAMessage) {
  Syn();
  Send(0, 10, true);
  EXPECT_EQ(out_.faults, std::vector{MalformedReason::kStreamGap});
  EXPECT_EQ(streams_.buffered(), 0U);
}

TEST_F(TcpStream, FinThatOvertakesDataEndsOnlyAfterIt) {
  Syn();
  Send(stream_.size(), stream_.size(), true);
  Send(0, stream_.size());
  EXPECT_EQ(out_.messages, messages_);
  EXPECT_TRUE(out_.faults.empty());
}

TEST_F(TcpStream, AGapIsAFaultAndTheNextSynStartsAnew) {
  stream_.assign(TcpStreams::kMaxBuffered + 2000, 1);
  Syn();
  for (size_t at = 1; at + 1400 < stream_.size(); at += 1400)
    Send(at, at + 1400);
  EXPECT_EQ(out_.faults, std::vector{MalformedReason::kStreamGap});
  Send(0, 1);  // too late: no guess
  stream_.clear();
  for (const ByteVector& message : messages_) AppendFramed(message, stream_);
  first_ += 500000;
  Syn();
  Send(0, stream_.size());
  EXPECT_EQ(out_.messages, messages_);
}

TEST_F(TcpStream, HoldsABoundedNumberOfSegments) {
  Syn();
  for (size_t i = 0; i <= TcpStreams::kMaxHeld; ++i) Send(1, 2);
  EXPECT_EQ(out_.faults, std::vector{MalformedReason::kStreamGap});
}

TEST_F(TcpStream, RefusesALengthBelowAHeader) {
  stream_ = {0, 11, 1, 2, 3};
  Syn();
  Send(0, 1);
  Send(1, 5);
  EXPECT_EQ(out_.faults, std::vector{MalformedReason::kStreamLength});
}

TEST_F(TcpStream, TakesTheLongestMessage) {
  const ByteVector longest(65535, 7);
  stream_.clear();
  AppendFramed(longest, stream_);
  Syn();
  for (size_t at = 0; at < stream_.size(); at += 1000)
    Send(at, std::min(at + 1000, stream_.size()));
  ASSERT_EQ(out_.messages.size(), 1U);
  EXPECT_EQ(out_.messages[0], longest);
}

TEST_F(TcpStream, WithoutItsBeginningStartsOnlyAtWholeMessages) {
  const size_t second = 2 + messages_[0].size();
  Midstream(3, second);
  Midstream(0, second - 1);
  EXPECT_TRUE(out_.messages.empty());
  EXPECT_EQ(streams_.stats().unsynced, 2U);
  Midstream(second, stream_.size());
  EXPECT_EQ(out_.messages, (std::vector<ByteVector>{messages_[1]}));
  EXPECT_TRUE(out_.faults.empty());
}

TEST_F(TcpStream, StopsWhereTheSinkSaysItIsNotDns) {
  out_.accept = false;
  Syn();
  Send(0, stream_.size());
  Send(0, stream_.size());
  EXPECT_EQ(out_.messages.size(), 1U);
  EXPECT_TRUE(out_.faults.empty());
}

TEST_F(TcpStream, IgnoresWhatLiesOutsideAnyWindow) {
  Syn();
  const uint32_t real = first_;
  first_ += 0x40000000;
  Send(0, 10);
  first_ = real;
  Send(0, stream_.size());
  EXPECT_EQ(out_.messages, messages_);
  EXPECT_EQ(streams_.stats().too_far, 1U);
}

TEST_F(TcpStream, CloseForgetsAndCountsWhatWasCut) {
  Syn();
  Send(0, 10);
  streams_.Close(5);
  EXPECT_EQ(streams_.buffered(), 0U);
  EXPECT_EQ(streams_.stats().cut, 1U);
}

TEST(TcpStreams, AreBoundedInNumber) {
  TcpStreams streams;
  Received out;
  const ByteVector some = {0, 50, 1};
  for (uint64_t cookie = 1; cookie <= 2 * TcpStreams::kMaxStreams; ++cookie) {
    TcpSegment segment;
    segment.cookie = cookie;
    segment.payload = some;
    streams.Add(segment, out);
  }
  EXPECT_GE(streams.stats().evicted, TcpStreams::kMaxStreams);
  EXPECT_LE(streams.buffered(), some.size() * TcpStreams::kMaxStreams);
  EXPECT_EQ(streams.stats().cut, streams.stats().evicted);
}

TEST(TcpStreams, AreBoundedInBytes) {
  TcpStreams streams;
  Received out;
  ByteVector most(60000, 0);
  most[0] = 0xff;
  for (uint64_t cookie = 1; cookie <= 300; ++cookie) {
    TcpSegment segment;
    segment.cookie = cookie;
    segment.payload = most;
    streams.Add(segment, out);
    ASSERT_LE(streams.buffered(), TcpStreams::kMaxBufferedInAll);
  }
  ASSERT_FALSE(out.faults.empty());
  EXPECT_EQ(out.faults[0], MalformedReason::kStreamTooLong);
}

}  // namespace
}  // namespace nameward
