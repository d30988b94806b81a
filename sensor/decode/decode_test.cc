// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include "decode/test_wire.h"

namespace nameward {
namespace {

nw_connect Connect(unsigned kind, unsigned proto, std::string_view to) {
  nw_connect raw{};
  raw.h = Header(kind);
  raw.src = At("10.0.0.2:40000");
  raw.dst = At(to);
  raw.proto = proto;
  raw.count = 1;
  return raw;
}

ByteVector Segment(const ByteVector& payload, unsigned flags = 0,
                   uint32_t seq = 1, std::string_view to = "10.0.0.1:53") {
  nw_payload head = PayloadHead(NW_DNS_SEGMENT, flags, payload.size());
  head.remote = At(to);
  head.seq = seq;
  return Record(head, payload);
}

TEST(Decoder, TurnsAQueryIntoADnsEvent) {
  Bench bench;
  bench.Feed(Datagram(Query("Example.COM")));
  const auto* dns = bench.out.Get<DnsEvent>(0);
  ASSERT_NE(dns, nullptr);
  EXPECT_EQ(dns->message.question.name.ToString(), "example.com");
  EXPECT_EQ(dns->transport, Transport::kUdp);
  EXPECT_EQ(dns->client.ToString(), "10.0.0.2:40000");
  EXPECT_EQ(dns->server.ToString(), "10.0.0.1:53");
  EXPECT_FALSE(dns->wire);
  EXPECT_TRUE(dns->Port53());
  EXPECT_EQ(bench.out.events.size(), 1U);
  EXPECT_EQ(bench.out.events[0].seq, 1U);
  EXPECT_TRUE(bench.LedgerCloses());
}

TEST(Decoder, ShowsTheAddressedServerAndWhereThePacketWent) {
  nw_payload head = PayloadHead(NW_DNS_DATAGRAM, 0, Query().size());
  head.asked = At("10.96.0.10:53");
  head.remote = At("127.0.0.1:15053");
  Bench bench;
  bench.Feed(Record(head, Query()));
  const auto* dns = bench.out.Get<DnsEvent>(0);
  ASSERT_NE(dns, nullptr);
  EXPECT_EQ(dns->server.ToString(), "10.96.0.10:53");
  ASSERT_TRUE(dns->wire);
  EXPECT_EQ(dns->wire->ToString(), "127.0.0.1:15053");
  EXPECT_EQ(bench.out.events.size(), 1U) << "judged by the addressed port";
}

TEST(Decoder, BelievesTheTaskOnlyWhereTheKernelDoes) {
  Bench bench;
  bench.Feed(Datagram(Query()))
      .Feed(Datagram(Query(), NW_F_NO_TASK))
      .Feed(Datagram(Answer(), NW_F_INGRESS))
      .Feed(Datagram(Answer(), NW_F_INGRESS | NW_F_STORED_TASK));
  ASSERT_EQ(bench.out.events.size(), 4U);
  const bool believed[] = {true, false, false, true};
  for (size_t i = 0; i < 4; ++i) {
    const Origin& origin = bench.out.events[i].origin;
    EXPECT_EQ(origin.cgroup_id, believed[i] ? 7U : 8U) << i;
    EXPECT_EQ(origin.socket_cgroup_id, 8U);
    EXPECT_EQ(origin.mntns != 0, believed[i]) << i;
    ASSERT_EQ(origin.process.has_value(), believed[i]) << i;
    if (!believed[i]) continue;
    EXPECT_EQ(origin.process->Comm(), "curl");
  }
}

TEST(Decoder, NamesTheConnectsTaskWhereASegmentHasNone) {
  Bench bench;
  bench.Feed(Record(Connect(NW_CONNECT, IPPROTO_TCP, "192.0.2.9:5300")));
  ByteVector stream;
  AppendFramed(Query(), stream);
  bench.Feed(Segment(stream, NW_F_NO_TASK, 1, "192.0.2.9:5300"));
  const Origin& origin = bench.out.events.at(1).origin;
  ASSERT_TRUE(origin.process);
  EXPECT_EQ(origin.process->tgid, 42U);
  EXPECT_EQ(origin.mntns, 4026531840U);
  EXPECT_EQ(origin.cgroup_id, 7U);
  EXPECT_EQ(origin.socket_cgroup_id, 8U);
}

TEST(Decoder, RemembersABoundedNumberOfConnectsTasks) {
  nw_connect raw = Connect(NW_CONNECT, IPPROTO_TCP, "192.0.2.1:443");
  Bench bench;
  for (raw.h.cookie = 1; raw.h.cookie <= 6000; ++raw.h.cookie)
    bench.Feed(Record(raw));
  EXPECT_GE(bench.stats().callers_evicted, 6000U - 4096U);
}

TEST(Decoder, DropsServerSideTrafficAndCountsIt) {
  Bench bench;
  bench.Feed(Datagram(Answer())).Feed(Datagram(Query(), NW_F_INGRESS));
  EXPECT_TRUE(bench.out.events.empty());
  EXPECT_EQ(bench.stats().server_side, 2U);
  EXPECT_TRUE(bench.LedgerCloses());
}

TEST(Decoder, DnsOnAnotherPortIsATransportEventToo) {
  Bench bench;
  bench.Feed(Datagram(Query("x.example"), 0, "192.0.2.9:5300"));
  ASSERT_NE(bench.out.Get<DnsEvent>(0), nullptr);
  const auto* transport = bench.out.Get<TransportEvent>(1);
  ASSERT_NE(transport, nullptr);
  EXPECT_EQ(transport->kind, TransportKind::kDnsOtherPort);
  EXPECT_EQ(transport->name, "x.example");
  EXPECT_EQ(transport->server.ToString(), "192.0.2.9:5300");
  EXPECT_EQ(bench.out.events[1].seq, 2U);
  EXPECT_EQ(bench.out.events[1].origin.cgroup_id, 7U);
}

TEST(Decoder, AnAnswerFromAnotherPortIsNoSecondTransportEvent) {
  Bench bench;
  bench.Feed(Datagram(Answer(), NW_F_INGRESS, "192.0.2.9:5300"));
  EXPECT_EQ(bench.out.events.size(), 1U);
}

TEST(Decoder, TellsLocalDiscoveryFromDnsOnAnotherPort) {
  for (const char* local :
       {"224.0.0.251:5353", "[ff02::fb]:5353", "224.0.0.252:5355",
        "[ff02::1:3]:5355", "255.255.255.255:137", "169.254.3.4:137",
        "[fe80::1]:5355"}) {
    Bench bench;
    bench.Feed(Datagram(Query("printer.local"), 0, local));
    EXPECT_EQ(bench.out.events.size(), 1U) << local;
  }
  for (const char* beyond : {"192.0.2.9:5353", "192.0.2.9:5355",
                             "192.0.2.9:137", "169.254.20.10:5300"}) {
    Bench bench;
    bench.Feed(Datagram(Query("x.example"), 0, beyond));
    EXPECT_EQ(bench.out.events.size(), 2U) << beyond;
  }
}

TEST(Decoder, MulticastClassBitIsMaskedOnlyOnItsPort) {
  const ByteVector query =
      Wire().Header(0, 1).Question("a.local", kTypeA, 0x8001).bytes;
  Bench bench;
  bench.Feed(Datagram(query, 0, "224.0.0.251:5353")).Feed(Datagram(query));
  EXPECT_EQ(bench.out.Get<DnsEvent>(0)->message.question.klass, 1U);
  EXPECT_EQ(bench.out.Get<DnsEvent>(1)->message.question.klass, 0x8001U);
}

TEST(Decoder, MalformedDnsOnPort53IsAnEventElsewhereANumber) {
  ByteVector torn = Query();
  torn.resize(20);
  Bench bench;
  bench.Feed(Datagram({1, 2, 3})).Feed(Datagram(torn, 0, "192.0.2.9:5300"));
  ASSERT_EQ(bench.out.events.size(), 1U);
  const auto* malformed = bench.out.Get<MalformedEvent>(0);
  ASSERT_NE(malformed, nullptr);
  EXPECT_EQ(malformed->reason, MalformedReason::kShortHeader);
  EXPECT_EQ(malformed->size, 3U);
  EXPECT_EQ(bench.Rejected(MalformedReason::kShortHeader), 1U);
  EXPECT_EQ(bench.stats().not_dns, 1U);
  EXPECT_TRUE(bench.LedgerCloses());
}

TEST(Decoder, AConnectKeepsWhatTheKernelSaid) {
  nw_connect raw = Connect(NW_CONNECT, IPPROTO_TCP, "192.0.2.1:443");
  raw.h.flags = NW_F_MAPPED | NW_F_OLD_SOCKET;
  raw.h.lost_answers = 3;
  raw.h.lost_quota = 4;
  raw.wire = At("127.0.0.1:15001");
  raw.count = 9;
  Bench bench;
  bench.Feed(Record(raw));
  const auto* connect = bench.out.Get<ConnectEvent>(0);
  ASSERT_NE(connect, nullptr);
  EXPECT_EQ(connect->destination.ToString(), "192.0.2.1:443");
  EXPECT_EQ(connect->source->ToString(), "10.0.0.2:40000");
  EXPECT_EQ(connect->wire->ToString(), "127.0.0.1:15001");
  EXPECT_TRUE(connect->mapped);
  EXPECT_EQ(connect->count, 9U);
  EXPECT_EQ(connect->lost_answers, 3U);
  EXPECT_EQ(connect->lost_quota, 4U);
  EXPECT_TRUE(bench.out.events[0].origin.old_socket);
  EXPECT_EQ(bench.out.events.size(), 1U);
}

TEST(Decoder, Port853IsEncryptedDns) {
  Bench bench;
  bench.Feed(Record(Connect(NW_CONNECT, IPPROTO_TCP, "9.9.9.9:853")))
      .Feed(Record(Connect(NW_UDP_FLOW, IPPROTO_UDP, "9.9.9.9:853")))
      .Feed(Record(Connect(NW_WIRE, IPPROTO_TCP, "9.9.9.9:853")));
  ASSERT_EQ(bench.out.events.size(), 5U);
  EXPECT_EQ(bench.out.Get<TransportEvent>(1)->kind, TransportKind::kDot);
  EXPECT_EQ(bench.out.Get<TransportEvent>(3)->kind, TransportKind::kDoq);
}

TEST(Decoder, DnsOverTcpOutOfSegmentsOfOneByte) {
  ByteVector stream;
  AppendFramed(Query("one.example"), stream);
  AppendFramed(Query("two.example"), stream);
  Bench bench;
  bench.Feed(Segment({}, NW_F_SYN, 99));
  for (size_t i = 0; i < stream.size(); ++i)
    bench.Feed(Segment({stream[i]}, 0, static_cast<uint32_t>(100 + i)));
  ASSERT_EQ(bench.out.events.size(), 2U);
  const auto* dns = bench.out.Get<DnsEvent>(1);
  EXPECT_EQ(dns->message.question.name.ToString(), "two.example");
  EXPECT_EQ(dns->transport, Transport::kTcp);
  EXPECT_TRUE(bench.LedgerCloses());
}

TEST(Decoder, AStreamOnAnotherPortThatIsNotDnsIsGivenUpSilently) {
  const ByteVector http = {'G', 'E', 'T', ' ', '/', ' ', 'H', 'T', 'T', 'P'};
  Bench bench;
  bench.Feed(Segment({0, 3, 1}, 0, 1, "192.0.2.9:8053"))
      .Feed(Segment(http, 0, 4, "192.0.2.9:8053"));
  EXPECT_TRUE(bench.out.events.empty());
  EXPECT_EQ(bench.stats().not_dns, 1U);
  EXPECT_TRUE(bench.LedgerCloses());
}

TEST(Decoder, AGapInAStreamOnPort53IsMalformed) {
  Bench bench;
  bench.Feed(Segment({0, 30, 1}, NW_F_FIN));
  const auto* malformed = bench.out.Get<MalformedEvent>(0);
  ASSERT_NE(malformed, nullptr);
  EXPECT_EQ(malformed->reason, MalformedReason::kStreamGap);
  EXPECT_EQ(malformed->transport, Transport::kTcp);
}

TEST(Decoder, FlowsCarryTheirDurationAndDirection) {
  nw_flow raw{};
  raw.h = Header(NW_FLOW);
  raw.local = At("10.0.0.2:40000");
  raw.remote = At("192.0.2.1:443");
  raw.proto = IPPROTO_TCP;
  raw.what = NW_FLOW_ESTABLISHED;
  Bench bench;
  bench.Feed(Record(raw));
  raw.h.time += 5000;
  raw.what = NW_FLOW_CLOSED;
  raw.sent = 10;
  raw.received = 20;
  bench.Feed(Record(raw)).Feed(Record(raw));
  raw.h.cookie = 78;
  raw.what = NW_FLOW_ACCEPTED;
  bench.Feed(Record(raw));
  raw.what = NW_FLOW_CLOSED;
  bench.Feed(Record(raw));
  raw.what = NW_FLOW_FAILED;
  raw.error = 111;
  bench.Feed(Record(raw));
  ASSERT_EQ(bench.out.events.size(), 6U);
  const auto flow = [&bench](size_t i) { return bench.out.Get<FlowEvent>(i); };
  EXPECT_EQ(flow(0)->what, FlowWhat::kConnect);
  EXPECT_EQ(flow(1)->duration, Nanoseconds(5000));
  EXPECT_EQ(flow(1)->sent, 10U);
  EXPECT_EQ(flow(1)->received, 20U);
  EXPECT_FALSE(flow(2)->duration) << "closed twice";
  EXPECT_EQ(flow(3)->what, FlowWhat::kAccept);
  EXPECT_EQ(flow(3)->source.ToString(), "192.0.2.1:443");
  EXPECT_EQ(flow(4)->source.ToString(), "192.0.2.1:443");
  EXPECT_EQ(flow(5)->what, FlowWhat::kFailed);
  EXPECT_EQ(flow(5)->error, 111);
}

TEST(Decoder, ForgetsTheOldestFlowsAndCountsThem) {
  nw_flow raw{};
  raw.h = Header(NW_FLOW);
  raw.what = NW_FLOW_ESTABLISHED;
  Bench bench;
  for (raw.h.cookie = 1; raw.h.cookie <= 20000; ++raw.h.cookie)
    bench.Feed(Record(raw));
  EXPECT_GE(bench.stats().flows_evicted, 20000U - 16384U);
}

TEST(Decoder, APathThatWasCutPassesForNoOther) {
  nw_cgroup raw{};
  raw.h = Header(NW_CGROUP, NW_F_BORN);
  raw.size = NW_PATH_LEN - 1;
  std::string path = "/system.slice/sshd.service/";
  path.resize(raw.size, 'x');
  path.copy(raw.path, raw.size);
  Bench bench;
  bench.Feed(Record(raw));
  ASSERT_EQ(bench.out.cgroups.size(), 1U);
  EXPECT_EQ(bench.out.cgroups[0].path, "…" + path.substr(3));
}

TEST(Decoder, CgroupsGoToTheSink) {
  nw_cgroup raw{};
  raw.h = Header(NW_CGROUP, NW_F_BORN);
  raw.id = 12;
  raw.parent = 11;
  std::memcpy(raw.path, "/a", 2);
  raw.size = 2;
  Bench bench;
  bench.Feed(Record(raw));
  ASSERT_EQ(bench.out.cgroups.size(), 1U);
  EXPECT_EQ(bench.out.cgroups[0].what, CgroupChange::What::kBorn);
  EXPECT_EQ(bench.out.cgroups[0].path, "/a");
  EXPECT_EQ(bench.out.cgroups[0].id, 12U);
  EXPECT_EQ(bench.out.cgroups[0].parent, 11U);
}

TEST(Decoder, ExecutablesAreKnownByTheirKey) {
  nw_exe raw{};
  raw.h = Header(NW_EXE);
  raw.exe = 99;
  std::memcpy(raw.path, "/bin/x", 6);
  raw.size = 6;
  nw_connect connect = Connect(NW_CONNECT, IPPROTO_TCP, "192.0.2.1:443");
  connect.h.who.exe = 99;
  Bench bench;
  bench.Feed(Record(raw)).Feed(Record(connect));
  connect.h.who.exe = 98;
  bench.Feed(Record(connect));
  ASSERT_NE(bench.out.events[0].origin.process->exe, nullptr);
  EXPECT_EQ(*bench.out.events[0].origin.process->exe, "/bin/x");
  EXPECT_EQ(bench.out.events[1].origin.process->exe, nullptr);
}

TEST(Decoder, KnowsABoundedNumberOfExecutables) {
  nw_exe raw{};
  raw.h = Header(NW_EXE);
  Bench bench;
  for (raw.exe = 1; raw.exe <= 6000; ++raw.exe) bench.Feed(Record(raw));
  EXPECT_GE(bench.stats().executables_evicted, 6000U - 4096U);
}

TEST(Decoder, RawSocketsAreCounted) {
  nw_socket raw{};
  raw.h = Header(NW_SOCKET);
  Bench bench;
  bench.Feed(Record(raw));
  EXPECT_EQ(bench.stats().sockets, 1U);
  EXPECT_TRUE(bench.out.events.empty());
}

TEST(Decoder, LossBecomesAnEvent) {
  const LossRecord raw{2000, 1000, 5, 7, NW_CLASS_QUERY, NW_DROPPED_QUOTA};
  ByteVector bytes(sizeof raw);
  std::memcpy(bytes.data(), &raw, sizeof raw);
  Bench bench;
  bench.decoder.Decode({RecordType::kLoss, bytes}, bench.out);
  const auto* loss = bench.out.Get<LossEvent>(0);
  ASSERT_NE(loss, nullptr);
  EXPECT_EQ(loss->record_class, "query");
  EXPECT_EQ(loss->fate, "quota");
  EXPECT_EQ(loss->count, 5U);
  EXPECT_EQ(loss->cgroup_id, 7U);
}

TEST(Decoder, UnknownKindsAreCountedAndSkipped) {
  nw_socket raw{};
  raw.h = Header(999);
  Bench bench;
  bench.Feed(Record(raw));
  EXPECT_EQ(bench.Rejected(MalformedReason::kUnknownRecord), 1U);
  EXPECT_TRUE(bench.out.events.empty());
}

TEST(Decoder, RecordsShorterThanTheirStructAreCounted) {
  Bench bench;
  const std::vector<ByteVector> whole = {
      Datagram(Query()),
      Segment(Query()),
      Record(Connect(NW_CONNECT, IPPROTO_TCP, "192.0.2.1:443")),
      Record(nw_flow{Header(NW_FLOW)}),
      Record(nw_socket{Header(NW_SOCKET)}),
      Record(nw_cgroup{Header(NW_CGROUP)}),
      Record(nw_exe{Header(NW_EXE)})};
  for (const ByteVector& record : whole)
    for (size_t size = 0; size < record.size(); size += 3)
      bench.Feed(ByteVector(record.begin(),
                            record.begin() + static_cast<ptrdiff_t>(size)));
  EXPECT_TRUE(bench.out.events.empty());
  EXPECT_EQ(bench.Rejected(MalformedReason::kShortRecord),
            bench.stats().records);
}

}  // namespace
}  // namespace nameward
