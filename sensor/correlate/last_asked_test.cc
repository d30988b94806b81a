// SPDX-License-Identifier: Apache-2.0
#include "correlate/last_asked.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "correlate/correlate_testing.h"

namespace nameward {
namespace {

using testing::Connect;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::kPod;
using testing::Node;

std::vector<std::string> Texts(const std::vector<DomainName>& names) {
  std::vector<std::string> texts;
  for (const DomainName& name : names) texts.push_back(name.ToString());
  return texts;
}

std::vector<std::string> Of(const LastAsked& asked, uint64_t cgroup) {
  std::vector<DomainName> names;
  asked.Read(cgroup, names);
  return Texts(names);
}

TEST(LastAsked, KeepsTheLastFourNewestFirst) {
  LastAsked asked;
  for (const char* name : {"a", "b", "c", "d", "e"})
    asked.Add(1, *DomainName::Parse(name));
  EXPECT_THAT(Of(asked, 1), ElementsAre("e", "d", "c", "b"));
  asked.Add(1, *DomainName::Parse("c"));
  EXPECT_THAT(Of(asked, 1), ElementsAre("c", "e", "d", "b"));
  asked.Add(1, *DomainName::Parse("c"));
  EXPECT_THAT(Of(asked, 1), ElementsAre("c", "e", "d", "b"));
}

TEST(LastAsked, KeepsEachCgroupsOwnUntilItIsDropped) {
  LastAsked asked;
  asked.Add(1, *DomainName::Parse("a"));
  asked.Add(2, *DomainName::Parse("b"));
  EXPECT_THAT(Of(asked, 1), ElementsAre("a"));
  asked.Drop(1);
  EXPECT_THAT(Of(asked, 1), IsEmpty());
  EXPECT_THAT(Of(asked, 2), ElementsAre("b"));
  EXPECT_GT(asked.MemoryBytes(), 0U);
}

class LastAskedOfAConnect : public ::testing::Test {
 protected:
  void Ask(const std::string& name) {
    Event query = testing::Query({.name = name}, 10s);
    node_.correlator.Observe(query);
  }
  std::vector<std::string> OfConnectTo(const char* address) {
    return Texts(node_.Judged(Connect(address, 20s)).last_asked);
  }
  Node node_;
};

TEST_F(LastAskedOfAConnect, IsToldWhereNoNameExplainsIt) {
  Ask("www.example.com");
  Ask("cdn.example.com");
  EXPECT_THAT(OfConnectTo("203.0.113.99:443"),
              ElementsAre("cdn.example.com", "www.example.com"));
}

TEST_F(LastAskedOfAConnect, IsNotToldWhereANameDoes) {
  node_.Resolve({.addresses = {{"203.0.113.7", 60}}}, 10s);
  EXPECT_THAT(OfConnectTo("203.0.113.7:443"), IsEmpty());
  EXPECT_THAT(OfConnectTo("127.0.0.1:443"), IsEmpty());
}

TEST_F(LastAskedOfAConnect, LeavesOutTheClustersOwnNames) {
  node_.context.zones = {*DomainName::Parse("cluster.local")};
  node_.correlator.SetContext(node_.context);
  Ask("www.example.com");
  Ask("www.example.com.shop.svc.cluster.local");
  EXPECT_THAT(OfConnectTo("203.0.113.99:443"), ElementsAre("www.example.com"));
}

}  // namespace
}  // namespace nameward
