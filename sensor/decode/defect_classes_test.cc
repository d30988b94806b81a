// SPDX-License-Identifier: Apache-2.0
// The twelve classes of defects that DNS parsers have had (RFC 9267 2 to 6 and
// what was published since), one test or more each.
#include <gtest/gtest.h>

#include "decode/dns_message.h"
#include "decode/test_wire.h"
#include "model/dns_text.h"
#include "model/dns_wire.h"

namespace nameward {
namespace {

MalformedReason Fault(const ByteVector& bytes) {
  DnsMessage message;
  return ParseDnsMessage(bytes, message).value_or(MalformedReason::kCount);
}
constexpr MalformedReason kNone = MalformedReason::kCount;

// A query whose name is `name`, raw.
ByteVector WithName(const ByteVector& name) {
  Wire wire;
  wire.Header(0x0100, 1);
  wire.bytes.insert(wire.bytes.end(), name.begin(), name.end());
  return wire.U16(1).U16(1).bytes;
}

ByteVector WithRecord(unsigned type, const ByteVector& data) {
  return Wire()
      .Header(0x8180, 1, 1)
      .Question("a", type)
      .Pointer(12)
      .Data(type, data)
      .bytes;
}

TEST(DefectClass1, PointersGoStrictlyBackward) {
  EXPECT_EQ(Fault(WithName({0xc0, 12})), MalformedReason::kPointer) << "self";
  EXPECT_EQ(Fault(WithName({0xc0, 14})), MalformedReason::kPointer)
      << "forward";
  EXPECT_EQ(Fault(WithName({1, 'a', 0xc0, 12})), MalformedReason::kPointer)
      << "loop through its own labels";
  EXPECT_EQ(Fault(WithName({0xc0, 4})), MalformedReason::kPointer)
      << "into the header";
  EXPECT_EQ(Fault(WithName({0xff, 0xff})), MalformedReason::kPointer)
      << "beyond the message";
}

TEST(DefectClass1, PointerOffsetsHaveFourteenBits) {
  // 0xc10c is 268, not 12 (as where the upper bits are masked off).
  Wire wire;
  wire.Header(0x8180, 1, 2).Question("first", kTypeTxt).Pointer(12);
  wire.Data(kTypeTxt, ByteVector(256, 0));
  const size_t second = wire.bytes.size();
  ASSERT_GT(second, 256U);
  wire.Name("second").Data(kTypeCname, Wire().Pointer(second).bytes);
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(wire.bytes, message));
  EXPECT_EQ(RdataText(message, message.records[1]), "second");
}

TEST(DefectClass1, PointerChainsAreBounded) {
  // Unknown data holds a root and then pointers, each to the one before; the
  // owner of the second record adds the last hop.
  for (const unsigned hops : {128U, 129U}) {
    Wire wire;
    wire.Header(0x8180, 1, 2).Question("a", 10).Pointer(12);
    size_t target = wire.bytes.size() + 10;
    Wire chain;
    chain.U8(0);
    for (unsigned i = 1; i < hops; ++i) {
      chain.Pointer(target);
      target += i == 1 ? 1 : 2;
    }
    wire.Data(10, chain.bytes).Pointer(target).Data(10, {});
    EXPECT_EQ(Fault(wire.bytes),
              hops <= kMaxHops ? kNone : MalformedReason::kPointer);
  }
}

TEST(DefectClass2, NamesHaveAtMost255BytesWhenExpanded) {
  const std::string label(63, 'x');
  Wire wire;
  wire.Label(label).Label(label).Label(label);
  ByteVector most = wire.bytes;  // 192 bytes
  ByteVector fits = Wire().Label(std::string(61, 'y')).U8(0).bytes;
  ByteVector over = Wire().Label(std::string(62, 'y')).U8(0).bytes;
  fits.insert(fits.begin(), most.begin(), most.end());
  over.insert(over.begin(), most.begin(), most.end());
  ASSERT_EQ(fits.size(), 255U);
  EXPECT_EQ(Fault(WithName(fits)), kNone);
  EXPECT_EQ(Fault(WithName(over)), MalformedReason::kNameTooLong);
}

TEST(DefectClass2, LabelsHaveAtMost63Bytes) {
  for (const uint8_t type : ByteVector{0x40, 0x7f, 0x80, 0xbf})
    EXPECT_EQ(Fault(WithName({type, 'a', 0})), MalformedReason::kBadName);
}

TEST(DefectClass3, NamesEndInTheRoot) {
  EXPECT_EQ(Fault(Wire().Header(0x0100, 1).Label("abc").bytes),
            MalformedReason::kBadName);
  EXPECT_EQ(Fault(Wire().Header(0x0100, 1).U8(5).Text("ab").bytes),
            MalformedReason::kBadName);
  EXPECT_EQ(Fault(Wire().Header(0x0100, 1).U8(0xc0).bytes),
            MalformedReason::kBadName);
}

TEST(DefectClass4, RecordDataStaysInTheMessage) {
  ByteVector bytes = WithRecord(kTypeA, {192, 0, 2, 1});
  bytes[bytes.size() - 5] = 5;
  EXPECT_EQ(Fault(bytes), MalformedReason::kBadRdata);
}

TEST(DefectClass4, RecordDataFitsItsType) {
  const std::vector<std::pair<unsigned, ByteVector>> wrong = {
      {1, {1, 2, 3}},
      {1, {1, 2, 3, 4, 5}},
      {28, ByteVector(15)},
      {5, {1, 'a', 0, 0}},
      {5, {1, 'a'}},
      {6, {0, 0, 1}},
      {15, {0, 1}},
      {16, {}},
      {16, {2, 'a'}},
      {33, {0, 1, 0, 2, 0, 3}},
      {35, {0, 1, 0, 2, 9, 0}},
      {39, {}},
      {43, {0, 1, 8, 2}},
      {44, {1, 1}},
      {46, ByteVector(17)},
      {47, {0, 0, 0}},
      {47, {0, 1, 1, 1, 0, 1, 1}},
      {50, {1, 0, 0, 1, 0, 0}},
      {52, {3, 1, 1}},
      {64, {0, 1, 0, 0, 4, 0, 3, 1, 2, 3}},
      {65, {0, 1, 0, 0, 3, 0, 2, 0, 1, 0, 3, 0, 2, 0, 1}},
      {65, {0, 1, 0, 0, 1, 0, 1, 0}},
      {65, {0, 1}},
      {257, {0, 0}},
      {257, {0, 1, '"'}},
      {29, ByteVector(15)}};
  for (const auto& [type, data] : wrong)
    EXPECT_EQ(Fault(WithRecord(type, data)), MalformedReason::kBadRdata)
        << DnsTypeName(static_cast<uint16_t>(type)) << " " << data.size();
  EXPECT_EQ(Fault(WithRecord(65280, {1, 2, 3})), kNone) << "unknown type";
}

TEST(DefectClass4, ANameInRecordDataEndsWithIt) {
  // The CNAME's labels run on into the next record.
  Wire wire;
  wire.Header(0x8180, 1, 2).Question("a", 5).Pointer(12);
  wire.Data(kTypeCname, {3, 'b'}).Text("cd").U8(0).Data(10, {});
  EXPECT_EQ(Fault(wire.bytes), MalformedReason::kBadRdata);
}

TEST(DefectClass5, CountsAgreeWithTheBytes) {
  const ByteVector query = Query();
  for (const size_t field : {6U, 8U, 10U})
    for (const unsigned count : {1U, 65535U}) {
      ByteVector bytes = query;
      bytes[field] = static_cast<uint8_t>(count >> 8);
      bytes[field + 1] = static_cast<uint8_t>(count);
      EXPECT_EQ(Fault(bytes), MalformedReason::kBadCount);
    }
  ByteVector none = query;
  none[5] = 0;
  EXPECT_EQ(Fault(none), MalformedReason::kNoQuestion);
  ByteVector many = query;
  many[4] = many[5] = 0xff;
  EXPECT_EQ(Fault(many), MalformedReason::kBadCount);
  ByteVector update = many;
  update[2] = 5 << 3;
  EXPECT_EQ(Fault(update), MalformedReason::kBadCount);
  ByteVector longer = query;
  longer.push_back(0);
  EXPECT_EQ(Fault(longer), MalformedReason::kTrailingBytes);
}

TEST(DefectClass5, RecordsAndAddressesAreBounded) {
  const auto answer = [](size_t count) {
    Wire wire;
    wire.Header(0x8180, 1, static_cast<unsigned>(count)).Question("a", 1);
    for (size_t i = 0; i < count; ++i)
      wire.Pointer(12).Data(kTypeA, {1, 2, 3, 4});
    return wire.bytes;
  };
  EXPECT_EQ(Fault(answer(kMaxDnsRecords)), kNone);
  EXPECT_EQ(Fault(answer(kMaxDnsRecords + 1)),
            MalformedReason::kTooManyRecords);
  Wire hints;
  hints.U16(1).U8(0).U16(4).U16(4 * (kMaxDnsAddresses + 1));
  for (size_t i = 0; i <= kMaxDnsAddresses; ++i) hints.U32(1);
  EXPECT_EQ(Fault(WithRecord(kTypeHttps, hints.bytes)),
            MalformedReason::kTooManyRecords);
}

TEST(DefectClass6, EdnsOptionsAreWalkedOnceAndStayInside) {
  const auto with_opt = [](const ByteVector& options) {
    return Wire()
        .Header(0x0100, 1, 0, 0, 1)
        .Question("a", 1)
        .Opt(options)
        .bytes;
  };
  EXPECT_EQ(Fault(with_opt(ByteVector(40000, 0))), kNone) << "10,000 options";
  EXPECT_EQ(Fault(with_opt({0, 10, 0, 2, 1})), MalformedReason::kBadOpt);
  EXPECT_EQ(Fault(with_opt({0, 10, 0})), MalformedReason::kBadOpt);
}

TEST(DefectClass6, OptStandsOnceInTheAdditionalSectionAtTheRoot) {
  EXPECT_EQ(
      Fault(Wire().Header(0, 1, 0, 0, 2).Question("a", 1).Opt().Opt().bytes),
      MalformedReason::kBadOpt);
  EXPECT_EQ(Fault(Wire().Header(0, 1, 1).Question("a", 1).Opt().bytes),
            MalformedReason::kBadOpt);
  EXPECT_EQ(Fault(Wire()
                      .Header(0, 1, 0, 0, 1)
                      .Question("a", 1)
                      .Pointer(12)
                      .Data(kTypeOpt, {}, 1232)
                      .bytes),
            MalformedReason::kBadOpt);
}

TEST(DefectClass7, ExpansionIsBoundedInAll) {
  // 127 labels once, then records that point into different places of them.
  Wire wire;
  wire.Header(0x8180, 1, 1000);
  for (int i = 0; i < 127; ++i) wire.Label("x");
  wire.U8(0).U16(1).U16(1);
  for (unsigned i = 0; i < 1000; ++i)
    wire.Pointer(12 + 2 * (i % 2)).Data(10, {});
  EXPECT_EQ(Fault(wire.bytes), MalformedReason::kTooManyRecords);
}

TEST(DefectClass8, RecordsMayOutgrowTheirBufferWhileTheyAreRead) {
  // Each owner is a copy of the one before, across every reallocation.
  Wire wire;
  wire.Header(0x8180, 1, 600).Question("a.example", 1);
  for (int i = 0; i < 600; ++i) wire.Pointer(12).Data(kTypeA, {1, 2, 3, 4});
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(wire.bytes, message));
  for (const auto& record : message.records)
    ASSERT_EQ(record.owner.ToString(), "a.example");
}

TEST(DefectClass9, BytesInLabelsAreEscapedAndKeepTheirLabel) {
  const std::string label("a\0.\n\x1b\xff\\\"", 8);
  Wire wire;
  wire.Header(0x0100, 1).Label(label).Label("example").U8(0).U16(1).U16(1);
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(wire.bytes, message));
  const DomainName& name = message.question.name;
  EXPECT_EQ(name.ToString(), "a\\000\\.\\010\\027\\255\\092\\034.example");
  EXPECT_EQ(name.LabelCount(), 2U);
  EXPECT_EQ(DomainName::Parse(name.ToString()), name);
  EXPECT_FALSE(name == *DomainName::Parse("a.example"));
}

TEST(DefectClass10, WhatIsCutShortIsSaidAndNotGuessed) {
  DnsMessage message;
  ByteVector tc = Answer();
  tc[2] |= 2;
  ASSERT_FALSE(ParseDnsMessage(tc, message));
  EXPECT_TRUE(message.tc);
  Bench bench;
  bench.Feed(Datagram(Answer(), NW_F_INGRESS | NW_F_TRUNCATED));
  ASSERT_NE(bench.out.Get<MalformedEvent>(0), nullptr);
  EXPECT_EQ(bench.out.Get<MalformedEvent>(0)->reason,
            MalformedReason::kCaptureTruncated);
}

TEST(DefectClass11, AliasLoopsEnd) {
  Wire wire;
  wire.Header(0x8180, 1, 2).Question("a", 1);
  wire.Name("a").Data(kTypeCname, Wire().Name("b").bytes);
  wire.Name("b").Data(kTypeCname, Wire().Name("a").bytes);
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(wire.bytes, message));
  EXPECT_EQ(message.chain.size(), 2U);
}

TEST(DefectClass11, AliasChainsAreBounded) {
  Wire wire;
  wire.Header(0x8180, 1, 30).Question("n0", 1);
  for (int i = 0; i < 30; ++i)
    wire.Name("n" + std::to_string(i))
        .Data(kTypeCname, Wire().Name("n" + std::to_string(i + 1)).bytes);
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(wire.bytes, message));
  EXPECT_EQ(message.chain.size(), DnsMessage::kMaxChain);
  EXPECT_EQ(message.chain.back().ToString(), "n16");
}

TEST(DefectClass11, ADnameThatMakesANameTooLongEndsTheChain) {
  const std::string label(63, 'x');
  Wire wire;
  wire.Header(0x8180, 1, 1);
  wire.Label(label).Label(label).Label("d").U8(0).U16(1).U16(1);
  wire.Name("d").Data(kTypeDname, Wire().Label(label).Label(label).U8(0).bytes);
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(wire.bytes, message));
  EXPECT_EQ(message.chain.size(), 1U);
}

TEST(DefectClass12, AnAnswerIsNeverMatchedByDecode) {
  // Who may bind an address is correlation's to say; decode passes on what it
  // needs for it: the socket, the server, the id, the question.
  Bench bench;
  bench.Feed(Datagram(Answer(), NW_F_INGRESS, "127.0.0.1:53"));
  const auto* dns = bench.out.Get<DnsEvent>(0);
  ASSERT_NE(dns, nullptr);
  EXPECT_FALSE(dns->matched);
  EXPECT_EQ(dns->server.ToString(), "127.0.0.1:53");
  EXPECT_EQ(dns->message.id, 0x1234);
  EXPECT_EQ(bench.out.events[0].origin.socket_cookie, 77U);
}

}  // namespace
}  // namespace nameward
