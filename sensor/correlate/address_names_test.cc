// SPDX-License-Identifier: Apache-2.0
// The bounds of the table, each reached.
#include "correlate/address_names.h"

#include <gtest/gtest.h>

#include <string>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::At;
using testing::kNeighbour;
using testing::kPod;
using testing::Name;
using testing::To;
using Outcome = AddressNames::Outcome;

IpAddress Nth(uint32_t n) { return IpAddress::V4(0xcb007100 + n); }
DomainName NthName(uint32_t n) {
  return Name("n" + std::to_string(n) + ".example");
}

class Table {
 public:
  explicit Table(AddressLimits limits = {}) : names(limits) {}

  Outcome Give(uint64_t cgroup, const DomainName& name,
               const IpAddress& address, Nanoseconds at, uint32_t ttl = 60) {
    const std::vector<DomainName> chain = {name};
    const DnsAddress given{address, ttl};
    return names.Insert({cgroup, &chain, To("10.0.0.1:53"), true, At(at)},
                        {&given, 1});
  }
  std::optional<Binding> Find(uint64_t cgroup, const IpAddress& address,
                              Nanoseconds at) {
    Binding binding;
    if (!names.Find({{&cgroup, 1}, address, true, At(at)}, binding))
      return std::nullopt;
    return binding;
  }

  AddressNames names;
};

TEST(AddressNames, AFloodOfOwnNamesEvictsOnlyOwnEntries) {
  Table table({.bindings_per_cgroup = 64});
  for (uint32_t n = 0; n < 10; ++n)
    table.Give(kNeighbour, NthName(n), Nth(n), 1s);
  for (uint32_t n = 0; n < 5000; ++n) table.Give(kPod, NthName(n), Nth(n), 2s);
  EXPECT_EQ(table.names.stats().bindings, 74u);
  EXPECT_EQ(table.names.stats().evicted_bound, 5000u - 64u);
  for (uint32_t n = 0; n < 10; ++n)
    EXPECT_TRUE(table.Find(kNeighbour, Nth(n), 3s)) << n;
  EXPECT_FALSE(table.Find(kPod, Nth(4935), 3s));
  EXPECT_TRUE(table.Find(kPod, Nth(4936), 3s));
}

TEST(AddressNames, TellsWhenACgroupsFloodCostItABindingThatHeld) {
  Table table({.bindings_per_cgroup = 2});
  EXPECT_EQ(table.Give(kPod, NthName(1), Nth(1), 1s), Outcome::kKept);
  EXPECT_EQ(table.Give(kPod, NthName(2), Nth(2), 1s), Outcome::kKept);
  EXPECT_EQ(table.Give(kPod, NthName(3), Nth(3), 1s), Outcome::kEvictedBound);
}

TEST(AddressNames, EvictsWhatOutlivedItsTtlFirst) {
  Table table({.bindings_per_cgroup = 3});
  table.Give(kPod, NthName(1), Nth(1), 1s, 7200);  // used longest ago
  table.Give(kPod, NthName(2), Nth(2), 2s, 60);
  table.Give(kPod, NthName(3), Nth(3), 3s, 7200);
  EXPECT_EQ(table.Give(kPod, NthName(4), Nth(4), 20min), Outcome::kKept);
  EXPECT_EQ(table.names.stats().evicted_expired, 1u);
  EXPECT_FALSE(table.Find(kPod, Nth(2), 20min));
  EXPECT_TRUE(table.Find(kPod, Nth(1), 20min));
}

TEST(AddressNames, ThenEvictsWhatWasUsedLongestAgo) {
  Table table({.bindings_per_cgroup = 3});
  for (uint32_t n = 1; n <= 3; ++n) table.Give(kPod, NthName(n), Nth(n), 1s);
  table.Find(kPod, Nth(1), 2s);
  table.Give(kPod, NthName(4), Nth(4), 3s);
  EXPECT_TRUE(table.Find(kPod, Nth(1), 3s));
  EXPECT_FALSE(table.Find(kPod, Nth(2), 3s));
}

TEST(AddressNames, CapsTheAddressesOfAName) {
  Table table({.addresses_per_name = 16});
  table.Give(kPod, NthName(7), Nth(1000), 1s);
  for (uint32_t n = 0; n < 100; ++n) table.Give(kPod, NthName(1), Nth(n), 2s);
  EXPECT_EQ(table.names.stats().bindings, 17u);
  EXPECT_EQ(table.names.stats().evicted_of_name, 84u);
  EXPECT_TRUE(table.Find(kPod, Nth(1000), 3s));
  EXPECT_TRUE(table.Find(kPod, Nth(99), 3s));
  EXPECT_FALSE(table.Find(kPod, Nth(83), 3s));
}

TEST(AddressNames, KeepsTheFirstAddressesOfAnAnswerThatExceedsTheCap) {
  Table table({.addresses_per_name = 4});
  const std::vector<DomainName> chain = {NthName(1)};
  std::vector<DnsAddress> given;
  for (uint32_t n = 0; n < 4000; ++n) given.push_back({Nth(n), 60});
  EXPECT_EQ(table.names.Insert({kPod, &chain, To("10.0.0.1:53"), true, At(1s)},
                               given),
            Outcome::kEvictedBound);
  EXPECT_EQ(table.names.stats().bindings, 4u);
  EXPECT_EQ(table.names.stats().evicted_of_name, 3996u);
  EXPECT_TRUE(table.Find(kPod, Nth(0), 2s));
}

TEST(AddressNames, CapsTheNamesOfAnAddress) {
  Table table({.names_per_address = 4});
  for (uint32_t n = 0; n < 50; ++n) table.Give(kPod, NthName(n), Nth(1), 1s);
  EXPECT_EQ(table.names.stats().evicted_of_address, 46u);
  const auto binding = table.Find(kPod, Nth(1), 2s);
  ASSERT_TRUE(binding);
  EXPECT_EQ(binding->names.size(), 4u);
  EXPECT_EQ(binding->names[0], NthName(49));
}

TEST(AddressNames, CapsTheBytesOfACgroupWhateverItsNamesLength) {
  Table table({.bindings_per_cgroup = 256});
  const std::string label(60, 'a');
  for (uint32_t n = 0; n < 2000; ++n) {
    std::vector<DomainName> chain;
    for (uint32_t alias = 0; alias < 17; ++alias)
      chain.push_back(Name(label + "." + label + "." + label + ".a" +
                           std::to_string(alias) + ".n" + std::to_string(n)));
    const DnsAddress given{Nth(n), 60};
    table.names.Insert({kPod, &chain, To("10.0.0.1:53"), true, At(1s)},
                       {&given, 1});
  }
  EXPECT_LE(table.names.stats().bytes, 256 * AddressLimits::kBytesPerBinding);
  EXPECT_LT(table.names.stats().bindings, 50u);
  EXPECT_TRUE(table.Find(kPod, Nth(1999), 2s));
}

TEST(AddressNames, CapsTheBytesInAllAndTellsWhoWentShort) {
  Table table({.bytes_in_all = 64 * 1024});
  for (uint32_t n = 0; n < 1000; ++n) table.Give(kPod, NthName(n), Nth(n), 1s);
  EXPECT_LE(table.names.stats().bytes, 64u * 1024);
  EXPECT_EQ(table.Give(kNeighbour, NthName(1), Nth(1), 2s), Outcome::kStarved);
  EXPECT_FALSE(table.Find(kNeighbour, Nth(1), 2s));
  EXPECT_GT(table.names.stats().starved, 0u);
}

TEST(AddressNames, NeverKeepsMoreThanTheHardCapWhateverIsConfigured) {
  Table table({.bindings_per_cgroup = 1'000'000, .addresses_per_name = 1000});
  for (uint32_t n = 0; n < 6000; ++n) table.Give(kPod, NthName(n), Nth(n), 1s);
  EXPECT_EQ(table.names.stats().bindings,
            AddressLimits::kMostBindingsPerCgroup);
}

TEST(AddressNames, GivesBackEveryByteOfACgroupThatIsDropped) {
  Table table;
  for (uint32_t n = 0; n < 3000; ++n)
    table.Give(kPod + n % 7, NthName(n % 50), Nth(n % 300), 1s);
  for (uint64_t cgroup = kPod; cgroup < kPod + 7; ++cgroup)
    table.names.Drop(cgroup);
  EXPECT_EQ(table.names.stats().bytes, 0u);
  EXPECT_EQ(table.names.stats().bindings, 0u);
  EXPECT_EQ(table.names.stats().addresses, 0u);
}

TEST(AddressNames, ChargesACgroupForItsOwnBindingsAlone) {
  Table alone;
  Table shared;
  for (uint32_t n = 0; n < 50; ++n) {
    alone.Give(kPod, NthName(n), Nth(n), 1s);
    shared.Give(kNeighbour, NthName(n), Nth(n), 1s);
  }
  const size_t before = shared.names.stats().bytes;
  for (uint32_t n = 0; n < 50; ++n) shared.Give(kPod, NthName(n), Nth(n), 1s);
  EXPECT_EQ(shared.names.stats().bytes - before, alone.names.stats().bytes);
}

TEST(AddressNames, NamesTheOtherHoldersTrustedOnesNewestFirstAndOnce) {
  Table table;
  table.Give(1, NthName(1), Nth(1), 1s);
  table.Give(2, NthName(2), Nth(1), 2s);
  const std::vector<DomainName> evil = {NthName(66)};
  const DnsAddress given{Nth(1), 60};
  table.names.Insert({3, &evil, To("203.0.113.1:53"), false, At(3s)},
                     {&given, 1});
  table.Give(1, NthName(4), Nth(1), 4s);
  std::vector<uint64_t> holders = {99};
  const std::vector<uint64_t> nobody = {};
  const auto find = [&](std::span<const uint64_t> besides, uint32_t address,
                        size_t most = 16) {
    return table.names.FindElsewhere({besides, Nth(address), At(5s), most},
                                     holders);
  };
  EXPECT_TRUE(find(nobody, 1));
  EXPECT_EQ(holders, (std::vector<uint64_t>{1, 2}));
  const std::vector<uint64_t> pod = {9, 1};
  EXPECT_TRUE(find(pod, 1));
  EXPECT_EQ(holders, std::vector<uint64_t>{2});
  EXPECT_TRUE(find(nobody, 1, 1));
  EXPECT_EQ(holders, std::vector<uint64_t>{1});
  // Only somebody with a resolver of his own: seen, but nobody to believe.
  const std::vector<uint64_t> both = {1, 2};
  EXPECT_TRUE(find(both, 1));
  EXPECT_TRUE(holders.empty());
  EXPECT_FALSE(find(nobody, 2));
}

}  // namespace
}  // namespace nameward
