// SPDX-License-Identifier: Apache-2.0
#include "source/tcp_capture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "source/test_packets.h"

namespace nameward {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kClient[] = "10.0.0.1:4000";
constexpr char kDns[] = "10.0.0.53:53";
constexpr char kOdd[] = "10.0.0.9:8053";

class TcpCaptureTest : public ::testing::Test {
 protected:
  void Feed(const Buffer& ip) {
    IpPacket packet;
    ASSERT_EQ(ParseIp(ip, ip.size(), packet), IpParse::kOk);
    RecordBatch batch;
    records_.Begin(1, batch);
    capture_.OnPacket(packet);
    batch.ForEach([&](const RecordView& record) {
      const std::string line = Describe(record);
      if (line.rfind("cgroup", 0) != 0) lines_.push_back(line);
      const auto header = *ByteReader(record.payload).Copy<nw_header>();
      cookies_.push_back(header.cookie);
    });
  }
  void Syn(std::string_view server, uint32_t sequence = 100) {
    Feed(Tcp(kClient, server, {.flags = kSyn, .sequence = sequence}));
  }
  void SynAck(std::string_view server) {
    Feed(Tcp(server, kClient,
             {.flags = kSyn | kAck, .sequence = 900, .acknowledged = 101}));
  }
  std::vector<std::string> Take() { return std::exchange(lines_, {}); }

  KernelRecords records_;
  TcpCapture capture_{records_, /*emit_flows=*/false};
  std::vector<std::string> lines_;
  std::vector<uint64_t> cookies_;
};

TEST_F(TcpCaptureTest, MakesOneConnectOfASynHoweverOftenItIsSeen) {
  Syn("192.0.2.1:443");
  Syn("192.0.2.1:443");
  EXPECT_THAT(Take(), ElementsAre("connect #2 10.0.0.1:4000 > 192.0.2.1:443"));
  EXPECT_EQ(capture_.stats().repeated_syns, 1U);
  Syn("192.0.2.1:443", 7777);  // the port is used again
  EXPECT_THAT(Take(), ElementsAre("connect #2 10.0.0.1:4000 > 192.0.2.1:443"));
  EXPECT_NE(cookies_.front(), cookies_.back());
}

TEST_F(TcpCaptureTest, ShipsBothDirectionsOfPort53WithTheirBeginning) {
  Syn(kDns);
  SynAck(kDns);
  Take();
  Feed(Tcp(kClient, kDns, {.sequence = 101, .acknowledged = 901}, Text("ab")));
  Feed(Tcp(kDns, kClient, {.flags = kAck | kFin, .sequence = 901}, Text("c")));
  EXPECT_THAT(
      Take(),
      ElementsAre(
          "segment #2 10.0.0.1:4000 > 10.0.0.53:53 seq 100 size 0 syn",
          "segment #2 10.0.0.1:4000 > 10.0.0.53:53 seq 101 size 2",
          "segment #2 10.0.0.1:4000 < 10.0.0.53:53 seq 900 size 0 syn",
          "segment #2 10.0.0.1:4000 < 10.0.0.53:53 seq 901 size 1 fin"));
}

TEST_F(TcpCaptureTest, SplitsAMergedSegmentIntoChunks) {
  Syn(kDns);
  Take();
  Feed(Tcp(kClient, kDns, {.flags = kAck | kFin, .sequence = 101},
           Buffer(5000)));
  EXPECT_THAT(
      Take(),
      ElementsAre(
          "segment #2 10.0.0.1:4000 > 10.0.0.53:53 seq 100 size 0 syn",
          "segment #2 10.0.0.1:4000 > 10.0.0.53:53 seq 101 size 4096",
          "segment #2 10.0.0.1:4000 > 10.0.0.53:53 seq 4197 size 904 fin"));
}

TEST_F(TcpCaptureTest, FindsDnsOnAnyPortInOneByteSegments) {
  Syn(kOdd);
  SynAck(kOdd);
  Take();
  const Buffer stream = Prefixed(Query());
  for (uint32_t i = 0; i < kStreamHead - 1; ++i)
    Feed(Tcp(kClient, kOdd, {.sequence = 101 + i}, {stream[i]}));
  EXPECT_THAT(Take(), IsEmpty());
  Feed(Tcp(kClient, kOdd, {.sequence = 101 + kStreamHead - 1},
           {stream[kStreamHead - 1]}));
  EXPECT_EQ(Take().size(), 1 + kStreamHead);
  EXPECT_EQ(capture_.stats().dns_streams, 1U);
}

TEST_F(TcpCaptureTest, FindsDnsWhateverTheOrderOfItsFirstSegments) {
  Syn(kOdd);
  Take();
  const Buffer stream = Prefixed(Query());
  Feed(Tcp(kClient, kOdd, {.sequence = 111},
           {stream.begin() + 10, stream.end()}));
  EXPECT_THAT(Take(), IsEmpty());
  Feed(Tcp(kClient, kOdd, {.sequence = 101},
           {stream.begin(), stream.begin() + 10}));
  EXPECT_THAT(
      Take(),
      ElementsAre("segment #2 10.0.0.1:4000 > 10.0.0.9:8053 seq 100 size 0 syn",
                  "segment #2 10.0.0.1:4000 > 10.0.0.9:8053 seq 111 size 19",
                  "segment #2 10.0.0.1:4000 > 10.0.0.9:8053 seq 101 size 10"));
}

TEST_F(TcpCaptureTest, ShipsNothingOfOtherStreams) {
  Syn("192.0.2.1:443");
  Take();
  Feed(Tcp(kClient, "192.0.2.1:443", {.sequence = 101},
           Text("GET / HTTP/1.1\r\nHost: a")));
  // The shape of an answer is none of a client's.
  Feed(Tcp("192.0.2.1:443", kClient, {.sequence = 901}, Prefixed(Query())));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(TcpCaptureTest, JoinsAConnectionOlderThanTheCapture) {
  Feed(Tcp(kOdd, kClient, {.sequence = 5}, Prefixed(Answer())));
  Feed(Tcp("192.0.2.1:443", kClient, {.sequence = 5}, Text("tls")));
  Feed(Tcp(kClient, kDns, {.sequence = 9}, Text("x")));
  EXPECT_THAT(
      Take(),
      ElementsAre(
          "segment #2 10.0.0.1:4000 < 10.0.0.9:8053 seq 5 size 45 midstream",
          "segment #2 10.0.0.1:4000 > 10.0.0.53:53 seq 9 size 1 midstream"));
  EXPECT_EQ(capture_.stats().older, 1U);
}

TEST_F(TcpCaptureTest, LetsGoOfAStreamWhoseHeadStaysMissing) {
  Syn(kOdd);
  Take();
  for (uint32_t i = 0; i < 20; ++i)
    Feed(Tcp(kClient, kOdd, {.sequence = 200 + 1000 * i}, Buffer(1000)));
  EXPECT_EQ(capture_.stats().undecided, 1U);
  Feed(Tcp(kClient, kOdd, {.sequence = 101}, Prefixed(Query())));
  EXPECT_THAT(Take(), IsEmpty());
}

TEST_F(TcpCaptureTest, HoldsNoMoreThanItsBoundInAll) {
  for (uint16_t port = 1; port <= 1100; ++port) {
    const std::string client = "10.0.0.1:" + std::to_string(port);
    Feed(Tcp(client, kOdd, {.flags = kSyn, .sequence = 100}));
    Feed(Tcp(client, kOdd, {.sequence = 200}, Buffer(16000)));
  }
  EXPECT_GE(capture_.stats().undecided,
            1100 - TcpCapture::kMaxHeldInAll / 16000);
  EXPECT_LT(capture_.stats().undecided, 100U);
}

TEST_F(TcpCaptureTest, CountsADamagedHeader) {
  Buffer ip = Tcp(kClient, kDns, {.flags = kSyn});
  ip[20 + 12] = 0x40;  // a data offset below the header's size
  Feed(ip);
  EXPECT_EQ(capture_.stats().damaged, 1U);
}

class TcpFlowTest : public TcpCaptureTest {
 protected:
  TcpFlowTest() { Syn("192.0.2.1:443"); }
  TcpCapture flows_{records_, /*emit_flows=*/true};
  void Flow(const Buffer& ip) {
    IpPacket packet;
    ASSERT_EQ(ParseIp(ip, ip.size(), packet), IpParse::kOk);
    RecordBatch batch;
    records_.Begin(1, batch);
    flows_.OnPacket(packet);
    batch.ForEach(
        [&](const RecordView& record) { lines_.push_back(Describe(record)); });
  }
};

TEST_F(TcpFlowTest, TellsOfAnEstablishedConnectionAndItsBytes) {
  constexpr char kWeb[] = "192.0.2.1:443";
  Take();
  Flow(Tcp(kClient, kWeb, {.flags = kSyn, .sequence = 100}));
  Flow(Tcp(kWeb, kClient,
           {.flags = kSyn | kAck, .sequence = 900, .acknowledged = 101}));
  Flow(Tcp(kClient, kWeb, {.sequence = 101, .acknowledged = 901}, Buffer(50)));
  Flow(Tcp(kWeb, kClient, {.sequence = 901, .acknowledged = 151}, Buffer(7)));
  Flow(Tcp(kClient, kWeb, {.sequence = 151, .acknowledged = 908}));
  Flow(Tcp(kWeb, kClient, {.flags = kRst | kAck, .sequence = 908}));
  EXPECT_THAT(Take(), ElementsAre("connect #2 10.0.0.1:4000 > 192.0.2.1:443",
                                  "flow #2 1 errno 0 sent 0 received 0",
                                  "flow #2 4 errno 0 sent 50 received 7"));
}

TEST_F(TcpFlowTest, TellsOfARefusedConnection) {
  constexpr char kWeb[] = "192.0.2.1:443";
  Take();
  Flow(Tcp(kClient, kWeb, {.flags = kSyn, .sequence = 100}));
  Flow(Tcp(kWeb, kClient, {.flags = kRst | kAck, .acknowledged = 101}));
  EXPECT_THAT(Take(), ElementsAre("connect #2 10.0.0.1:4000 > 192.0.2.1:443",
                                  "flow #2 2 errno 111 sent 0 received 0"));
}

}  // namespace
}  // namespace nameward
