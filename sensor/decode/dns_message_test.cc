// SPDX-License-Identifier: Apache-2.0
#include "decode/dns_message.h"

#include <gtest/gtest.h>

#include "decode/test_wire.h"
#include "model/dns_text.h"

namespace nameward {
namespace {

DnsMessage Parsed(const ByteVector& bytes, DnsParseOptions options = {}) {
  DnsMessage message;
  const auto fault = ParseDnsMessage(bytes, message, options);
  EXPECT_FALSE(fault) << ToString(*fault);
  return message;
}

std::vector<std::string> Names(const std::vector<DomainName>& names) {
  std::vector<std::string> texts;
  for (const auto& name : names) texts.push_back(name.ToString());
  return texts;
}

// An answer to a.example whose records are appended by the caller.
Wire AnswerOf(unsigned records) {
  Wire wire;
  wire.Header(0x8180, 1, records).Question("a.example", kTypeA);
  return wire;
}
ByteVector NameBytes(std::string_view name) { return Wire().Name(name).bytes; }

TEST(DnsMessage, ReadsTheHeader) {
  const auto message = Parsed(Wire().Header(0xaff3, 1).Question("a", 1).bytes);
  EXPECT_EQ(message.id, 0x1234);
  EXPECT_TRUE(message.response);
  EXPECT_EQ(message.opcode, 5);
  EXPECT_EQ(message.rcode, 3);
  EXPECT_TRUE(message.aa && message.tc && message.rd && message.ra &&
              message.z && message.ad && message.cd);
  std::string flags;
  ForEachDnsFlag(message, [&](std::string_view flag) { flags += flag; });
  EXPECT_EQ(flags, "aatcrdrazadcd");
  const auto plain = Parsed(Wire().Header(0, 1).Question("a", 1).bytes);
  EXPECT_FALSE(plain.response || plain.aa || plain.tc || plain.rd || plain.ra ||
               plain.z || plain.ad || plain.cd);
}

TEST(DnsMessage, KeepsRecordsOfAllSectionsInOrder) {
  const auto message = Parsed(Wire()
                                  .Header(0x8180, 1, 1, 1, 1)
                                  .Question("a.example", kTypeA)
                                  .Pointer(12)
                                  .Data(kTypeA, {192, 0, 2, 1}, 1, 300)
                                  .Pointer(14)
                                  .Data(kTypeNs, NameBytes("ns.example"))
                                  .Name("ns.example")
                                  .Data(kTypeA, {192, 0, 2, 53})
                                  .bytes);
  ASSERT_EQ(message.records.size(), 3U);
  EXPECT_EQ(message.records[0].owner.ToString(), "a.example");
  EXPECT_EQ(message.records[0].ttl, 300U);
  EXPECT_EQ(message.records[1].owner.ToString(), "example");
  EXPECT_EQ(message.records[1].section, DnsSection::kAuthority);
  EXPECT_EQ(message.records[2].section, DnsSection::kAdditional);
  EXPECT_EQ(RdataText(message, message.records[1]), "ns.example");
}

TEST(DnsMessage, GathersAddressesOfAnswerAndAdditional) {
  const auto message =
      Parsed(Wire()
                 .Header(0x8180, 1, 2, 1, 1)
                 .Question("a.example", kTypeHttps)
                 .Pointer(12)
                 .Data(kTypeHttps, Wire()
                                       .U16(1)
                                       .U8(0)
                                       .U16(4)
                                       .U16(8)
                                       .U32(0xc0000201)
                                       .U32(0xc0000202)
                                       .U16(6)
                                       .U16(16)
                                       .U32(0x20010db8)
                                       .U32(0)
                                       .U32(0)
                                       .U32(1)
                                       .bytes)
                 .Pointer(12)
                 .Data(kTypeA, {1, 2, 3, 4}, 3 /* CH: not an address */)
                 .Pointer(12)
                 .Data(kTypeA, {192, 0, 2, 9})  // authority: nobody's answer
                 .Pointer(12)
                 .Data(kTypeAaaa,
                       {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 1, 1, 1, 1})
                 .bytes);
  std::vector<std::string> addresses;
  for (const auto& address : message.addresses)
    addresses.push_back(address.address.ToString());
  EXPECT_EQ(addresses, (std::vector<std::string>{"192.0.2.1", "192.0.2.2",
                                                 "2001:db8::1", "1.1.1.1"}));
}

TEST(DnsMessage, FollowsAliasesInAnyOrder) {
  const auto message = Parsed(AnswerOf(3)
                                  .Name("c.example")
                                  .Data(kTypeA, {192, 0, 2, 1})
                                  .Name("b.example")
                                  .Data(kTypeCname, NameBytes("c.example"))
                                  .Pointer(12)
                                  .Data(kTypeCname, NameBytes("B.example"))
                                  .bytes);
  EXPECT_EQ(Names(message.chain),
            (std::vector<std::string>{"a.example", "b.example", "c.example"}));
}

TEST(DnsMessage, FollowsADname) {
  const auto message = Parsed(AnswerOf(1)
                                  .Name("example")
                                  .Data(kTypeDname, NameBytes("other.test"))
                                  .bytes);
  EXPECT_EQ(Names(message.chain),
            (std::vector<std::string>{"a.example", "a.other.test"}));
}

TEST(DnsMessage, ExtendsTheRcodeByEdns) {
  const auto message = Parsed(Wire()
                                  .Header(0x8183, 1, 0, 0, 1)
                                  .Question("a", 1)
                                  .Opt({}, 1U << 24)
                                  .bytes);
  EXPECT_TRUE(message.edns);
  EXPECT_EQ(message.rcode, 19);
}

TEST(DnsMessage, MayLackItsQuestionOnlyWhereTheServerCouldNotReadIt) {
  DnsMessage message;
  EXPECT_FALSE(ParseDnsMessage(Wire().Header(0x8181, 0).bytes, message));
  EXPECT_EQ(ParseDnsMessage(Wire().Header(0x8180, 0).bytes, message),
            MalformedReason::kNoQuestion);
  EXPECT_EQ(ParseDnsMessage(Wire().Header(0x0100, 0).bytes, message),
            MalformedReason::kNoQuestion);
}

TEST(DnsMessage, MulticastMayHaveAnyNumberOfQuestions) {
  const ByteVector two =
      Wire().Header(0, 2).Question("a", 1, 0x8001).Question("b", 1).bytes;
  EXPECT_EQ(Parsed(two, {.multicast = true}).question.klass, 1U);
  DnsMessage message;
  EXPECT_EQ(ParseDnsMessage(two, message), MalformedReason::kBadCount);
}

TEST(DnsMessage, UpdatesHaveRecordsWithoutData) {
  const auto message = Parsed(Wire()
                                  .Header(5U << 11, 1, 1)
                                  .Question("example", kTypeSoa)
                                  .Name("a.example")
                                  .Data(kTypeA, {}, 255)
                                  .bytes);
  EXPECT_EQ(RdataText(message, message.records[0]), "\\# 0");
}

TEST(DnsMessage, IsClearedBeforeTheNext) {
  DnsMessage message;
  ASSERT_FALSE(ParseDnsMessage(Answer(), message));
  ASSERT_FALSE(ParseDnsMessage(Query("b"), message));
  EXPECT_TRUE(message.records.empty());
  EXPECT_TRUE(message.addresses.empty());
  EXPECT_EQ(Names(message.chain), std::vector<std::string>{"b"});
}

TEST(DnsMessage, EveryTruncationIsMalformed) {
  const ByteVector whole = Wire()
                               .Header(0x8180, 1, 2, 0, 1)
                               .Question("a.example", kTypeA)
                               .Pointer(12)
                               .Data(kTypeCname, NameBytes("b.example"))
                               .Name("b.example")
                               .Data(kTypeA, {192, 0, 2, 1})
                               .Opt({0, 10, 0, 1, 7})
                               .bytes;
  Parsed(whole);
  DnsMessage message;
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_TRUE(ParseDnsMessage(Bytes(whole).first(size), message)) << size;
}

}  // namespace
}  // namespace nameward
