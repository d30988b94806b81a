// SPDX-License-Identifier: Apache-2.0
#include "source/pcap_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/context.h"
#include "source/test_packets.h"

namespace nameward {
namespace {

using namespace test;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Replay {
  std::vector<std::string> lines;  // of kernel records
  std::vector<uint64_t> timers;
  std::vector<uint64_t> cookies;
  Context context;
  std::unique_ptr<PcapSource> source;
};

Replay Play(const Capture& capture, const PcapOptions& options = {}) {
  Replay replay;
  auto file = PcapFile::FromBytes(capture.bytes(), "f.pcap");
  EXPECT_TRUE(file) << file.error().ToString();
  replay.source = std::make_unique<PcapSource>(std::move(*file), options);
  RecordBatch batch;
  PollOutcome outcome = PollOutcome::kMore;
  const auto visit = [&](const RecordView& record) {
    ByteReader reader(record.payload);
    if (record.type == RecordType::kTimer)
      replay.timers.push_back(reader.Copy<TimerRecord>()->time_ns);
    if (record.type == RecordType::kContext)
      replay.context = Context::FromText(
          {reinterpret_cast<const char*>(record.payload.data()),
           record.payload.size()});
    if (record.type != RecordType::kKernel) return;
    replay.lines.push_back(Describe(record));
    replay.cookies.push_back(reader.Copy<nw_header>()->cookie);
  };
  while (outcome == PollOutcome::kMore) {
    batch.Clear();
    outcome = *replay.source->Poll(batch, 0s);
    batch.ForEach(visit);
  }
  return replay;
}

constexpr char kClient[] = "10.0.0.1:4000";
constexpr char kServer[] = "10.0.0.53:53";
constexpr uint64_t kT = 1'700'000'000'000'000'000;

Capture One(const Buffer& ip) { return Capture().Add(kT, Ethernet(ip)); }

TEST(PcapSource, MakesAPodOfEachClientAndPairsItsQueryWithTheAnswer) {
  const Replay replay =
      Play(Capture()
               .Add(kT, Ethernet(Udp(kClient, kServer, Query())))
               .Add(kT + 5, Ethernet(Udp(kServer, kClient, Answer())))
               .Add(kT + 9, Ethernet(Udp("10.0.0.2:9", kServer, Query()))));
  EXPECT_THAT(
      replay.lines,
      ElementsAre("cgroup 2 /pcap/10.0.0.1",
                  "udp #2 10.0.0.1:4000 > 10.0.0.53:53",
                  "datagram #2 10.0.0.1:4000 > 10.0.0.53:53 at 0 of 27 size 27",
                  "datagram #2 10.0.0.1:4000 < 10.0.0.53:53 at 0 of 43 size 43",
                  "cgroup 3 /pcap/10.0.0.2", "udp #3 10.0.0.2:9 > 10.0.0.53:53",
                  "datagram #3 10.0.0.2:9 > 10.0.0.53:53 at 0 of 27 size 27"));
  EXPECT_EQ(replay.cookies[2], replay.cookies[3]);
  EXPECT_NE(replay.cookies[2], replay.cookies[6]);
}

TEST(PcapSource, SaysInItsContextWhatAPcapMeans) {
  const Replay plain = Play(One(Udp(kClient, kServer, Query())));
  EXPECT_EQ(plain.context.node.name, "pcap");
  EXPECT_FALSE(plain.context.live);
  EXPECT_EQ(plain.context.warmup, 0ms);
  EXPECT_THAT(plain.context.trust_any_on_port, ElementsAre(53));
  EXPECT_EQ(plain.context.boot_id.size(), 36U);
  const Replay told = Play(One(Udp(kClient, kServer, Query())),
                           {.resolvers = {At("10.0.0.53:53")}});
  EXPECT_THAT(told.context.trust_any_on_port, IsEmpty());
  EXPECT_THAT(told.context.resolvers, ElementsAre(At("10.0.0.53:53")));
  EXPECT_EQ(told.context.boot_id, plain.context.boot_id);
}

TEST(PcapSource, FindsDnsOnAnyPortByItsShape) {
  const Replay replay =
      Play(Capture()
               .Add(kT, Ethernet(Udp(kClient, "10.0.0.9:5300", Query())))
               .Add(kT, Ethernet(Udp("10.0.0.9:5300", kClient, Answer())))
               .Add(kT, Ethernet(Udp(kClient, "10.0.0.9:443", Text("hello")))));
  EXPECT_THAT(
      replay.lines,
      ElementsAre(
          "cgroup 2 /pcap/10.0.0.1", "udp #2 10.0.0.1:4000 > 10.0.0.9:5300",
          "datagram #2 10.0.0.1:4000 > 10.0.0.9:5300 at 0 of 27 size 27",
          "datagram #2 10.0.0.1:4000 < 10.0.0.9:5300 at 0 of 43 size 43",
          "udp #2 10.0.0.1:4000 > 10.0.0.9:443"));
}

TEST(PcapSource, TakesAnythingOnPort53) {
  const Replay replay = Play(One(Udp(kServer, kClient, Text("x"))));
  EXPECT_THAT(
      replay.lines,
      ElementsAre("cgroup 2 /pcap/10.0.0.1",
                  "datagram #2 10.0.0.1:4000 < 10.0.0.53:53 at 0 of 1 size 1"));
}

TEST(PcapSource, SaysAReplyIsNoConnect) {
  const std::string peer = "192.0.2.7:7000";
  const Replay replay = Play(Capture()
                                 .Add(kT, Ethernet(Udp(kClient, peer, {1})))
                                 .Add(kT, Ethernet(Udp(peer, kClient, {2})))
                                 .Add(kT, Ethernet(Udp(kClient, peer, {3}))));
  EXPECT_THAT(replay.lines,
              ElementsAre("cgroup 2 /pcap/10.0.0.1",
                          "udp #2 10.0.0.1:4000 > 192.0.2.7:7000"));
}

TEST(PcapSource, TakesAReplyOfAConversationOlderThanTheCaptureForOne) {
  const Buffer reply = Ethernet(Udp("192.0.2.7:443", kClient, {1}));
  const Buffer later = Ethernet(Udp("192.0.2.8:443", kClient, {1}));
  const Replay replay =
      Play(Capture().Add(kT, reply).Add(kT + 121'000'000'000, later));
  EXPECT_THAT(replay.lines,
              ElementsAre("cgroup 2 /pcap/192.0.2.8",
                          "udp #2 192.0.2.8:443 > 10.0.0.1:4000"));
  EXPECT_EQ(replay.source->udp().stats().older, 1U);
}

TEST(PcapSource, MarksEachSecondButSkipsYears) {
  const Buffer frame = Ethernet(Udp(kClient, kServer, Query()));
  const Replay replay = Play(Capture()
                                 .Add(1'900'000'000, frame)
                                 .Add(4'100'000'000, frame)
                                 .Add(4'000'000'000, frame)
                                 .Add(4'000'000'000'000'000'000, frame));
  ASSERT_EQ(replay.timers.size(), 3U + 60U);
  EXPECT_EQ(replay.timers[0], 2'000'000'000U);
  EXPECT_EQ(replay.timers[2], 4'000'000'000U);
  EXPECT_EQ(replay.timers.back(), 4'000'000'000'000'000'000U);
  EXPECT_EQ(replay.source->stats().time_backwards, 1U);
}

TEST(PcapSource, ShipsALongDatagramInChunksAndMarksACutOne) {
  const Buffer answer = Answer("a.example", 300);  // 4,827 bytes
  const Buffer frame = Ethernet(Udp(kServer, kClient, answer));
  const Replay replay = Play(Capture().Add(kT, frame).Add(kT, frame, 4800));
  EXPECT_THAT(
      replay.lines,
      ElementsAre(
          "cgroup 2 /pcap/10.0.0.1",
          "datagram #2 10.0.0.1:4000 < 10.0.0.53:53 at 0 of 4827 size 4096",
          "datagram #2 10.0.0.1:4000 < 10.0.0.53:53 at 4096 of 4827 size 731",
          "datagram #2 10.0.0.1:4000 < 10.0.0.53:53 at 0 of 4827 size 27 "
          "truncated"));
  EXPECT_EQ(replay.source->stats().cut_by_capture, 1U);
}

TEST(PcapSource, LetsClientsBeyondTheBoundShareAPod) {
  Capture capture(101);
  for (uint32_t i = 0; i < KernelRecords::kMaxClients + 2; ++i) {
    const Endpoint client{IpAddress::V4(0x0a000000 + i), 4000};
    capture.Add(kT, Ip(client, At(kServer), 17, UdpSegment(4000, 53, Query())));
  }
  const Replay replay = Play(capture);
  EXPECT_EQ(replay.source->records().records_beyond_bound(), 4U);
  EXPECT_EQ(replay.source->udp().evicted(), 2U);
  EXPECT_THAT(replay.lines.back(), HasSubstr("datagram #65538 10.1.0.1:4000"));
}

TEST(PcapSource, CountsEveryPacketOnce) {
  Buffer arp(60);
  arp[12] = 0x08, arp[13] = 0x06;
  const Buffer icmp = Ip(At(kClient), At(kServer), 1, Text("12345678"));
  Buffer short_header = Ethernet(Udp(kClient, kServer, Query()));
  short_header.resize(20);
  const Buffer tcp =
      Tcp("10.0.0.1:1", "10.0.0.2:2", {.flags = kSyn, .sequence = 1});
  Buffer bad_length = Ethernet(Udp(kClient, kServer, Query()));
  bad_length[14 + 20 + 4] = 0xff;
  const Replay replay = Play(Capture()
                                 .Add(kT, arp)
                                 .Add(kT, {})
                                 .Add(kT, Ethernet(icmp))
                                 .Add(kT, short_header)
                                 .Add(kT, Ethernet(tcp))
                                 .Add(kT, bad_length));
  const PcapStats& stats = replay.source->stats();
  EXPECT_EQ(stats.packets, 6U);
  EXPECT_EQ(stats.not_ip, 2U);
  EXPECT_EQ(stats.other_protocol, 1U);
  EXPECT_EQ(stats.damaged, 1U);
  EXPECT_EQ(stats.tcp, 1U);
  EXPECT_EQ(stats.udp, 1U);
  EXPECT_EQ(replay.source->udp().stats().damaged, 1U);
}

}  // namespace
}  // namespace nameward
