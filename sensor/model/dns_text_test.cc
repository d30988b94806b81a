// SPDX-License-Identifier: Apache-2.0
#include "model/dns_text.h"

#include <gtest/gtest.h>

#include <ostream>

namespace nameward {
namespace {

std::vector<uint8_t> FromHex(std::string_view hex) {
  std::vector<uint8_t> bytes;
  const auto value = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (hex[i] == ' ') ++i;
    bytes.push_back(
        static_cast<uint8_t>(value(hex[i]) << 4 | value(hex[i + 1])));
  }
  return bytes;
}

struct Case {
  uint16_t type;
  std::string_view data;  // a pointer c00c leads to the name ab.c
  std::string_view text;
  uint16_t klass = 1;
};
void PrintTo(const Case& c, std::ostream* out) {
  *out << DnsTypeName(c.type) << " " << c.text;
}

std::string TextOf(const Case& c) {
  DnsMessage message;
  message.wire.assign(12, 0);
  for (const char byte : std::string_view("\2Ab\1c\0", 6))
    message.wire.push_back(static_cast<uint8_t>(byte));
  DnsRecord record;
  record.type = c.type;
  record.klass = c.klass;
  record.rdata_offset = static_cast<uint32_t>(message.wire.size());
  const auto data = FromHex(c.data);
  record.rdata_size = static_cast<uint16_t>(data.size());
  message.wire.insert(message.wire.end(), data.begin(), data.end());
  return RdataText(message, record);
}

class RdataFormOf : public testing::TestWithParam<Case> {};

TEST_P(RdataFormOf, IsThePresentationForm) {
  EXPECT_EQ(TextOf(GetParam()), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Rfc1035, RdataFormOf,
    testing::Values(
        Case{1, "c0000201", "192.0.2.1"}, Case{2, "c00c", "ab.c"},
        Case{3, "c00c", "ab.c"}, Case{4, "c00c", "ab.c"},
        Case{5, "0178c00c", "x.ab.c"},
        Case{6, "c00c 0178c00c 0000000100000002000000030000000400000005",
             "ab.c x.ab.c 1 2 3 4 5"},
        Case{7, "00", "."}, Case{8, "c00c", "ab.c"}, Case{9, "c00c", "ab.c"},
        Case{10, "0102", "\\# 2 0102"},
        Case{11, "c000020106 00000040", "\\# 9 c00002010600000040"},
        Case{12, "c00c", "ab.c"}, Case{13, "0141 0142", "\"A\" \"B\""},
        Case{14, "c00c c00c", "ab.c ab.c"}, Case{15, "000a c00c", "10 ab.c"},
        Case{16, "0161 00 0322 5c0a", "\"a\" \"\" \"\\\"\\\\\\010\""}));

INSTANTIATE_TEST_SUITE_P(
    LaterTypes, RdataFormOf,
    testing::Values(
        Case{17, "c00c 00", "ab.c ."}, Case{18, "0001 c00c", "1 ab.c"},
        Case{28, "20010db8000000000000000000000001", "2001:db8::1"},
        Case{29, "00 12 16 13 8997 2dca 6fcd 8e4d 0098 8d20",
             "44 41 42.602 N 75 29 1.363 W -24.00m 1.00m 10000.00m 10.00m"},
        Case{33, "0001 0002 01bb c00c", "1 2 443 ab.c"},
        Case{35, "000a 0014 0153 0753 49502b443255 00 c00c",
             "10 20 \"S\" \"SIP+D2U\" \"\" ab.c"},
        Case{39, "c00c", "ab.c"}, Case{43, "04d2 0d 02 abcd", "1234 13 2 abcd"},
        Case{44, "0401ff00", "4 1 ff00"},
        Case{46, "0001 08 02 00000e10 5f5e1000 5f5e0f00 04d2 c00c 666f6f",
             "A 8 2 3600 20200913122640 20200913122224 1234 ab.c Zm9v"},
        Case{47, "c00c 0006 400000000003 0101 80", "ab.c A RRSIG NSEC URI"},
        Case{48, "0101 03 0d 666f", "257 3 13 Zm8="},
        Case{50, "01 00 000a 02aabb 05 0102030405 0001 40",
             "1 0 10 aabb 04106105 A"},
        Case{51, "01 00 0000 00", "1 0 0 -"},
        Case{52, "03 01 01 abcdef", "3 1 1 abcdef"},
        Case{61, "666f6f62", "Zm9vYg=="},
        Case{62, "00000042 0003 0001 40", "66 3 A"},
        Case{63, "00000001 01 01 ab", "1 1 1 ab"}, Case{99, "0161", "\"a\""},
        Case{104, "000a 00144fffff20ee64", "10 0014:4fff:ff20:ee64"},
        Case{256, "000a 0001 6674703a2f2f78", "10 1 \"ftp://x\""},
        Case{257, "00 05 6973737565 7822", "0 issue \"x\\\"\""}));

INSTANTIATE_TEST_SUITE_P(
    ServiceBinding, RdataFormOf,
    testing::Values(
        Case{65, "0001 00", "1 ."}, Case{64, "0000 c00c", "0 ab.c"},
        Case{65,
             "0001 00 0000 0004 0001 0003 0001 0006 02 6832 02 6833 0002 0000 "
             "0003 0002 01bb 0004 0008 c0000201c0000202",
             "1 . mandatory=\"alpn,port\" alpn=\"h2,h3\" no-default-alpn "
             "port=\"443\" ipv4hint=\"192.0.2.1,192.0.2.2\""},
        Case{65,
             "0001 00 0005 0003 666f6f 0006 0010 "
             "20010db8000000000000000000000001 0007 0002 2f22 fde8 0001 00",
             "1 . ech=\"Zm9v\" ipv6hint=\"2001:db8::1\" dohpath=\"/\\\"\" "
             "key65000=\"\\000\""},
        Case{65, "0001 00 0001 0004 03 612c5c",
             "1 . alpn=\"a\\\\,\\\\\\\\\""}));

INSTANTIATE_TEST_SUITE_P(
    WithoutAForm, RdataFormOf,
    testing::Values(Case{65280, "0a000001", "\\# 4 0a000001"},
                    Case{65280, "", "\\# 0"}, Case{41, "", "\\# 0"},
                    Case{41, "000a 0001 ff", "\\# 5 000a0001ff"},
                    Case{1, "0a0000", "\\# 3 0a0000"},
                    Case{1, "c00c 0001", "\\# 4 c00c0001", 3},
                    Case{15, "000a c000", "\\# 4 000ac000"}));

TEST(DnsNames, AreIanas) {
  EXPECT_EQ(DnsTypeName(65), "HTTPS");
  EXPECT_EQ(DnsTypeName(65280), "TYPE65280");
  EXPECT_EQ(DnsClassName(3), "CH");
  EXPECT_EQ(DnsClassName(32), "CLASS32");
  EXPECT_EQ(DnsRcodeName(3), "NXDOMAIN");
  EXPECT_EQ(DnsRcodeName(24), "RCODE24");
  EXPECT_EQ(DnsOpcodeName(5), "UPDATE");
  EXPECT_EQ(DnsOpcodeName(9), "OPCODE9");
}

TEST(DnsNames, EveryNumberReadsBack) {
  for (unsigned number = 0; number <= 0xffff; ++number) {
    const auto n = static_cast<uint16_t>(number);
    ASSERT_EQ(ParseDnsType(DnsTypeName(n)), n);
    ASSERT_EQ(ParseDnsRcode(DnsRcodeName(n)), n);
  }
}

TEST(DnsNames, ParsingIsCaseBlindAndStrict) {
  EXPECT_EQ(ParseDnsType("nsec3param"), 51);
  EXPECT_EQ(ParseDnsType("type65535"), 65535);
  EXPECT_FALSE(ParseDnsType("TYPE65536"));
  EXPECT_FALSE(ParseDnsType("TYPE"));
  EXPECT_FALSE(ParseDnsType("TYPE1x"));
  EXPECT_FALSE(ParseDnsType(""));
  EXPECT_FALSE(ParseDnsRcode("NOPE"));
}

TEST(RdataText, NothingOutsideTheMessageIsRead) {
  DnsMessage message;
  message.wire.assign(20, 0);
  DnsRecord record;
  record.type = kTypeA;
  record.klass = 1;
  record.rdata_offset = 18;
  record.rdata_size = 4;
  EXPECT_EQ(RdataText(message, record), "");
}

}  // namespace
}  // namespace nameward
